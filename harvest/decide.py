"""`harvest decide`: the kernel as a filter, one JSON question per line in, one JSON answer per line out.

    {"kernel": "p2", "side": "LONG", "entry": 100, "pnl": 5, "age": 3600, "stop_dist_pct": 0.02, "sl": 99,
     "sigma": 0.01, "ts": 0.35, "p_trend": 0.5, "p_mr": 0.2, "p_chop": 0.3}

Numbers may be JSON numbers or strings; both are read from their text straight into Decimal, never through a
float. Answers carry JSON numbers with the exact decimal text (K has 28 digits): read them with a decimal parser,
or accept your own rounding. A line that cannot be answered gets {"error", "field"}, and the next one is read.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TextIO

from kernel.errors import KernelError
from kernel.harvest import HarvestDecision, HarvestPosition, HarvestTheta, MarketState, evaluate
from kernel.side import Side

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_REQUIRED = ("side", "entry", "pnl", "age", "sigma", "ts", "p_trend", "p_mr", "p_chop")
_OPTIONAL = ("id", "kernel", "theta", "stop_dist_pct", "sl")
_WIRE_NAME = {"entry_price": "entry", "pnl_per_unit": "pnl", "age_seconds": "age", "current_stop": "sl"}


class _NumberText(str):
    """A JSON number as it was written."""

    __slots__ = ()


def decide_stream(source: TextIO, sink: TextIO) -> None:
    """Answer every line of `source` on `sink`, flushed line by line; blank lines are skipped."""
    for line in source:
        if line.strip():
            sink.write(decide_line(line) + "\n")
            sink.flush()


def decide_line(line: str) -> str:
    """The answer to one line, without its line break. Never raises on bad input: the answer says what was wrong."""
    question: Mapping[str, object] = {}
    try:
        question = _parse(line)
        answer: dict[str, object] = _answer(_decide(question))
    except KernelError as error:
        field = _WIRE_NAME.get(error.field or "", error.field)
        text = str(error) if field == error.field else f"{field}: {error}"
        answer = {"error": text, "field": field}
    identity = question.get("id")
    return _json({"id": identity, **answer} if isinstance(identity, str) else answer)


def _parse(line: str) -> Mapping[str, object]:
    try:
        question = json.loads(
            line,
            parse_int=_NumberText,
            parse_float=_NumberText,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise KernelError(f"this line is no JSON: {error}") from error
    except RecursionError as error:
        raise KernelError("this line is nested too deeply") from error
    if not isinstance(question, dict):
        raise KernelError("this line is no JSON object")
    return question


def _refuse_constant(name: str) -> object:
    raise KernelError(f"{name} is no number: leave the field out or send what is known")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            raise KernelError(f"{name} is given twice", name)
        fields[name] = value
    return fields


def _decide(question: Mapping[str, object]) -> HarvestDecision:
    _check_names(question)

    def number(name: str) -> Decimal:
        return _number(name, question[name])

    def optional(name: str) -> Decimal | None:
        return None if question.get(name) is None else number(name)

    return evaluate(
        HarvestPosition(_side(question["side"]), number("entry"), number("pnl"), number("age"), optional("sl")),
        MarketState(number("sigma"), number("ts"), number("p_trend"), number("p_mr"), number("p_chop")),
        optional("stop_dist_pct"),
        _theta(question.get("theta")),
    )


def _check_names(question: Mapping[str, object]) -> None:
    if question.get("kernel") != "p2":
        raise KernelError('kernel must be "p2"', "kernel")
    for name in question:
        if name not in _REQUIRED and name not in _OPTIONAL:
            raise KernelError(f"{name} is no field of this question: check its spelling", name)
    if not isinstance(question.get("id"), str | None):
        raise KernelError("id must be a string or a number", "id")
    for name in _REQUIRED:
        if question.get(name) is None:
            # R18: what is missing is refused. Zeros for a missing market would bias K silently.
            raise KernelError(f"{name} is missing", name)


def _side(value: object) -> Side:
    if value not in ("LONG", "SHORT"):
        raise KernelError(f"side must be LONG or SHORT, not {value!r}", "side")
    return Side(str(value))


def _theta(overrides: object) -> HarvestTheta:
    if overrides is None:
        return HarvestTheta()
    if not isinstance(overrides, dict):
        raise KernelError("theta must be an object of parameters", "theta")
    for name in overrides:
        if name not in HarvestTheta.__slots__:
            raise KernelError(f"theta.{name} is no parameter: check its spelling", f"theta.{name}")
    return HarvestTheta(**{name: _number(f"theta.{name}", value) for name, value in overrides.items()})


def _number(name: str, value: object) -> Decimal:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise KernelError(f"{name} must be a finite number, not {value!r}", name)
    return Decimal(value)


def _answer(decision: HarvestDecision) -> dict[str, object]:
    parts = decision.components
    return {
        "R_net": decision.r_net,
        "risk_unit": decision.risk_unit,
        "cost_est": decision.cost_estimate,
        "kill_score": decision.kill_score,
        "components": {name: getattr(parts, name) for name in ("regime_flip", "sigma_spike", "ts_drop", "age_penalty")},
        "action": decision.action.value,
        "new_sl": decision.new_stop,
        "reasons": decision.reasons,
    }


def _json(value: object) -> str:
    """JSON with every Decimal in its exact text, which `json` itself can write only through a float."""
    if isinstance(value, Decimal | _NumberText):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_json(item) for item in value) + "]"
    return json.dumps(value)
