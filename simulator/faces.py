"""The faces of a fault: what the client sees, and whether the engine saw the request."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from simulator.call import Answer, encode
from simulator.errors import ApiError, refusal
from simulator.fault import Fault
from simulator.penalty import TOO_MANY, stay_away

UNKNOWN = "Unknown error, please check your request or try again later."
UNAVAILABLE = "Service Unavailable."
UNREADABLE = frozenset(
    {"html_502", "html_504", "empty_body", "truncated_body", "cut_body", "json_array", "extra_fields"}
)
"""Kinds that say with `executed` whether the engine sees the request."""

Execute = Callable[[], Answer]
Face = Callable[[Fault, Answer | None], Answer | None]


async def play(
    fault: Fault, execute: Execute, drop: Callable[[], None], afterwards: Callable[[], None]
) -> Answer | None:
    """Execute or drop the request at once, answer after the fault's delay; None cuts the connection."""
    executed = reaches_engine(fault)
    answer = execute() if executed else None
    if not executed:
        drop()
    afterwards()
    await asyncio.sleep(fault.delay_ms / 1000)
    face = fault.kind.removeprefix("executed_").removeprefix("refused_")
    return FACES[face](fault, answer)


def reaches_engine(fault: Fault) -> bool:
    """Whether the request is carried out although the answer is bad."""
    return fault.executed if fault.kind in UNREADABLE else fault.kind.startswith("executed_")


def _text_503(text: str) -> Face:
    def face(fault: Fault, _answer: Answer | None) -> Answer:
        if fault.body == "json":
            return Answer(encode({"code": -1000, "msg": text}).encode(), 503)
        return Answer(text.encode(), 503, content_type="text/plain")

    return face


def _gateway_page(status: int, title: str) -> Face:
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>".encode()

    def face(_fault: Fault, _answer: Answer | None) -> Answer:
        return Answer(page, status, content_type="text/html")

    return face


def _timeout(_fault: Fault, _answer: Answer | None) -> Answer:
    return Answer.refused(refusal(-1007))


def _cut(_fault: Fault, _answer: Answer | None) -> None:
    return None


def _late(_fault: Fault, answer: Answer | None) -> Answer | None:
    return answer


def _empty(_fault: Fault, _answer: Answer | None) -> Answer:
    return Answer(b"")


def _truncated(_fault: Fault, answer: Answer | None) -> Answer:
    """A whole HTTP answer whose content ends in the middle."""
    whole = answer or Answer(b"{}")
    return replace(whole, body=whole.body[: len(whole.body) // 2])


def _cut_body(_fault: Fault, answer: Answer | None) -> Answer:
    """Half an HTTP answer."""
    return replace(answer or Answer(b"{}"), cut=True)


def _array(_fault: Fault, answer: Answer | None) -> Answer:
    whole = answer or Answer(b"{}")
    return replace(whole, body=b"[" + whole.body + b"]")


def _fields(fault: Fault, answer: Answer | None) -> Answer:
    """The answer, or each row of it, with fields that are new and without fields that went."""
    whole = answer or Answer(b"{}")
    content = json.loads(whole.body)
    rows = content if isinstance(content, list) else [content]
    changed = [_changed(fault, row) if isinstance(row, dict) else row for row in rows]
    return replace(whole, body=encode(changed if isinstance(content, list) else changed[0]).encode())


def _changed(fault: Fault, row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in fault.drop} | dict(fault.add)


def _error(fault: Fault, _answer: Answer | None) -> Answer:
    headers = {"Retry-After": str(fault.retry_after_s)} if fault.retry_after_s else {}
    return Answer.refused(ApiError(fault.code, fault.msg, fault.status, headers))


def _rate_limited(fault: Fault, _answer: Answer | None) -> Answer:
    return Answer.refused(stay_away(TOO_MANY, 429, fault.retry_after_s))


FACES: dict[str, Face] = {
    "503_unknown": _text_503(UNKNOWN),
    "503_unavailable": _text_503(UNAVAILABLE),
    "408": _timeout,
    "cut": _cut,
    "delay": _late,
    "twice": _late,
    "hang": _timeout,
    "html_502": _gateway_page(502, "Bad Gateway"),
    "html_504": _gateway_page(504, "Gateway Time-out"),
    "empty_body": _empty,
    "truncated_body": _truncated,
    "cut_body": _cut_body,
    "json_array": _array,
    "extra_fields": _fields,
    "error": _error,
    "refusal": _error,
    "rate_limited": _rate_limited,
}
