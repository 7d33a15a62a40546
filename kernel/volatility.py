"""Sigma: how far a price moves in one step, so measured that single jumps do not decide it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from kernel.decimals import ARITHMETIC, clamp, not_negative, positive, share

_MAD_TO_SIGMA = Decimal("1.4826")  # of a normal distribution
_SEED_RETURNS = 10  # whose variance the moving average starts from
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class VolatilityTheta:
    """Winsorising quantiles, decay of the moving average, and how a spike proxy blends it with the median deviation."""

    winsor_low: Decimal = Decimal("0.01")
    winsor_high: Decimal = Decimal("0.99")
    ewma_lambda: Decimal = Decimal("0.94")
    spike_cap: Decimal = Decimal("5.0")
    spike_center: Decimal = Decimal("1.2")
    spike_scale: Decimal = Decimal("0.3")
    sigma_floor: Decimal = Decimal("1E-6")
    eps: Decimal = Decimal("1E-12")

    def __post_init__(self) -> None:
        for name in ("winsor_low", "winsor_high", "ewma_lambda"):
            share(name, getattr(self, name))
        for name in ("spike_scale", "sigma_floor", "eps"):
            positive(name, getattr(self, name))
        for name in ("spike_cap", "spike_center"):
            not_negative(name, getattr(self, name))


DEFAULT = VolatilityTheta()


def volatility(returns: Sequence[Decimal], theta: VolatilityTheta = DEFAULT) -> Decimal:
    """Sigma of log returns, oldest first, as a fraction of price per step; at least `sigma_floor`.

    Returns are winsorised, then measured twice: by an exponentially weighted root mean square and by the median
    deviation. A sigmoid of their ratio says how much of the second is taken.
    """
    with localcontext(ARITHMETIC):
        ordered = sorted(returns)
        low, high = _quantile(ordered, theta.winsor_low), _quantile(ordered, theta.winsor_high)
        tamed = [clamp(value, low, high) for value in returns]
        smooth, robust = _ewma(tamed, theta.ewma_lambda).sqrt(), _MAD_TO_SIGMA * _median_deviation(tamed)
        spike = min(robust / (smooth + theta.eps), theta.spike_cap)
        weight = 1 / (1 + ((theta.spike_center - spike) / theta.spike_scale).exp())
        return max(theta.sigma_floor, (1 - weight) * smooth + weight * robust)


def variance(values: Sequence[Decimal]) -> Decimal:
    """Mean squared deviation from the mean; never negative."""
    mean = sum(values, Decimal(0)) / len(values)
    return sum(((value - mean) ** 2 for value in values), Decimal(0)) / len(values)


def _quantile(ordered: Sequence[Decimal], q: Decimal) -> Decimal:
    """With linear interpolation between neighbours."""
    position = min(q, _ONE) * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _ewma(values: Sequence[Decimal], decay: Decimal) -> Decimal:
    mean_square = variance(values[:_SEED_RETURNS])
    for value in values:
        mean_square = decay * mean_square + (1 - decay) * value * value
    return mean_square


def _median_deviation(values: Sequence[Decimal]) -> Decimal:
    half = Decimal("0.5")
    median = _quantile(sorted(values), half)
    return _quantile(sorted(abs(value - median) for value in values), half)
