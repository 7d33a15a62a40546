"""The kill score K: how strongly market and age speak for leaving a position, whatever its profit."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from kernel.decimals import ARITHMETIC, clamp, finite, not_negative, share
from kernel.theta import DEFAULT, HarvestTheta

_CHOPPY = Decimal("0.5")  # more than this share of the regime without a trend
_TELLING_SPIKE = Decimal("0.5")
_TELLING_DROP = Decimal("0.2")
_TELLING_AGE = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class MarketState:
    """Volatility `sigma` (fraction of price), trend strength `ts` (any sign), and the regime's probabilities.

    There is no default: a missing market filled with zeros would bias K silently (K = 0.5405 instead of an error).
    """

    sigma: Decimal
    ts: Decimal
    p_trend: Decimal
    p_mr: Decimal
    p_chop: Decimal

    def __post_init__(self) -> None:
        not_negative("sigma", self.sigma)
        finite("ts", self.ts)
        for name in ("p_trend", "p_mr", "p_chop"):
            share(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class KillComponents:
    """What K is made of: 0 or 1; [0, sigma_spike_cap]; [0, ts_drop_cap]; [0, 1]."""

    regime_flip: Decimal
    sigma_spike: Decimal
    ts_drop: Decimal
    age_penalty: Decimal

    @property
    def reasons(self) -> tuple[str, ...]:
        """The codes of the components that speak clearly, in the order the user's consumers expect."""
        codes = (
            ("regime_flip", self.regime_flip > 0),
            ("sigma_spike", self.sigma_spike > _TELLING_SPIKE),
            ("ts_drop", self.ts_drop > _TELLING_DROP),
            ("age_penalty", self.age_penalty > _TELLING_AGE),
        )
        return tuple(code for code, clear in codes if clear)


def kill_components(market: MarketState, age_seconds: Decimal, theta: HarvestTheta = DEFAULT) -> KillComponents:
    """The four components, each clamped to its range (original system, section 1.5).

    Raises KernelError when the age is negative or no number.
    """
    not_negative("age_seconds", age_seconds)
    zero, one = Decimal(0), Decimal(1)
    with localcontext(ARITHMETIC):
        flipped = market.p_trend < theta.trend_min and market.p_chop + market.p_mr > _CHOPPY
        return KillComponents(
            regime_flip=one if flipped else zero,
            sigma_spike=clamp(market.sigma / theta.sigma_ref - 1, zero, theta.sigma_spike_cap),
            ts_drop=clamp(theta.ts_ref - market.ts, zero, theta.ts_drop_cap),
            age_penalty=clamp(age_seconds / theta.max_age_sec, zero, one),
        )


def kill_score(components: KillComponents, theta: HarvestTheta = DEFAULT) -> Decimal:
    """K = 1 / (1 + e^-z), z the weighted sum of the components (section 1.5). Within [0.5, 0.9276] at defaults."""
    with localcontext(ARITHMETIC):
        z = (
            theta.k_regime_flip * components.regime_flip
            + theta.k_sigma_spike * components.sigma_spike
            + theta.k_ts_drop * components.ts_drop
            + theta.k_age_penalty * components.age_penalty
        )
        return 1 / (1 + (-z).exp())
