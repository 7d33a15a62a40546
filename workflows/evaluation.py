"""Step 2: what the kernel makes of the position. Pure, so a history can be judged again later.

Nothing in here can stop a close. What cannot be computed is named and left out (R22, R28, R74).
"""

from dataclasses import dataclass
from decimal import Decimal

from contracts.snapshot import MarketFacts, Position, PositionHints, Snapshot
from kernel.emergency import is_emergency
from kernel.errors import KernelError
from kernel.harvest import HarvestAction, HarvestDecision, HarvestPosition, MarketState, RNet, evaluate, r_net
from kernel.side import Side

MILLISECONDS = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """R multiple and kernel decision of the position, as far as the inputs allow, and what was missing."""

    profit: RNet | None = None
    harvest: HarvestDecision | None = None
    notes: tuple[str, ...] = ()

    @property
    def r_net(self) -> Decimal | None:
        """Net R multiple."""
        return self.profit.r_net if self.profit else None

    @property
    def kill_score(self) -> Decimal | None:
        """K, if there was market state to compute it from."""
        return self.harvest.kill_score if self.harvest else None

    @property
    def kernel_action(self) -> str | None:
        """What the kernel itself would propose now."""
        return self.harvest.action.value if self.harvest else None

    def attributes(self) -> dict[str, str]:
        """For the trace."""
        return {
            "harvest.r_net": str(self.r_net),
            "harvest.kill_score": str(self.kill_score),
            "harvest.kernel_action": str(self.kernel_action),
            "harvest.notes": ",".join(self.notes),
        }

    def agrees_with_closing(self) -> bool:
        """Whether today's facts alone would close something: what a stale decision needs to go on."""
        emergency = self.r_net is not None and is_emergency(self.r_net)
        return emergency or (self.harvest is not None and self.harvest.action is not HarvestAction.NONE)


def evaluate_position(snapshot: Snapshot) -> Evaluation:
    """Run the P2 kernel on the snapshot's subject."""
    position, hints = snapshot.subject, snapshot.hints
    if position is None or snapshot.generation is None:
        return Evaluation(notes=hints.notes)
    age = Decimal(max(0, snapshot.exchange_time_ms - snapshot.generation.opened_at_ms)) / MILLISECONDS
    try:
        return _evaluate(_kernel_position(position, hints, age), hints)
    except KernelError as refused:
        return Evaluation(notes=(*hints.notes, f"evaluation_unavailable:{refused}".replace(",", ";")))


def _evaluate(position: HarvestPosition, hints: PositionHints) -> Evaluation:
    stop_distance = _stop_distance(position, hints)
    profit = r_net(position, stop_distance)
    notes = hints.notes + (("fallback_stop_used",) if profit.fallback_stop_used else ())  # R50: a fallback is visible
    if hints.market is None:
        return Evaluation(profit=profit, notes=(*notes, "market_state_missing"))
    decision = evaluate(position, _market(hints.market), stop_distance)
    return Evaluation(profit=profit, harvest=decision, notes=notes)


def _kernel_position(position: Position, hints: PositionHints, age: Decimal) -> HarvestPosition:
    side = Side(position.side.value)
    return HarvestPosition(
        side=side,
        entry_price=position.entry_price,
        pnl_per_unit=(position.mark_price - position.entry_price) * side.sign,  # per unit, not USD (R21)
        age_seconds=age,
        current_stop=hints.stop_loss,
    )


def _stop_distance(position: HarvestPosition, hints: PositionHints) -> Decimal | None:
    """P1's stop distance, else the recorded stop's, else None (the kernel's visible fallback)."""
    if hints.stop_dist_pct:
        return hints.stop_dist_pct
    if position.current_stop is None:
        return None
    distance = (position.entry_price - position.current_stop) * position.side.sign / position.entry_price
    return distance if distance > 0 else None  # a stop beyond entry is no risk unit; it hid losses as R = 0


def _market(facts: MarketFacts) -> MarketState:
    return MarketState(sigma=facts.sigma, ts=facts.ts, p_trend=facts.p_trend, p_mr=facts.p_mr, p_chop=facts.p_chop)
