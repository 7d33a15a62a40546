"""A fault: which call misbehaves, how, how often and how long."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from fnmatch import fnmatchcase
from random import Random

from simulator.acts import Act
from simulator.parameters import Parameters

KINDS = frozenset(
    {
        "executed_503_unknown",
        "executed_408",
        "executed_cut",
        "executed_delay",
        "executed_twice",
        "refused_503_unknown",
        "refused_503_unavailable",
        "refused_408",
        "refused_cut",
        "refused_hang",
        "late_execution",
        "error",
        "refusal",
        "rate_limited",
        "partial_fill",
        "stp_partial",
        "knocked_out",
        "read_lag",
        "oldest_namesake",
        "meanwhile",
        "html_502",
        "html_504",
        "empty_body",
        "truncated_body",
        "cut_body",
        "json_array",
        "extra_fields",
    }
)
REMAINDERS = {"partial_fill": 9, "stp_partial": 1, "knocked_out": 4}
"""What ends a market order that fills in part: the expiry reasons of the user events."""
AIMS = frozenset({"all", "opening", "reducing", "conflicting"})
FOREVER = -1
NEW_FIELD: Mapping[str, object] = {"fieldOfTomorrow": {"nested": ["1", 2, None]}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How a call misbehaves. Strikes `times` times (-1: for ever) after letting `skip` matching calls pass.

    Times count from when it is armed, in ms. What only some kinds read: `executed` the bodies that cannot be read,
    `connection` (cut or hang) late_execution, `body` (text or json) the 503s, `code`, `msg`, `status` and
    `retry_after_s` error and refusal, `retry_after_s`, `tolerance` and `ban_s` rate_limited, `fraction` the partial
    fills, `drop` and `add` extra_fields.
    """

    call: str
    kind: str
    times: int = 1
    skip: int = 0
    probability: Decimal = Decimal(1)
    """Of each matching call to be struck."""
    seed: int = 0
    from_ms: float = 0
    until_ms: float | None = None
    delay_ms: float = 0
    symbol: str | None = None
    client_order_id_prefix: str = ""
    only: str = "all"
    """Orders that open, that reduce, or that reduce while another one of their side rests (conflicting)."""
    code: int = -1000
    msg: str = "An unknown error occurred while processing the request."
    status: int = 400
    retry_after_s: int = 0
    tolerance: int = 10
    """Calls of somebody who was told to stay away before he is banned."""
    ban_s: int = 120
    fraction: Decimal = Decimal("0.5")
    executed: bool = True
    connection: str = "cut"
    body: str = "text"
    drop: tuple[str, ...] = ()
    add: Mapping[str, object] = field(default_factory=lambda: NEW_FIELD)
    before: tuple[Act, ...] = ()
    """Done when it strikes, before the call reaches the engine: between the client's read and its order."""
    after: tuple[Act, ...] = ()
    """Done as soon as the call was carried out or dropped, before its answer."""

    def matches(self, call: str, symbol: str | None, client_id: str) -> bool:
        """Whether it concerns this call."""
        same_call = self.call == call or fnmatchcase(call, self.call)
        return same_call and self.concerns(symbol, client_id)

    def concerns(self, symbol: str | None, client_id: str) -> bool:
        """Whether it concerns this symbol and client id."""
        return self.symbol in (None, symbol) and client_id.startswith(self.client_order_id_prefix)

    def row(self) -> dict[str, object]:
        """As GET /sim/faults shows it."""
        return {one.name: _shown(getattr(self, one.name)) for one in fields(self)}


class Armed:
    """A fault that waits for its calls, and what is left of it."""

    def __init__(self, fault: Fault, number: int, since_us: float) -> None:
        self.fault = fault
        self.number = number
        self._since_us = since_us
        self._skip = fault.skip
        self._left = fault.times
        self._struck = 0
        self._dice = Random(f"{fault.seed}:{number}")  # noqa: S311 - reproducible, not secret

    def use(self, now_us: float) -> bool:
        """Count one matching call; whether the fault strikes it."""
        fault, age_ms = self.fault, (now_us - self._since_us) / 1000
        if age_ms < fault.from_ms or (fault.until_ms is not None and age_ms >= fault.until_ms):
            return False
        if self._skip:
            self._skip -= 1
            return False
        if not self._left or (fault.probability < 1 and self._dice.random() >= fault.probability):
            return False
        self._left -= self._left > 0
        self._struck += 1
        return True

    def row(self) -> dict[str, object]:
        """As GET /sim/faults shows it: `skip` and `times` are what is left."""
        left = {"skip": self._skip, "times": self._left, "struck": self._struck}
        return {"id": self.number, **self.fault.row(), **left}


def client_id_of(parameters: Parameters) -> str:
    """The client order id that a call names, whatever the parameter is called."""
    names = ("newClientOrderId", "origClientOrderId", "clientAlgoId")
    return next((value for name in names if (value := parameters.text(name))), "")


def _shown(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [item.row() if isinstance(item, Act) else item for item in value]
    return value
