"""How decisions about the stop are answered, and the close that one of them can become."""

from decimal import Decimal
from typing import Final

from temporalio import workflow

from contracts.close import ClosePolicy
from contracts.flatten import HandOver
from contracts.intent import CloseIntent
from contracts.order import OrderSide
from contracts.result import CloseResult, LookedAt, Outcome
from contracts.stop import GuardedPosition
from kernel.identity import plan_id, rung_of
from workflows.stop_case import side_of
from workflows.stop_judgement import StopJudgement

_SENT: Final = frozenset({Outcome.STOP_MOVED, Outcome.SUGGESTED})


def stop_answer(
    intent: CloseIntent, policy: ClosePolicy, judgement: StopJudgement, close: CloseIntent | None
) -> CloseResult:
    """The one answer to a decision. ``close``: what took over, if anything did."""
    info, outcome, held = workflow.info(), judgement.outcome or Outcome.STOP_MOVED, judgement.held
    generation = held.generation.opening_trade_id if held else 0
    rung = rung_of(intent.producer_id or f"stop {intent.new_stop}", None)
    return CloseResult(
        outcome=outcome,
        reason_codes=(judgement.reason,),
        decisive=judgement.reason,
        plan_id=intent.plan_id or plan_id(policy.account, intent.symbol, generation, rung),
        entry_id=intent.entry_id,
        account=policy.account,
        symbol=intent.symbol,
        action=intent.action,
        position_side=held.position.side if held else intent.side,
        order_side=OrderSide(side_of(held).exit_order_side) if held else None,
        position_before=held.position.amount if held else None,
        position_after=held.position.amount if held else None,
        entry_price=held.position.entry_price if held else None,
        looked=_looked(held, rung) if held and outcome is Outcome.SUGGESTED else None,
        stop_price=judgement.level if judgement.level is not None else intent.new_stop,
        would_execute=outcome in _SENT,
        error=judgement.error if outcome is Outcome.BLOCKED else "",
        workflow_id=info.workflow_id,
        run_id=info.run_id,
        traceparent=intent.traceparent,
        producer_id=intent.producer_id,
        producer_reason=intent.reason,
        source=intent.source,
        joined=(close.entry_id,) if close else (),
    )


def _looked(held: GuardedPosition, rung: str) -> LookedAt:
    return LookedAt(generation=held.generation.opening_trade_id, rung=rung, mark_price=held.position.mark_price)


def close_beyond_stop(
    account: str, held: GuardedPosition, level: Decimal, occasion: str, intent: CloseIntent | None
) -> HandOver:
    """The price has passed the stop: everything goes now, as if it had fired.

    Args:
        occasion: the entry or the stop that it comes from; the same one is never two closes.
        intent: the decision behind it, if one waits for its answer.
    """
    position = held.position
    close = CloseIntent(
        entry_id=f"stop-{occasion}",
        symbol=position.symbol,
        action="EMERGENCY_SL_CLOSE",
        decided_at=workflow.now(),
        side=position.side,
        producer_id=f"stop-{position.symbol}-{position.side}-{held.generation.opening_trade_id}",
        account=account,
        intent_type="STOP_PASSED",
        source="move_stop",
        urgency="EMERGENCY",
        reason=f"emergency_stop: the price has passed the stop (stop={level.normalize():f})",
        entry_price=position.entry_price,
        exit_price=position.mark_price,
        traceparent=intent.traceparent if intent else None,
    )
    return HandOver(intent=close, amount=position.amount)
