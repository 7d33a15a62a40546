"""The exchange's clock, as far as we know it (R60).

It runs on the host's monotonic clock: somebody setting the host's date moves nothing here.
"""

import time
from collections.abc import Callable


class ExchangeClock:
    """Exchange time in epoch milliseconds.

    Until the first synchronisation it shows the host's time. That is safe: a wrong host clock makes the exchange refuse
    a request (-1021), never execute one twice.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._monotonic = monotonic
        self._offset_ms = (wall() - monotonic()) * 1000
        self._synchronised_at: float | None = None

    def now_ms(self) -> int:
        """Exchange time, epoch milliseconds."""
        return int(self._monotonic() * 1000 + self._offset_ms)

    def reading(self) -> float:
        """The local instant, seconds, to hand to :meth:`adopt` later."""
        return self._monotonic()

    def adopt(self, server_ms: int, asked_at: float) -> None:
        """Take the exchange's answer to "what time is it": it was written half a round trip ago.

        Args:
            server_ms: what it said, epoch milliseconds.
            asked_at: our :meth:`reading` just before asking.
        """
        answered_at = self._monotonic()
        self._offset_ms = server_ms - (asked_at + answered_at) / 2 * 1000
        self._synchronised_at = answered_at

    def age_s(self) -> float:
        """Seconds since the last synchronisation; infinite before the first."""
        return float("inf") if self._synchronised_at is None else self._monotonic() - self._synchronised_at
