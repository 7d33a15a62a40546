"""A read that lags: for a while it shows the time before an execution."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

LAGGING = (
    "GET /fapi/v1/order",
    "GET /fapi/v1/openOrder",
    "GET /fapi/v1/openOrders",
    "GET /fapi/v1/allOrders",
    "GET /fapi/v1/userTrades",
    "GET /fapi/v2/positionRisk",
    "GET /fapi/v3/positionRisk",
)
"""The reads that can."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Reads of a call show the state before `since` until `until` (host monotonic us)."""

    call: str
    symbol: str
    since: float
    until: float

    def hides(self, call: str, symbol: str | None) -> bool:
        """Whether it affects this read; one of all symbols sees the past of all."""
        return symbol in (None, self.symbol) and fnmatchcase(call, self.call)
