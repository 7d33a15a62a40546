"""What a running close carries from step to step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.order import OrderSide, OrderState, PositionSide
from contracts.snapshot import Snapshot, SnapshotRequest
from kernel.actions import CloseKind
from kernel.guard import Permit, Verdict
from kernel.identity import parse_client_order_id
from kernel.precedence import Standing
from workflows.decision import Meaning, Memory, Plan
from workflows.evaluation import Evaluation
from workflows.inbox import Running


@dataclass(frozen=True)
class Case:
    """One decision: what was said, under which policy, what it means, and what has been done so far."""

    intent: CloseIntent
    policy: ClosePolicy
    meaning: Meaning
    memory: Memory

    @property
    def side(self) -> PositionSide | None:
        """The side that is being closed once it is known, else the one that the intent names."""
        known = self.memory.side
        return PositionSide(known.value) if known else self.intent.side

    def snapshot_request(self, *, refresh: bool) -> SnapshotRequest:
        """What to read for it. ``refresh``: rules and position mode anew."""
        return SnapshotRequest(
            account=self.policy.account,
            symbol=self.intent.symbol,
            entry_id=self.intent.entry_id,
            side=self.side,
            rung=self.meaning.rung,
            full=self._needs_no_history,
            generation=self.memory.generation,
            entry_price=self.memory.entry_price,
            decided_at_ms=int(self.intent.decided_at.timestamp() * 1000),
            known_attempts=self.memory.attempts,
            refresh=refresh,
        )

    @property
    def _needs_no_history(self) -> bool:
        """A full close's target is 0 whatever was traded. If stale or begun anew, how old the position is matters."""
        anew = self.memory.attempts > 0 and self.memory.generation is None
        return self.meaning.normalised.kind is CloseKind.FULL and not self.intent.stale and not anew

    def take_over(self, orders: Sequence[OrderState], planned: Plan | None) -> None:
        """Account for what orders executed that earlier runs lost: a full close for all that was closed of its
        position; a part only for itself."""
        if self.meaning.normalised.kind is not CloseKind.FULL:
            return
        for order in orders:
            key = parse_client_order_id(order.client_order_id)
            closed = PositionSide.LONG if order.side is OrderSide.SELL else PositionSide.SHORT
            if key is None or self.side not in (None, closed):
                continue
            if self.memory.generation in (None, key.generation):
                self.memory.take_over(order, planned.subject if planned else None)

    def running(self) -> Running:
        """What incoming decisions are measured against."""
        said, memory = self.meaning.standing, self.memory
        opened = memory.opened_at_ms
        return Running(
            standing=Standing(said.strength, said.rung, memory.side or said.side),
            account=self.policy.account,
            max_age=self.policy.max_intent_age,
            both_sides_open=memory.both_sides_open,
            opened_at=datetime.fromtimestamp(opened / 1000, UTC) if opened is not None else None,
            exit_owners=self.policy.exit_owners,
        )


@dataclass(frozen=True)
class Judgement:
    """What one snapshot led to: the evaluation, the guard's permit, and the plan if there is a position."""

    snapshot: Snapshot
    evaluation: Evaluation
    permit: Permit
    plan: Plan | None

    @property
    def allowed(self) -> Plan | None:
        """The plan, if it may be sent."""
        return self.plan if self.permit.verdict is Verdict.ALLOW else None
