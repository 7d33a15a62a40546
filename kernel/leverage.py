"""LSF, the adaptive leverage engine: take-profit levels, stop and harvest scheme by leverage (section 2.1).

The engine widens the stop as leverage grows and knows nothing of liquidation: at 100x its stop lies at or behind the
price at which the exchange closes the position itself. So both are given: the stop as the formula has it, and the
effective one, capped before the liquidation price.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from kernel.decimals import ARITHMETIC, clamp, finite, not_negative, positive, share
from kernel.errors import KernelError

_ONE = Decimal(1)
_ZERO = Decimal(0)
_LEAST_TP = Decimal("0.003")
_LEAST_STOP = Decimal("0.0015")
_STOP_FLOOR, _STOP_CEILING = Decimal("0.001"), Decimal("0.02")

# Fractions of the original size closed at TP1, TP2, TP3, up to which leverage.
_SCHEMES = (
    (Decimal(10), (Decimal("0.3"), Decimal("0.3"), Decimal("0.4"))),
    (Decimal(30), (Decimal("0.4"), Decimal("0.4"), Decimal("0.2"))),
)
_HIGHEST_SCHEME = (Decimal("0.5"), Decimal("0.3"), Decimal("0.2"))


@dataclass(frozen=True, slots=True)
class LeverageInputs:
    """Bases and adjustments, all fractions; what is missing is 0 as in the original, leverage counts from 1.

    `liquidation_distance`: how far the price is from liquidation, as a fraction; None estimates it from leverage.
    """

    leverage: Decimal
    base_tp: Decimal = Decimal("0.01")
    base_sl: Decimal = Decimal("0.005")
    volatility: Decimal = _ZERO
    funding: Decimal = _ZERO
    divergence: Decimal = _ZERO
    liquidation_distance: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("leverage", "base_tp", "base_sl", "volatility", "funding", "divergence"):
            finite(name, getattr(self, name))
        if self.liquidation_distance is not None:
            positive("liquidation_distance", self.liquidation_distance)


@dataclass(frozen=True, slots=True)
class LiquidationCap:
    """How far before liquidation the stop has to lie.

    `maintenance_rate` is the share of notional that the exchange keeps back (0.4 % in the lowest bracket of the large
    symbols; never more than half of the initial margin); `buffer` the share of the way to liquidation left unused.
    """

    maintenance_rate: Decimal = Decimal("0.004")
    buffer: Decimal = Decimal("0.2")

    def __post_init__(self) -> None:
        not_negative("maintenance_rate", self.maintenance_rate)
        if not 0 < share("buffer", self.buffer) < 1:
            raise KernelError(f"buffer is {self.buffer}: a share above 0 and below 1 was expected", "buffer")


@dataclass(frozen=True, slots=True)
class LeverageLevels:
    """Levels as fractions of the entry price; `scheme` the fractions of the original size closed at TP1, TP2, TP3."""

    lsf: Decimal
    tp1: Decimal
    tp2: Decimal
    tp3: Decimal
    stop: Decimal
    stop_effective: Decimal
    liquidation_distance: Decimal
    scheme: tuple[Decimal, Decimal, Decimal]
    reasons: tuple[str, ...]

    @property
    def targets(self) -> tuple[Decimal, Decimal, Decimal]:
        """TP1, TP2, TP3."""
        return self.tp1, self.tp2, self.tp3


DEFAULT_CAP = LiquidationCap()


def leverage_levels(inputs: LeverageInputs, cap: LiquidationCap = DEFAULT_CAP) -> LeverageLevels:
    """All levels for one leverage. The logarithm is Decimal's own, in the kernel's fixed context of 28 digits."""
    with localcontext(ARITHMETIC):
        leverage = max(inputs.leverage, _ONE)
        lsf = 1 / (1 + (leverage + 1).ln())
        tp1, tp2, tp3 = _targets(inputs, lsf)
        stop = _stop(inputs, lsf)
        distance = inputs.liquidation_distance or _estimated_distance(leverage, cap)
        effective = min(stop, distance * (1 - cap.buffer))
    capped = ("sl_capped_before_liquidation",) if effective < stop else ()
    return LeverageLevels(lsf, tp1, tp2, tp3, stop, effective, distance, harvest_scheme(leverage), capped)


def harvest_scheme(leverage: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """The fractions closed at TP1, TP2, TP3: 30/30/40 up to 10x, 40/40/20 up to 30x, 50/30/20 above, unrounded."""
    return next((scheme for limit, scheme in _SCHEMES if leverage <= limit), _HIGHEST_SCHEME)


def _targets(inputs: LeverageInputs, lsf: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    base = max(inputs.base_tp, _ZERO)
    scale = 1 + Decimal("0.8") * inputs.funding
    raw = (
        base * (Decimal("0.6") + lsf),
        base * (Decimal("1.2") + lsf / 2),
        base * (Decimal("1.8") + lsf / 4),
    )
    first, second, third = (max(level * scale, _LEAST_TP) for level in raw)
    return first, second, third


def _stop(inputs: LeverageInputs, lsf: Decimal) -> Decimal:
    widened = max(inputs.base_sl, _ZERO) * (1 + Decimal("0.8") * (1 - lsf))
    adjusted = widened * (1 + Decimal("0.4") * inputs.divergence + Decimal("0.2") * inputs.volatility)
    return clamp(max(adjusted, _LEAST_STOP), _STOP_FLOOR, _STOP_CEILING)


def _estimated_distance(leverage: Decimal, cap: LiquidationCap) -> Decimal:
    # Of an isolated position: what the initial margin covers, less what the exchange keeps back.
    initial = 1 / leverage
    return initial - min(cap.maintenance_rate, initial / 2)
