"""A read that lags: for a while it shows the time before an execution."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

OF_STATES = (
    "GET /fapi/v1/order",
    "GET /fapi/v1/openOrder",
    "GET /fapi/v1/openOrders",
    "GET /fapi/v1/allOrders",
)
"""Reads that lag behind an order's end as well."""
OF_ORDERS = (
    *OF_STATES,
    "GET /fapi/v1/userTrades",
    "GET /fapi/v2/positionRisk",
    "GET /fapi/v3/positionRisk",
)
"""Reads that lag behind an order's arrival and execution."""
OF_ALGOS = ("GET /fapi/v1/algoOrder", "GET /fapi/v1/openAlgoOrders", "GET /fapi/v1/allAlgoOrders")
"""Reads that lag behind what becomes of conditional orders."""
LAGGING = OF_ORDERS + OF_ALGOS


def reads_any(call: str, reads: tuple[str, ...]) -> bool:
    """Whether the call, or the pattern, is about one of these reads."""
    return any(fnmatchcase(read, call) for read in reads)


@dataclass(frozen=True, slots=True)
class Lag:
    """Reads of a call show the state before `since` until `until` (host monotonic us)."""

    call: str
    symbol: str
    since: float
    until: float

    def hides(self, call: str, symbol: str | None) -> bool:
        """Whether it affects this read; one of all symbols sees the past of all. What changes something never lags."""
        return call.startswith("GET ") and symbol in (None, self.symbol) and fnmatchcase(call, self.call)
