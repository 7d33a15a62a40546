"""The faces of a fault: what the client sees, and whether the engine saw the request."""

import asyncio
from collections.abc import Callable

from simulator.call import Answer, encode
from simulator.errors import ApiError, refusal
from simulator.faults import Fault

UNKNOWN = "Unknown error, please check your request or try again later."
UNAVAILABLE = "Service Unavailable."
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

Execute = Callable[[], Answer]
Face = Callable[[Fault, Answer | None], Answer | None]


async def play(fault: Fault, execute: Execute, drop: Callable[[], None]) -> Answer | None:
    """Execute or drop the request at once, answer after the fault's delay; None cuts the connection."""
    executed = reaches_engine(fault)
    answer = execute() if executed else None
    if not executed:
        drop()
    await asyncio.sleep(fault.delay_ms / 1000)
    face = fault.kind.removeprefix("executed_").removeprefix("refused_")
    return FACES[face](fault, answer)


def reaches_engine(fault: Fault) -> bool:
    """Whether the request is carried out although the answer is bad."""
    if fault.kind in {"html_502", "empty_body"}:
        return fault.executed
    return fault.kind.startswith("executed_")


def _text_503(text: str) -> Face:
    def face(fault: Fault, _answer: Answer | None) -> Answer:
        if fault.body == "json":
            return Answer(encode({"code": -1000, "msg": text}).encode(), 503)
        return Answer(text.encode(), 503, content_type="text/plain")

    return face


def _timeout(_fault: Fault, _answer: Answer | None) -> Answer:
    return Answer.refused(refusal(-1007))


def _cut(_fault: Fault, _answer: Answer | None) -> None:
    return None


def _late(_fault: Fault, answer: Answer | None) -> Answer | None:
    return answer


def _gateway_page(_fault: Fault, _answer: Answer | None) -> Answer:
    return Answer(GATEWAY_PAGE, 502, content_type="text/html")


def _empty(_fault: Fault, _answer: Answer | None) -> Answer:
    return Answer(b"")


def _error(fault: Fault, _answer: Answer | None) -> Answer:
    return Answer.refused(ApiError(fault.code, fault.msg, fault.status))


FACES: dict[str, Face] = {
    "503_unknown": _text_503(UNKNOWN),
    "503_unavailable": _text_503(UNAVAILABLE),
    "408": _timeout,
    "cut": _cut,
    "delay": _late,
    "hang": _timeout,
    "html_502": _gateway_page,
    "empty_body": _empty,
    "error": _error,
}
