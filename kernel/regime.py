"""The regime's probabilities: does the market trend, revert to its mean, or chop?"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, localcontext
from itertools import pairwise

from kernel.decimals import ARITHMETIC, finite, positive
from kernel.errors import KernelError
from kernel.volatility import variance

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class RegimeTheta:
    """Weights of the three scores, in the order of their terms, and the softmax's temperature."""

    a1: Decimal = _ONE
    a2: Decimal = _ONE
    a3: Decimal = _ONE
    b1: Decimal = _ONE
    b2: Decimal = _ONE
    b3: Decimal = _ONE
    c1: Decimal = _ONE
    c2: Decimal = _ONE
    c3: Decimal = _ONE
    softmax_temp: Decimal = _ONE
    variance_ratio_steps: int = 5
    eps: Decimal = Decimal("1E-12")

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name not in ("variance_ratio_steps", "softmax_temp", "eps"):
                finite(field.name, getattr(self, field.name))
        positive("softmax_temp", self.softmax_temp)
        positive("eps", self.eps)
        if self.variance_ratio_steps < 2:
            raise KernelError("variance_ratio_steps must be at least 2", "variance_ratio_steps")


@dataclass(frozen=True, slots=True)
class Regime:
    """Probabilities that add up to 1, and the two features they were made of."""

    p_trend: Decimal
    p_mr: Decimal
    p_chop: Decimal
    persistence: Decimal
    variance_ratio: Decimal


DEFAULT = RegimeTheta()


def regime(returns: Sequence[Decimal], ts: Decimal, theta: RegimeTheta = DEFAULT) -> Regime:
    """From log returns, oldest first, and the trend strength. Needs more returns than `variance_ratio_steps`."""
    with localcontext(ARITHMETIC):
        persistence, ratio = directional_persistence(returns), variance_ratio(returns, theta)
        stray = abs(ratio - 1)
        scores = (
            theta.a1 * ts + theta.a2 * persistence - theta.a3 * stray,
            theta.b1 * stray - theta.b2 * ts - theta.b3 * persistence,
            theta.c1 * (1 - persistence) + theta.c2 * (1 - min(ts, _ONE)) - theta.c3 * stray,
        )
        trend, mean_reverting, chop = _softmax(scores, theta.softmax_temp)
        return Regime(trend, mean_reverting, chop, persistence, ratio)


def directional_persistence(returns: Sequence[Decimal]) -> Decimal:
    """The share of returns with the sign of the one before; 0.5 says nothing."""
    signs = [(value > 0) - (value < 0) for value in returns]
    same = sum(1 for before, after in pairwise(signs) if before == after)
    return Decimal(same) / (len(signs) - 1)


def variance_ratio(returns: Sequence[Decimal], theta: RegimeTheta = DEFAULT) -> Decimal:
    """Variance over k steps by k times the variance over one: above 1 in a trend, below where prices revert."""
    k = theta.variance_ratio_steps
    sums = [sum(returns[start : start + k], Decimal(0)) for start in range(len(returns) - k + 1)]
    return variance(sums) / (k * variance(returns) + theta.eps)


def _softmax(scores: Sequence[Decimal], temperature: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    highest = max(scores)  # taken off first: no exponent is above 0, so nothing overflows
    trend, mean_reverting, chop = (((score - highest) / temperature).exp() for score in scores)
    total = trend + mean_reverting + chop
    return trend / total, mean_reverting / total, chop / total
