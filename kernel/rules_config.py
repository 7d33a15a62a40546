"""Which rules hold, and how: the alternatives of the rebuild, chosen in configuration and never in code.

Protective rules have thresholds but no switch, and no setting of a profit rule reaches them (R22).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kernel.decimals import finite, not_negative, positive, share
from kernel.emergency import EMERGENCY_R
from kernel.errors import KernelError
from kernel.stops_theta import StopsTheta
from kernel.theta import HarvestTheta


class Harvest(StrEnum):
    """How profit is taken in parts."""

    TRANCHES = "tranches"
    """P2: 25, 50, 75 % of the current size at T1, T2, T3."""
    LSF = "lsf"
    """Levels and scheme of the leverage engine, in fractions of the original size."""
    R_LADDER = "r_ladder"
    """Steps of R, in fractions of the original size."""
    OFF = "off"


class Targets(StrEnum):
    """Whether T1, T2, T3 and the lock shrink with leverage (section 1.8)."""

    FLAT = "flat"
    BY_LEVERAGE = "by_leverage"


class Trailing(StrEnum):
    """What the stop trails by, from the best price so far."""

    RISK = "risk"
    """A multiple of the risk unit."""
    GAP = "gap"
    """A fraction of price."""
    P1 = "p1"
    """P1's proposal; needs a market state."""
    OFF = "off"


class HoldExit(StrEnum):
    """Who weighs holding against leaving when no other rule speaks."""

    EVALUATOR = "evaluator"
    """The hold and exit scores (section 3.2)."""
    FALLBACK = "fallback"
    """The R steps the trader fell back on when its evaluator did not answer."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LadderStep:
    """At this R, this fraction of the original size."""

    r: Decimal
    fraction: Decimal

    def __post_init__(self) -> None:
        finite("ladder.r", self.r)
        if not 0 < share("ladder.fraction", self.fraction) <= 1:
            raise KernelError("ladder.fraction must be above 0 and at most 1", "ladder.fraction")


_QUARTER = Decimal("0.25")
_LADDER = tuple(LadderStep(Decimal(r), _QUARTER) for r in ("0.5", "1.0", "1.5"))


@dataclass(frozen=True, slots=True)
class RulesConfig:
    """R in risk units, `*_pct` fractions of price, `*_share` fractions of what their name says, times in seconds."""

    emergency_r: Decimal = EMERGENCY_R
    liquidation_buffer_pct: Decimal = Decimal("0.02")
    liquidation_way_share: Decimal = Decimal("0.25")  # of the way from entry to liquidation; the nearer limit counts
    theta: HarvestTheta = HarvestTheta()  # noqa: RUF009 - frozen
    harvest: Harvest = Harvest.TRANCHES
    targets: Targets = Targets.FLAT
    min_r: Decimal = Decimal("0.5")  # no profit is taken in parts below this
    ladder: tuple[LadderStep, ...] = _LADDER
    base_tp: Decimal = Decimal("0.01")
    base_sl: Decimal = Decimal("0.005")
    profit_lock: bool = True
    trailing: Trailing = Trailing.RISK
    trail_from_r: Decimal = Decimal("1.0")
    trail_risk_units: Decimal = Decimal("2.0")
    trail_gap_pct: Decimal = Decimal("0.008")
    trail_step_pct: Decimal = Decimal("0.0005")  # a smaller gain is not worth an order
    stops: StopsTheta = StopsTheta()  # noqa: RUF009 - frozen
    max_hold_seconds: Decimal | None = Decimal(86_400)
    funding_rate_limit: Decimal = Decimal("0.00167")  # per eight hours
    funding_margin_share: Decimal = Decimal("0.25")  # of the initial margin, paid in all
    fee_protection: bool = True
    fee_rate: Decimal = Decimal("0.0004")  # of notional, for the exit still to come
    fee_arm: Decimal = Decimal(3)  # the profit must once have been this many times the costs
    hold_exit: HoldExit = HoldExit.OFF

    def __post_init__(self) -> None:
        if finite("emergency_r", self.emergency_r) >= 0:
            raise KernelError("emergency_r must be below 0: it is a loss", "emergency_r")
        for name in ("min_r", "base_tp", "base_sl", "trail_from_r"):
            finite(name, getattr(self, name))
        for name in ("liquidation_buffer_pct", "trail_step_pct", "fee_rate", "fee_arm", "funding_rate_limit"):
            not_negative(name, getattr(self, name))
        for name in ("liquidation_way_share", "trail_gap_pct"):
            if not 0 < share(name, getattr(self, name)) < 1:
                raise KernelError(f"{name} must be a fraction above 0 and below 1", name)
        for name in ("trail_risk_units", "funding_margin_share"):
            positive(name, getattr(self, name))
        if self.max_hold_seconds is not None:
            positive("max_hold_seconds", self.max_hold_seconds)
        self._check_ladder()

    def _check_ladder(self) -> None:
        steps = [step.r for step in self.ladder]
        if steps != sorted(set(steps)):
            raise KernelError("ladder must rise: each step needs a higher R than the one before", "ladder")
        if sum(step.fraction for step in self.ladder) > 1:
            raise KernelError("ladder closes more than there is: its fractions add up to more than 1", "ladder")
        if self.harvest is Harvest.R_LADDER and not steps:
            raise KernelError("ladder is empty: give it steps or choose another way to harvest", "ladder")
