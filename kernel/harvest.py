"""P2, the harvest kernel: what to do with one open position now, and why.

Pure and without memory: while 2R <= R < 4R it says PARTIAL_25 on every call. That a tranche is taken once per position
is remembered elsewhere (R68, `kernel.rung`). The kill score has priority over profit: no min_r and no tranche stands
before it (R22).
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from kernel.decimals import ARITHMETIC, finite, not_negative, positive
from kernel.errors import KernelError
from kernel.kill_score import KillComponents, MarketState, kill_components, kill_score
from kernel.profit_lock import profit_lock
from kernel.side import Side
from kernel.theta import DEFAULT, HarvestTheta

__all__ = [
    "DEFAULT",
    "HarvestAction",
    "HarvestDecision",
    "HarvestPosition",
    "HarvestTheta",
    "KillComponents",
    "MarketState",
    "RNet",
    "evaluate",
    "kill_components",
    "kill_score",
    "r_net",
    "tranche_weights",
]

_SMALLEST_RISK_UNIT = Decimal("1E-9")
_NO_WEIGHT = Decimal("1E-9")
_BPS = Decimal(10_000)


class HarvestAction(StrEnum):
    """What the kernel proposes; the values are the wire values."""

    NONE = "NONE"
    PARTIAL_25 = "PARTIAL_25"
    PARTIAL_50 = "PARTIAL_50"
    PARTIAL_75 = "PARTIAL_75"
    FULL_CLOSE_PROPOSED = "FULL_CLOSE_PROPOSED"


@dataclass(frozen=True, slots=True)
class HarvestPosition:
    """One open position. Prices in quote currency; `current_stop` None when there is no stop.

    `pnl_per_unit` is price profit per unit of the asset (entry 100, price 105, LONG: 5), not the position's USD profit:
    that mistake once made every R wrong (R21).
    """

    side: Side
    entry_price: Decimal
    pnl_per_unit: Decimal
    age_seconds: Decimal
    current_stop: Decimal | None

    def __post_init__(self) -> None:
        positive("entry_price", self.entry_price)
        finite("pnl_per_unit", self.pnl_per_unit)
        not_negative("age_seconds", self.age_seconds)
        if self.current_stop is not None:
            positive("current_stop", self.current_stop)


@dataclass(frozen=True, slots=True)
class RNet:
    """Net profit in risk units, with what it was computed from (prices per unit of the asset)."""

    r_net: Decimal
    risk_unit: Decimal
    cost_estimate: Decimal
    fallback_stop_used: bool


@dataclass(frozen=True, slots=True)
class HarvestDecision:
    """The proposal, its reasons in order, and everything needed to compute it again."""

    action: HarvestAction
    new_stop: Decimal | None
    r_net: Decimal
    risk_unit: Decimal
    cost_estimate: Decimal
    kill_score: Decimal
    components: KillComponents
    reasons: tuple[str, ...]
    theta: HarvestTheta
    tranche_weights: tuple[Decimal, Decimal, Decimal]
    fallback_stop_used: bool
    position: HarvestPosition
    market: MarketState
    stop_dist_pct: Decimal | None


def evaluate(
    position: HarvestPosition,
    market: MarketState,
    stop_dist_pct: Decimal | None,
    theta: HarvestTheta = DEFAULT,
) -> HarvestDecision:
    """Decide in the user's order: R, tranche, profit lock, kill score (section 1.6).

    `stop_dist_pct` is P1's stop distance as a fraction of entry; None or 0 uses the fallback. Raises KernelError.
    """
    profit = r_net(position, stop_dist_pct, theta)
    components = kill_components(market, position.age_seconds, theta)
    score = kill_score(components, theta)
    action, reasons = _tranche(profit.r_net, theta)
    new_stop = _lock(position, profit.r_net, theta)
    if new_stop is not None:
        reasons += ("profit_lock",)
    if score >= theta.kill_threshold:
        action, reasons = HarvestAction.FULL_CLOSE_PROPOSED, (*reasons, "kill_score_triggered", *components.reasons)
    return HarvestDecision(
        action=action,
        new_stop=new_stop,
        r_net=profit.r_net,
        risk_unit=profit.risk_unit,
        cost_estimate=profit.cost_estimate,
        kill_score=score,
        components=components,
        reasons=reasons,
        theta=theta,
        tranche_weights=tranche_weights(theta),
        fallback_stop_used=profit.fallback_stop_used,
        position=position,
        market=market,
        stop_dist_pct=stop_dist_pct,
    )


def r_net(position: HarvestPosition, stop_dist_pct: Decimal | None, theta: HarvestTheta = DEFAULT) -> RNet:
    """R_net = (profit - cost) / risk unit, all per unit of the asset (section 1.3). Needs no market state.

    Raises KernelError when `stop_dist_pct` is negative or not a fraction below 1.
    """
    if stop_dist_pct is not None and not_negative("stop_dist_pct", stop_dist_pct) >= 1:
        # R41: an absolute ATR of 40 passed where 0.02 was meant put stops and targets into the absurd.
        raise KernelError(f"stop_dist_pct is {stop_dist_pct}: it must be a fraction (2 % is 0.02)", "stop_dist_pct")
    with localcontext(ARITHMETIC):
        risk_unit = max(position.entry_price * (stop_dist_pct or theta.fallback_stop_pct), _SMALLEST_RISK_UNIT)
        cost = theta.cost_bps / _BPS * position.entry_price
        return RNet((position.pnl_per_unit - cost) / risk_unit, risk_unit, cost, fallback_stop_used=not stop_dist_pct)


def tranche_weights(theta: HarvestTheta) -> tuple[Decimal, Decimal, Decimal]:
    """softmax(u / softmax_temp), uniform when there is nothing to weigh. For the audit only, never for sizing."""
    with localcontext(ARITHMETIC):
        a, b, c = ((u / theta.softmax_temp).exp() for u in (theta.u1, theta.u2, theta.u3))
        total = a + b + c
        if total < _NO_WEIGHT:
            a = b = c = Decimal(1)
            total = Decimal(3)
        return a / total, b / total, c / total


def _tranche(r: Decimal, theta: HarvestTheta) -> tuple[HarvestAction, tuple[str, ...]]:
    if r >= theta.T3_R:
        return HarvestAction.PARTIAL_75, ("harvest_partial_75",)
    if r >= theta.T2_R:
        return HarvestAction.PARTIAL_50, ("harvest_partial_50",)
    if r >= theta.T1_R:
        return HarvestAction.PARTIAL_25, ("harvest_partial_25",)
    return HarvestAction.NONE, ()


def _lock(position: HarvestPosition, r: Decimal, theta: HarvestTheta) -> Decimal | None:
    if r < theta.lock_R:
        return None
    return profit_lock(position.side, position.entry_price, position.current_stop, theta.be_plus_pct)
