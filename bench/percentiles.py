"""p50, p95 and p99 of a handful of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Percentiles:
    """Nearest-rank percentiles: each is a value that was really measured."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Percentiles":
        """Of at least one value."""
        ordered = sorted(values)
        p50, p95, p99 = (ordered[max(0, ceil(share * len(ordered)) - 1)] for share in (0.50, 0.95, 0.99))
        return cls(round(p50, 2), round(p95, 2), round(p99, 2))

    def __str__(self) -> str:
        """As in the tables: p50 / p95 / p99."""
        return f"{self.p50:.1f} / {self.p95:.1f} / {self.p99:.1f}"
