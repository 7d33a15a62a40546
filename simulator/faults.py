"""Faults on request: which call misbehaves, how, how often; and the log of what was injected."""

from dataclasses import dataclass, fields
from decimal import Decimal
from fnmatch import fnmatchcase

from simulator.clock import monotonic_us
from simulator.parameters import Parameters

KINDS = frozenset(
    {
        "executed_503_unknown",
        "executed_408",
        "executed_cut",
        "executed_delay",
        "refused_503_unknown",
        "refused_503_unavailable",
        "refused_408",
        "refused_cut",
        "refused_hang",
        "late_execution",
        "error",
        "partial_fill",
        "read_lag",
        "html_502",
        "empty_body",
    }
)
FOREVER = -1


@dataclass(slots=True, kw_only=True)
class Fault:
    """One order to misbehave. Counts down `times` (-1: for ever) after letting `skip` matching calls pass.

    `executed` matters to html_502 and empty_body only, `connection` (cut or hang) to late_execution only,
    `body` (text or json) to the 503 kinds only.
    """

    call: str
    kind: str
    times: int = 1
    skip: int = 0
    delay_ms: float = 0
    symbol: str | None = None
    client_order_id_prefix: str = ""
    code: int = -1000
    msg: str = "An unknown error occurred while processing the request."
    status: int = 400
    fraction: Decimal = Decimal("0.5")
    executed: bool = True
    connection: str = "cut"
    body: str = "text"

    def matches(self, call: str, symbol: str | None, client_id: str) -> bool:
        """Whether it concerns this call."""
        same_call = self.call == call or fnmatchcase(call, self.call)
        return same_call and self.concerns(symbol, client_id)

    def concerns(self, symbol: str | None, client_id: str) -> bool:
        """Whether it concerns this symbol and client id."""
        return self.symbol in (None, symbol) and client_id.startswith(self.client_order_id_prefix)

    def use(self) -> bool:
        """Count one matching call; whether the fault strikes it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.times == 0:
            return False
        self.times -= self.times > 0
        return True


@dataclass(frozen=True, slots=True)
class Injection:
    """One time a fault struck."""

    time_ns: int
    monotonic_us: float
    call: str
    kind: str
    symbol: str | None
    client_order_id: str


@dataclass(frozen=True, slots=True)
class Lag:
    """Reads of a call show the state before `since` until `until` (host monotonic us)."""

    fault: Fault
    symbol: str
    since: float
    until: float

    def hides(self, call: str, symbol: str | None) -> bool:
        """Whether it affects this read; one of all symbols sees the past of all."""
        return symbol in (None, self.symbol) and fnmatchcase(call, self.fault.call)


class FaultBook:
    """Armed faults, lags under way, and the log."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lags: list[Lag] = []
        self._log: list[Injection] = []

    def arm(self, fault: Fault) -> None:
        """Add a fault; faults are tried in the order in which they were added."""
        self._armed.append(fault)

    def clear(self) -> None:
        """Disarm everything; the log stays."""
        self._armed.clear()
        self._lags.clear()

    def take(self, call: str, parameters: Parameters, time_ns: int) -> Fault | None:
        """The fault that strikes this call, if any."""
        if not self._armed:
            return None
        symbol, client_id = parameters.text("symbol"), client_id_of(parameters)
        for fault in self._armed:
            if fault.kind != "read_lag" and fault.matches(call, symbol, client_id) and fault.use():
                self._log.append(Injection(time_ns, monotonic_us(), call, fault.kind, symbol, client_id))
                return fault
        return None

    def executing(self, symbol: str, client_id: str, time_ns: int) -> None:
        """An order is about to execute: from now on lagging reads look at the time before."""
        now = monotonic_us()
        for fault in self._armed:
            if fault.kind == "read_lag" and fault.concerns(symbol, client_id) and fault.use():
                self._lags.append(Lag(fault, symbol, now, now + fault.delay_ms * 1000))
                self._log.append(Injection(time_ns, now, fault.call, fault.kind, symbol, client_id))

    def as_of(self, call: str, symbol: str | None) -> float | None:
        """The time before which this call sees, or None when it is up to date."""
        if not self._lags:
            return None
        now = monotonic_us()
        self._lags = [lag for lag in self._lags if lag.until > now]
        return min((lag.since for lag in self._lags if lag.hides(call, symbol)), default=None)

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """As GET /sim/faults shows it."""
        return {"armed": [_row(fault) for fault in self._armed], "injected": [_row(entry) for entry in self._log]}


def client_id_of(parameters: Parameters) -> str:
    """The client order id that a call names, whatever the parameter is called."""
    names = ("newClientOrderId", "origClientOrderId", "clientAlgoId")
    return next((value for name in names if (value := parameters.text(name))), "")


def _row(value: Fault | Injection) -> dict[str, object]:
    shown = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: str(item) if isinstance(item, Decimal) else item for name, item in shown}
