"""Request weight that closes under way still need, so that a close which has begun can also end.

Without it a burst would spend a whole minute's weight on first reads: every close would have begun, none could go on to
its order, and the next minute would begin the same way.
"""

from dataclasses import dataclass
from typing import Final

WHOLE: Final = 20
"""Weight of a plain close from its first read to its last."""
LASTS_MS: Final = 5_000
"""Since its latest read; a close that waits longer begins anew anyway."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What a close may still spend."""

    left: int
    until_ms: int


class Leases:
    """One for each symbol whose close is under way."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, Lease] = {}

    def holds(self, symbol: str | None, now_ms: int) -> bool:
        """Whether the symbol's close has begun."""
        lease = self._by_symbol.get(symbol or "")
        return lease is not None and now_ms < lease.until_ms

    def outstanding(self, now_ms: int) -> int:
        """Weight that is promised and not spent."""
        self._by_symbol = {symbol: lease for symbol, lease in self._by_symbol.items() if now_ms < lease.until_ms}
        return sum(lease.left for lease in self._by_symbol.values())

    def ends_in_ms(self, now_ms: int) -> int:
        """Until the first promise lapses."""
        return min((lease.until_ms - now_ms for lease in self._by_symbol.values() if lease.left), default=LASTS_MS)

    def spend(self, symbol: str | None, weight: int, now_ms: int) -> None:
        """The symbol's close read something; its first read begins the lease."""
        if not symbol:
            return
        left = self._by_symbol[symbol].left if self.holds(symbol, now_ms) else WHOLE
        self._by_symbol[symbol] = Lease(max(0, left - weight), now_ms + LASTS_MS)
