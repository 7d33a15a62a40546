"""What one rule says of one position."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kernel.harvest import HarvestDecision, RNet
from kernel.position_view import PositionView
from kernel.rules_config import RulesConfig
from kernel.theta import HarvestTheta

ALL = Decimal(1)
NOTHING = Decimal(0)


class ExitAction(StrEnum):
    """Words of the original's vocabulary; `kernel.actions` reads every one of them."""

    CLOSE = "CLOSE"
    LIQUIDATION_RISK = "LIQUIDATION_RISK"
    FULL_CLOSE_PROPOSED = "FULL_CLOSE_PROPOSED"
    TIME_STOP_EXIT = "TIME_STOP_EXIT"
    PARTIAL_25 = "PARTIAL_25"
    PARTIAL_50 = "PARTIAL_50"
    PARTIAL_75 = "PARTIAL_75"
    PARTIAL_CLOSE = "PARTIAL_CLOSE"
    PROFIT_LOCK_SL = "PROFIT_LOCK_SL"
    MOVE_SL_TRAIL = "MOVE_SL_TRAIL"
    NONE = "NONE"


Numbers = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fires.

    `fraction` is of the current size, 0 for a stop that moves. `rung` names what may be done once only. `hold_score`
    and `exit_score` are those of the original's events, 0 to 10 and beyond.
    """

    rule: str
    action: ExitAction
    reason: str
    codes: tuple[str, ...]
    fraction: Decimal = ALL
    quantity: Decimal | None = None  # in the asset, where it is exacter than the fraction
    rung: str | None = None
    new_stop: Decimal | None = None
    hold_score: int = 0
    exit_score: int = 10
    emergency: bool = False
    numbers: Numbers = ()


@dataclass(frozen=True, slots=True)
class Abstention:
    """A rule that would have had something to ask but cannot: which, and for want of what."""

    rule: str
    want: str

    @property
    def code(self) -> str:
        """As it appears among a verdict's notes."""
        return f"{self.rule}:{self.want}"


@dataclass(frozen=True, slots=True)
class Situation:
    """A position with what all rules share: R, the thresholds for its leverage, P2's decision where there is a market.

    `r.r_net` is P2's R: after the estimated cost of the round trip, before funding.
    """

    view: PositionView
    config: RulesConfig
    theta: HarvestTheta
    r: RNet
    p2: HarvestDecision | None

    @property
    def r_gross(self) -> Decimal:
        """R without costs, as the original's tracker had it."""
        return self.r.r_net + self.r.cost_estimate / self.r.risk_unit

    @property
    def r_best(self) -> Decimal:
        """R_net at the best price so far."""
        best = (self.view.extreme_price - self.view.entry_price) * self.view.side.sign
        return (best - self.r.cost_estimate) / self.r.risk_unit


Rule = Callable[[Situation], Finding | Abstention | None]


def highest_taken(prefix: str, rungs: frozenset[str]) -> int:
    """The highest number among the rungs `<prefix><number>`, 0 without any: a ladder is climbed once (R68)."""
    numbers = (rung[len(prefix) :] for rung in rungs if rung.startswith(prefix))
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)
