"""`harvest decide`: the kernels as a filter, one JSON question per line in, one JSON answer per line out.

    {"kernel": "p2", "side": "LONG", "entry": 100, "pnl": 5, "age": 3600, "stop_dist_pct": 0.02, "sl": 99,
     "sigma": 0.01, "ts": 0.35, "p_trend": 0.5, "p_mr": 0.2, "p_chop": 0.3}
    {"kernel": "p1", "side": "LONG", "entry": 100, "price": 105, "peak": 106, "trough": 99, "sl": 99,
     "sigma": 0.01, "ts": 0.35, "p_trend": 0.5, "p_mr": 0.2, "p_chop": 0.3}
    {"kernel": "lsf", "leverage": 20, "base_tp": 0.01, "base_sl": 0.005}

Numbers may be JSON numbers or strings; both are read from their text straight into Decimal, never through a
float. Answers carry JSON numbers with the exact decimal text (K has 28 digits): read them with a decimal parser,
or accept your own rounding. A line that cannot be answered gets {"error", "field"}, and the next one is read.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TextIO

from harvest import decide_lsf, decide_p1, decide_p2
from harvest.question import NumberText, Question, read_question
from kernel.errors import KernelError

# What answers, and how the fields of its kernel are called on the line.
_Kernel = tuple[Callable[[Question], dict[str, object]], Mapping[str, str]]
_KERNELS: Mapping[object, _Kernel] = {
    "p2": (decide_p2.decide_p2, decide_p2.WIRE_NAMES),
    "p1": (decide_p1.decide_p1, decide_p1.WIRE_NAMES),
    "lsf": (decide_lsf.decide_lsf, decide_lsf.WIRE_NAMES),
}


def decide_stream(source: TextIO, sink: TextIO) -> None:
    """Answer every line of `source` on `sink`, flushed line by line; blank lines are skipped."""
    for line in source:
        if line.strip():
            sink.write(decide_line(line) + "\n")
            sink.flush()


def decide_line(line: str) -> str:
    """The answer to one line, without its line break. Never raises on bad input: the answer says what was wrong."""
    identity: str | None = None
    wire_names: Mapping[str, str] = {}
    try:
        question = read_question(line)
        identity = question.identity
        answer_it, wire_names = _kernel(question)
        answer = answer_it(question)
    except KernelError as error:
        field = wire_names.get(error.field or "", error.field)
        text = str(error) if field == error.field else f"{field}: {error}"
        answer = {"error": text, "field": field}
    return _json(answer if identity is None else {"id": identity, **answer})


def _kernel(question: Question) -> _Kernel:
    kernel = _KERNELS.get(question.kernel) if isinstance(question.kernel, str) else None
    if kernel is None:
        raise KernelError(f"kernel must be one of {', '.join(map(repr, _KERNELS))}", "kernel")
    return kernel


def _json(value: object) -> str:
    """JSON with every Decimal in its exact text, which `json` itself can write only through a float."""
    if isinstance(value, Decimal | NumberText):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_json(item) for item in value) + "]"
    return json.dumps(value)
