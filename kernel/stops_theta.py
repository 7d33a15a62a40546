"""The parameters of the P1 stops kernel, with the original's names and defaults (section 1.9)."""

from dataclasses import dataclass
from decimal import Decimal

from kernel.decimals import not_negative, positive
from kernel.errors import KernelError

_BELOW_ONE = ("sl_min_pct", "tp_min_pct")
_BOUNDED = ("tp_extend_gain", "tp_extend_max", "eps")


@dataclass(frozen=True, slots=True)
class StopsTheta:
    """`*_pct` are fractions of price; `k_*` multiply sigma, weighted by the regime's probabilities.

    `eps` is the difference of prices (quote currency) below which two stops count as the same. The original also
    declared a cooldown of 60 s and never enforced it; it is not here.
    """

    sl_min_pct: Decimal = Decimal("0.005")
    tp_min_pct: Decimal = Decimal("0.01")
    k_sl_trend: Decimal = Decimal("1.5")
    k_sl_mr: Decimal = Decimal("0.8")
    k_sl_chop: Decimal = Decimal("1.0")
    k_tp_trend: Decimal = Decimal("2.5")
    k_tp_mr: Decimal = Decimal("1.2")
    k_tp_chop: Decimal = Decimal("1.5")
    k_trail_trend: Decimal = Decimal("1.2")
    k_trail_mr: Decimal = Decimal("1.5")
    k_trail_chop: Decimal = Decimal("1.3")
    tp_extend_gain: Decimal = Decimal("0.5")
    tp_extend_max: Decimal = Decimal("0.3")
    monotonic_sl: bool = True
    eps: Decimal = Decimal("1E-8")

    def __post_init__(self) -> None:
        if not isinstance(self.monotonic_sl, bool):
            raise KernelError("theta.monotonic_sl must be true or false", "theta.monotonic_sl")
        for name in _BELOW_ONE:
            # Zero would let a stop or a target lie on the price itself.
            if positive(f"theta.{name}", getattr(self, name)) >= 1:
                raise KernelError(f"theta.{name} must be a fraction below 1 (2 % is 0.02)", f"theta.{name}")
        for name in (*_BOUNDED, *(name for name in StopsTheta.__slots__ if name.startswith("k_"))):
            not_negative(f"theta.{name}", getattr(self, name))

    @property
    def k_sl(self) -> tuple[Decimal, Decimal, Decimal]:
        """Weights of the stop distance: trend, mr, chop."""
        return self.k_sl_trend, self.k_sl_mr, self.k_sl_chop

    @property
    def k_tp(self) -> tuple[Decimal, Decimal, Decimal]:
        """Weights of the take-profit distance: trend, mr, chop."""
        return self.k_tp_trend, self.k_tp_mr, self.k_tp_chop

    @property
    def k_trail(self) -> tuple[Decimal, Decimal, Decimal]:
        """Weights of the trailing gap: trend, mr, chop."""
        return self.k_trail_trend, self.k_trail_mr, self.k_trail_chop


DEFAULT = StopsTheta()
