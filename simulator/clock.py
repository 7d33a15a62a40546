"""The exchange's clock, which may be off against the host's, and the host's monotonic clock."""

import time


class Clock:
    """Exchange time = host time + skew."""

    def __init__(self, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms

    def now_ms(self) -> int:
        """Exchange time, ms since the epoch."""
        return time.time_ns() // 1_000_000 + self.skew_ms


def monotonic_us() -> float:
    """Host monotonic time in microseconds: the same scale for every process of one machine."""
    return time.monotonic_ns() / 1000
