"""The faults that are armed, the lags and penalties under way, and the log of everything that was injected."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from simulator.clock import monotonic_us
from simulator.errors import ApiError
from simulator.fault import Armed, Fault, client_id_of
from simulator.lag import OF_ORDERS, Lag, reads_any
from simulator.parameters import Parameters
from simulator.penalty import Penalty

EXECUTION = "read_lag"  # the one kind that is set off by an execution, not by a call
Aimed = Callable[[str], bool]


@dataclass(slots=True)
class Injection:
    """One time a fault struck. `problem`: what stood in the way of an act that belongs to it."""

    time_ns: int
    monotonic_us: float
    call: str
    kind: str
    symbol: str | None
    client_order_id: str
    fault: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that strikes a call, and its line in the log."""

    fault: Fault
    injection: Injection


class FaultBook:
    """Armed faults, lags and penalties under way, and the log."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []
        self._lags: list[Lag] = []
        self._penalties: list[Penalty] = []
        self._log: list[Injection] = []
        self._numbers = 0

    def arm(self, fault: Fault) -> int:
        """Add a fault; faults are tried in the order in which they were added. Its number."""
        self._numbers += 1
        self._armed.append(Armed(fault, self._numbers, monotonic_us()))
        return self._numbers

    def disarm(self, number: int) -> bool:
        """Take one fault out; whether there was one. What it has set off goes on."""
        before = len(self._armed)
        self._armed = [armed for armed in self._armed if armed.number != number]
        return len(self._armed) < before

    def clear(self) -> None:
        """Disarm everything; the log stays."""
        self._armed.clear()
        self._lags.clear()
        self._penalties.clear()

    def note(self, source: str, kind: str, symbol: object, time_ns: int, problem: str) -> None:
        """Log what no call set off."""
        about = str(symbol) if symbol else None
        self._log.append(Injection(time_ns, monotonic_us(), source, kind, about, "", 0, problem))

    def take(self, call: str, parameters: Parameters, time_ns: int, aimed: Aimed) -> Strike | None:
        """The fault that strikes this call, if any. `aimed` tells whether an aim (opening, ...) fits the order."""
        symbol, client_id = parameters.text("symbol"), client_id_of(parameters)
        for armed in self._armed:
            fault = armed.fault
            if fault.kind == EXECUTION or not fault.matches(call, symbol, client_id) or not aimed(fault.only):
                continue
            if armed.use(now := monotonic_us()):
                injection = Injection(time_ns, now, call, fault.kind, symbol, client_id, armed.number)
                self._log.append(injection)
                return Strike(fault, injection)
        return None

    def changing(self, symbol: str, client_id: str, time_ns: int, reads: tuple[str, ...] = OF_ORDERS) -> None:
        """An order is about to execute, or a conditional one to change: from now on lagging `reads` look at the time
        before.
        """
        now = monotonic_us()
        for armed in self._armed:
            fault = armed.fault
            if fault.kind != EXECUTION or not reads_any(fault.call, reads):
                continue
            if fault.concerns(symbol, client_id) and armed.use(now):
                self._lags.append(Lag(fault.call, symbol, now, now + fault.delay_ms * 1000))
                self._log.append(Injection(time_ns, now, fault.call, fault.kind, symbol, client_id, armed.number))

    def as_of(self, call: str, symbol: str | None) -> float | None:
        """The time before which this call sees, or None when it is up to date."""
        if not self._lags:
            return None
        now = monotonic_us()
        self._lags = [lag for lag in self._lags if lag.until > now]
        return min((lag.since for lag in self._lags if lag.hides(call, symbol)), default=None)

    def punish(self, strike: Strike) -> None:
        """From now on calls like this one are turned away, until the fault's Retry-After is over."""
        self._penalties.append(Penalty(strike.fault, strike.injection.fault, monotonic_us()))

    def penalty(self, call: str, parameters: Parameters, time_ns: int, exchange_ms: int) -> ApiError | None:
        """The refusal of a caller who was told to stay away and comes all the same."""
        now = monotonic_us()
        self._penalties = [penalty for penalty in self._penalties if penalty.lasts(now)]
        for penalty in self._penalties:
            if penalty.covers(call):
                error = penalty.refuse(now, exchange_ms)
                kind, symbol = ("banned" if penalty.banned else "rate_limited"), parameters.text("symbol")
                injection = Injection(time_ns, now, call, kind, symbol, client_id_of(parameters), penalty.number)
                self._log.append(injection)
                return error
        return None

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """As GET /sim/faults shows it."""
        return {"armed": [armed.row() for armed in self._armed], "injected": [asdict(entry) for entry in self._log]}
