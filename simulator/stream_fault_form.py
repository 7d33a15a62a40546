"""From the fields that describe a fault of the user stream to the fault, or what is wrong with them."""

from decimal import Decimal
from fnmatch import fnmatchcase

from simulator.control_body import ControlBody, ControlError
from simulator.stream_faults import STREAM_KINDS, StreamFault
from simulator.user_message import NAMES

PLACES = frozenset({"ahead", "behind"})


def read_stream_fault(body: ControlBody) -> StreamFault:
    """A fault of the user stream; complains about every field that makes no sense."""
    fault = StreamFault(
        kind=body.text("kind"),
        event=body.text("event", "*"),
        times=body.whole("times", 1),
        skip=body.whole("skip", 0),
        symbol=body.optional_text("symbol"),
        client_order_id_prefix=body.text("client_order_id_prefix", ""),
        delay_ms=float(body.decimal("delay_ms", Decimal(0))),
        place=body.text("place", "behind"),
        other=body.text("other", ""),
        delivered=body.flag("delivered", default=False),
        changes=body.mapping("changes"),
    )
    body.finish()
    for problem in _problems(fault):
        raise ControlError(problem)
    return fault


def _problems(fault: StreamFault) -> list[str]:
    checks = {
        f"kind must be one of {', '.join(sorted(STREAM_KINDS))}": fault.kind in STREAM_KINDS,
        "times is -1 (for ever) or more, skip and delay_ms are not below zero": fault.times >= -1
        and min(fault.skip, fault.delay_ms) >= 0,
        "place is ahead or behind": fault.place in PLACES,
        "change needs changes: values by path": fault.kind != "change" or bool(fault.changes),
        "reorder needs other: the messages it moves ahead of or behind": fault.kind != "reorder" or bool(fault.other),
        f"event and other are about {', '.join(sorted(NAMES))}": _exists(fault.event)
        and (not fault.other or _exists(fault.other)),
    }
    return [problem for problem, fine in checks.items() if not fine]


def _exists(event: str) -> bool:
    """A fault that never strikes would let a test pass for nothing."""
    name = event.partition(":")[0]
    return any(fnmatchcase(known, name) for known in NAMES)
