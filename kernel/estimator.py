"""Our own market state from the closes of candles, for when nobody publishes one.

The definitions are those of the publisher that the user's P1 and P2 ran on: 257 closes of one minute, sigma per candle,
trend strength |slope| / sigma, regime by softmax. All in Decimal; ln, exp and sqrt are Decimal's own in the kernel's
fixed context. One estimate costs some 20 ms of CPU: make one for each new candle, not for each look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise

from kernel.decimals import ARITHMETIC, LARGEST, SMALLEST_DIVISOR, positive
from kernel.errors import KernelError
from kernel.kill_score import MarketState
from kernel.regime import Regime, RegimeTheta, regime
from kernel.trend import weighted_slope
from kernel.volatility import VolatilityTheta, volatility


@dataclass(frozen=True, slots=True)
class EstimatorTheta:
    """Windows in candles. `trend_weights` belong to `trend_windows`."""

    window: int = 256
    trend_windows: tuple[int, ...] = (64, 128, 256)
    trend_weights: tuple[Decimal, ...] = (Decimal("0.5"), Decimal("0.3"), Decimal("0.2"))
    volatility: VolatilityTheta = VolatilityTheta()  # noqa: RUF009 - frozen
    regime: RegimeTheta = RegimeTheta()  # noqa: RUF009 - frozen
    eps: Decimal = Decimal("1E-12")

    def __post_init__(self) -> None:
        if self.window <= self.regime.variance_ratio_steps or min(self.trend_windows, default=0) < 2:
            raise KernelError("windows are too short: a slope needs 2 closes, a variance ratio more than its steps")
        if len(self.trend_windows) != len(self.trend_weights):
            raise KernelError("trend_windows and trend_weights must be equally many", "trend_weights")
        for weight in self.trend_weights:
            positive("trend_weights", weight)
        positive("eps", self.eps)

    @property
    def closes_needed(self) -> int:
        """The fewest closes an estimate is made from."""
        return max(self.window, *self.trend_windows) + 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A market state with the slope and regime it rests on, or none and the reason why."""

    market: MarketState | None
    reason: str
    slope: Decimal | None = None
    regime: Regime | None = None


DEFAULT = EstimatorTheta()


def estimate(closes: Sequence[Decimal], theta: EstimatorTheta = DEFAULT) -> Estimate:
    """Market state from closes, oldest first, without gaps, the running candle left out.

    Reasons for none: `too_few_closes:<have>/<need>`, `close_not_positive`.
    """
    needed = theta.closes_needed
    if len(closes) < needed:
        return Estimate(None, f"too_few_closes:{len(closes)}/{needed}")
    recent = closes[-needed:]
    if not all(close.is_finite() and SMALLEST_DIVISOR <= close <= LARGEST for close in recent):
        return Estimate(None, "close_not_positive")
    with localcontext(ARITHMETIC):
        return _estimate([close.ln() for close in recent], theta)


def _estimate(logs: Sequence[Decimal], theta: EstimatorTheta) -> Estimate:
    returns = [after - before for before, after in pairwise(logs)][-theta.window :]
    sigma = volatility(returns, theta.volatility)
    slope = weighted_slope(logs, theta.trend_windows, theta.trend_weights)
    ts = abs(slope) / (sigma + theta.eps)
    shares = regime(returns, ts, theta.regime)
    market = MarketState(sigma, ts, shares.p_trend, shares.p_mr, shares.p_chop)
    return Estimate(market, "estimated", slope, shares)
