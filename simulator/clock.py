"""The exchange's clock, which may be off against the host's and run away from it, and the host's monotonic clock."""

import time


class Clock:
    """Exchange time = host time + skew + what it has drifted since it was set."""

    def __init__(self, skew_ms: int = 0) -> None:
        self.skew_ms = skew_ms
        self._drift_ms_per_s = 0
        self._set_at = time.monotonic_ns()

    def set(self, skew_ms: int, drift_ms_per_s: int) -> None:
        """Be off by that much from now on, and run that much faster (or slower, below zero) than the host."""
        self.skew_ms, self._drift_ms_per_s = skew_ms, drift_ms_per_s
        self._set_at = time.monotonic_ns()

    def now_ms(self) -> int:
        """Exchange time, ms since the epoch."""
        drifted = (time.monotonic_ns() - self._set_at) * self._drift_ms_per_s // 10**9
        return time.time_ns() // 1_000_000 + self.skew_ms + drifted


def monotonic_us() -> float:
    """Host monotonic time in microseconds: the same scale for every process of one machine."""
    return time.monotonic_ns() / 1000
