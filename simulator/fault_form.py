"""From the fields that describe a fault to the fault, or what is wrong with them."""

from decimal import Decimal
from fnmatch import fnmatchcase

from simulator.acts import read_act
from simulator.control_body import ControlBody, ControlError
from simulator.errors import MESSAGES, STATUSES
from simulator.fault import AIMS, FOREVER, KINDS, NEW_FIELD, Fault
from simulator.lag import LAGGING, reads_any

ORDER = "POST /fapi/v1/order"
CALL_OF = {"rate_limited": "*", "oldest_namesake": "GET /fapi/v1/order"}
RETRY_AFTER_S = {"rate_limited": 10}
CONNECTIONS = frozenset({"cut", "hang"})
BODIES = frozenset({"text", "json"})
BLANKS: dict[int, tuple[object, ...]] = {
    -1003: (2400,),
    -1015: (300, "10 SECOND"),
    -1021: ("is outside of the recvWindow",),
    -1100: ("quantity", "^([0-9]{1,20})(\\.[0-9]{1,20})?$"),
    -1102: ("quantity",),
    -1106: ("reduceonly",),
    -1130: ("quantity",),
    -4164: ("5",),
}
"""What a refusal names where nothing in particular was wrong."""


def read_fault(body: ControlBody) -> Fault:
    """A fault; complains about every field that makes no sense."""
    kind = body.text("kind")
    if kind not in KINDS:
        raise ControlError(f"kind must be one of {', '.join(sorted(KINDS))}")
    code, msg, status = _words(body, kind)
    fault = Fault(
        call=body.text("call", CALL_OF.get(kind, ORDER)),
        kind=kind,
        times=body.whole("times", 1),
        skip=body.whole("skip", 0),
        probability=body.decimal("probability", Decimal(1)),
        seed=body.whole("seed", 0),
        from_ms=float(body.decimal("from_ms", Decimal(0))),
        until_ms=float(body.decimal("until_ms")) if "until_ms" in body else None,
        delay_ms=float(body.decimal("delay_ms", Decimal(0))),
        symbol=body.optional_text("symbol"),
        client_order_id_prefix=body.text("client_order_id_prefix", ""),
        only=body.text("only", "all"),
        code=code,
        msg=msg,
        status=status,
        retry_after_s=body.whole("retry_after_s", RETRY_AFTER_S.get(kind, 0)),
        tolerance=body.whole("tolerance", 10),
        ban_s=body.whole("ban_s", 120),
        fraction=body.decimal("fraction", Decimal("0.5")),
        executed=body.flag("executed", default=True),
        connection=body.text("connection", "cut"),
        body=body.text("body", "text"),
        drop=body.texts("drop"),
        add=body.mapping("add") if "add" in body else {} if "drop" in body else NEW_FIELD,
        before=tuple(read_act(row) for row in body.optional_rows("before")),
        after=tuple(read_act(row) for row in body.optional_rows("after")),
    )
    body.finish()
    for problem in _problems(fault):
        raise ControlError(problem)
    return fault


def _words(body: ControlBody, kind: str) -> tuple[int, str, int]:
    """Code, text and HTTP status; a refusal has the exchange's own unless others are given."""
    code = body.whole("code", -1000)
    if kind != "refusal":
        msg, status = "An unknown error occurred while processing the request.", 400
    elif code in MESSAGES:
        msg, status = MESSAGES[code].format(*BLANKS.get(code, ("?", "?"))), STATUSES.get(code, 400)
    else:
        msg, status = body.text("msg"), body.whole("status", 400)
    return code, body.text("msg", msg), body.whole("status", status)


def _problems(fault: Fault) -> list[str]:
    checks = {
        "only is all, opening, reducing or conflicting": fault.only in AIMS,
        "connection is cut or hang, body is text or json": fault.connection in CONNECTIONS and fault.body in BODIES,
        "fraction lies between 0 and 1": 0 <= fault.fraction <= 1,
        "probability lies between 0 and 1": 0 <= fault.probability <= 1,
        "times is -1 (for ever) or more": fault.times >= FOREVER,
        "skip, delay_ms, from_ms, retry_after_s, tolerance and ban_s are not below zero": min(
            fault.skip, fault.delay_ms, fault.from_ms, fault.retry_after_s, fault.tolerance, fault.ban_s
        )
        >= 0,
        "until_ms comes after from_ms": fault.until_ms is None or fault.until_ms > fault.from_ms,
        "status lies between 200 and 599": 200 <= fault.status <= 599,
        "read_lag is set off by an execution: it has no only, before or after": fault.kind != "read_lag"
        or (fault.only == "all" and not fault.before and not fault.after),
        f"read_lag needs call, one of {', '.join(LAGGING)}, or a pattern": fault.kind != "read_lag"
        or reads_any(fault.call, LAGGING),
        f"call: there is no {fault.call} here": _exists(fault.call),
    }
    return [problem for problem, fine in checks.items() if not fine]


def _exists(call: str) -> bool:
    """A fault that never strikes would let a test pass for nothing."""
    from simulator.route_table import ROUTES  # noqa: PLC0415 - the routes know the configuration, which has faults

    return any(fnmatchcase(known, call) for known in ROUTES)
