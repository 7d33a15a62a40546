"""The parameters of the P2 harvest kernel. Names and defaults are those the user's policies use."""

from dataclasses import dataclass, fields
from decimal import Decimal

from kernel.decimals import finite, not_negative, positive
from kernel.errors import KernelError

_ANY_SIGN = frozenset({"u1", "u2", "u3", "T1_R", "T2_R", "T3_R", "lock_R", "trend_min", "ts_ref"})
_DIVISORS = frozenset({"fallback_stop_pct", "sigma_ref", "max_age_sec", "softmax_temp"})
_LARGEST_EXPONENT = 1000  # of e in the tranche weights


@dataclass(frozen=True, slots=True)
class HarvestTheta:
    """All thresholds of P2. R values are multiples of the risk unit, `*_pct` and sigma are fractions of price.

    K never falls below 0.5, so a `kill_threshold` of 0.5 or less closes every position at once.
    """

    fallback_stop_pct: Decimal = Decimal("0.02")  # risk unit when P1 gives no stop distance
    cost_bps: Decimal = Decimal(10)  # round trip, in bps of entry
    T1_R: Decimal = Decimal("2.0")
    T2_R: Decimal = Decimal("4.0")
    T3_R: Decimal = Decimal("6.0")
    u1: Decimal = Decimal(0)
    u2: Decimal = Decimal(0)
    u3: Decimal = Decimal(0)
    softmax_temp: Decimal = Decimal("1.0")
    lock_R: Decimal = Decimal("1.5")  # noqa: N815 - the user's own name
    be_plus_pct: Decimal = Decimal("0.002")  # how far beyond entry the profit lock lies
    trend_min: Decimal = Decimal("0.3")
    sigma_ref: Decimal = Decimal("0.01")
    sigma_spike_cap: Decimal = Decimal("2.0")
    ts_ref: Decimal = Decimal("0.3")
    ts_drop_cap: Decimal = Decimal("0.5")
    max_age_sec: Decimal = Decimal(86_400)
    k_regime_flip: Decimal = Decimal("1.0")
    k_sigma_spike: Decimal = Decimal("0.5")
    k_ts_drop: Decimal = Decimal("0.5")
    k_age_penalty: Decimal = Decimal("0.3")
    kill_threshold: Decimal = Decimal("0.6")

    def __post_init__(self) -> None:
        for field in fields(self):
            check = finite if field.name in _ANY_SIGN else positive if field.name in _DIVISORS else not_negative
            check(f"theta.{field.name}", getattr(self, field.name))
        self._check_order()
        self._check_bounds()

    def _check_order(self) -> None:
        for smaller, larger in (("T1_R", "T2_R"), ("T2_R", "T3_R")):
            if getattr(self, smaller) > getattr(self, larger):
                raise KernelError(
                    f"theta.{larger} is below {smaller}: a tranche could never be taken", f"theta.{larger}"
                )

    def _check_bounds(self) -> None:
        for name in ("fallback_stop_pct", "be_plus_pct"):
            if getattr(self, name) >= 1:
                raise KernelError(f"theta.{name} must be a fraction below 1 (2 % is 0.02)", f"theta.{name}")
        if not 0 < self.kill_threshold <= 1:
            raise KernelError("theta.kill_threshold must be above 0 and at most 1, as K is", "theta.kill_threshold")
        for name in ("u1", "u2", "u3"):
            if abs(getattr(self, name)) > _LARGEST_EXPONENT * self.softmax_temp:
                raise KernelError(f"theta.{name} / softmax_temp must stay within +-1000", f"theta.{name}")


DEFAULT = HarvestTheta()
