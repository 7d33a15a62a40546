"""A read that lags: for a while it shows the time before an execution."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


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
