"""How decisions end: results for what was never sent, and drafts for what was."""

from decimal import Decimal

from temporalio import workflow

from contracts.close import ConcludeRequest
from contracts.intent import CloseIntent
from contracts.order import OrderSide, PositionSide
from contracts.result import CloseResult, LookedAt, Outcome, WouldSend
from kernel.guard import Verdict
from kernel.identity import plan_id
from kernel.side import Side
from workflows.case import Case, Judgement
from workflows.decision import Memory, Plan, tickets
from workflows.inbox import Answer
from workflows.resting import reducing

ZERO = Decimal(0)

_OUTCOMES = {
    "no_position": Outcome.ALREADY_FLAT,
    "rung_already_done": Outcome.ALREADY_DONE,
    "answered_before": Outcome.ALREADY_DONE,
    "quantity_below_minimum": Outcome.DUST_LEFT,
    "intent_too_old": Outcome.SKIPPED_STALE,
    "decision_predates_position": Outcome.SKIPPED_STALE,
    "action_hold": Outcome.SKIPPED,
}

_ANSWERS = {
    Answer.JOINED: Outcome.JOINED,
    Answer.SUPERSEDED: Outcome.SUPERSEDED,
    Answer.CROWDED: Outcome.SKIPPED,
    Answer.AMBIGUOUS: Outcome.BLOCKED,
}


def outcome_without_permit(case: Case, judgement: Judgement) -> Outcome:
    """What the guard's refusal means for a decision, given what was already done for it."""
    if judgement.permit.verdict is Verdict.BLOCK:
        return Outcome.BLOCKED
    outcome = _OUTCOMES.get(judgement.permit.decisive, Outcome.SKIPPED)
    if outcome is Outcome.ALREADY_DONE and case.memory.executed > ZERO:
        return Outcome.REDUCED
    if outcome is not Outcome.ALREADY_FLAT or case.memory.attempts == 0:
        return outcome
    memory = case.memory
    flat_by_us = memory.executed > ZERO and not judgement.snapshot.positions
    # Executed in full and yet a position: somebody reopened.
    return Outcome.CLOSED_FLAT if flat_by_us or memory.executed_everything else Outcome.CLOSED_ELSEWHERE


def outcome_when_giving_way(case: Case) -> Outcome:
    """A stronger decision takes over; a close that was executed in full is done all the same."""
    return Outcome.CLOSED_FLAT if case.memory.executed_everything else Outcome.SUPERSEDED


def draft(case: Case, judgement: Judgement, outcome: Outcome) -> CloseResult:
    """The result as far as it is known before the fills are read."""
    intent, memory, plan = case.intent, case.memory, judgement.plan
    info = workflow.info()
    position = plan.subject if plan else None
    generation = memory.generation or (plan.generation if plan else 0)
    side = position.side if position else _side_before(case)
    return CloseResult(
        outcome=outcome,
        reason_codes=judgement.permit.reasons,
        decisive=judgement.permit.decisive,
        plan_id=intent.plan_id or plan_id(case.policy.account, intent.symbol, generation, case.meaning.rung),
        entry_id=intent.entry_id,
        account=case.policy.account,
        symbol=intent.symbol,
        action=intent.action,
        position_side=side,
        order_side=OrderSide(Side(side.value).exit_order_side) if side else None,
        requested_quantity=_requested(plan, memory),
        target_quantity=plan.target if plan else None,
        position_before=memory.size_before,
        position_after=position.amount if position else ZERO,
        client_order_ids=tuple(memory.orders),
        entry_price=position.entry_price if position else memory.entry_price,
        r_net=judgement.evaluation.r_net,
        kill_score=judgement.evaluation.kill_score,
        looked=_looked(case, judgement) if outcome is Outcome.SUGGESTED else None,
        would_send=_would_send(case, judgement) if outcome is Outcome.SUGGESTED else None,
        attempts=memory.attempts,
        would_execute=judgement.permit.verdict is Verdict.ALLOW,
        error=judgement.permit.decisive if outcome is Outcome.BLOCKED else "",
        workflow_id=info.workflow_id,
        run_id=info.run_id,
        traceparent=intent.traceparent,
        producer_id=intent.producer_id,
        producer_reason=intent.reason,
        source=intent.source,
    )


def _looked(case: Case, judgement: Judgement) -> LookedAt | None:
    plan = judgement.plan
    if plan is None:
        return None
    return LookedAt(
        generation=plan.generation,
        rung=case.meaning.rung,
        mark_price=plan.subject.mark_price,
        at_ms=judgement.snapshot.exchange_time_ms,
    )


def _would_send(case: Case, judgement: Judgement) -> WouldSend | None:
    if judgement.plan is None:
        return None
    orders = tickets(case.meaning, judgement.plan, judgement.snapshot, case.policy)
    return WouldSend(
        quantity=sum((order.quantity for order in orders), ZERO),
        client_order_ids=tuple(order.client_order_id for order in orders),
    )


def _side_before(case: Case) -> PositionSide | None:
    """The side of the position this run began with, else the side that the intent names."""
    before = case.memory.size_before
    if before is None:
        return case.intent.side
    return PositionSide.SHORT if before < ZERO else PositionSide.LONG


def _requested(plan: Plan | None, memory: Memory) -> Decimal:
    """What the decision means to close in all."""
    if memory.total is not None:
        return memory.total
    if memory.size_before is not None:
        return abs(memory.size_before)
    return plan.left if plan else ZERO


def conclude_request(
    case: Case, judgement: Judgement, final: Outcome | None = None, *, hold_back: bool = False
) -> ConcludeRequest:
    """What steps 5 to 7 need. With ``final`` the decision ends so, whatever the position is."""
    result = draft(case, judgement, final or Outcome.NEEDS_HUMAN)
    plan, memory = judgement.plan, case.memory
    return ConcludeRequest(
        account=case.policy.account,
        symbol=case.intent.symbol,
        position_side=result.position_side or PositionSide.LONG,
        orders=tuple(memory.orders.values()),
        position_before=plan.subject.size if plan else ZERO,
        executed_before=memory.executed_before_attempt,
        must_execute=memory.total,
        smallest=plan.smallest if plan else ZERO,
        final_outcome=final,
        hold_back=hold_back,
        generation=judgement.snapshot.generation,
        resting=reducing(plan.subject, judgement.snapshot.exchange_time_ms) if plan else None,
        draft=result,
    )


def no_such_symbol(case: Case, why: str) -> CloseResult:
    """The answer to a decision about a symbol that the exchange does not have."""
    info, intent = workflow.info(), case.intent
    return CloseResult(
        outcome=Outcome.BLOCKED,
        reason_codes=("unknown_symbol", *case.meaning.normalised.reasons),
        decisive="unknown_symbol",
        error=why,
        plan_id=intent.plan_id or plan_id(case.policy.account, intent.symbol, 0, case.meaning.rung),
        entry_id=intent.entry_id,
        account=case.policy.account,
        symbol=intent.symbol,
        action=intent.action,
        workflow_id=info.workflow_id,
        run_id=info.run_id,
        traceparent=intent.traceparent,
        producer_id=intent.producer_id,
        producer_reason=intent.reason,
        source=intent.source,
    )


def answer_without_run(case: Case, intent: CloseIntent, answer: Answer, covering: CloseResult) -> CloseResult:
    """The answer to a decision that needs no run of its own."""
    return CloseResult(
        outcome=_ANSWERS[answer],
        reason_codes=(answer.value,),
        decisive=answer.value,
        plan_id=intent.plan_id or covering.plan_id,
        entry_id=intent.entry_id,
        account=case.policy.account,
        symbol=intent.symbol,
        action=intent.action,
        position_side=covering.position_side,
        position_after=covering.position_after,
        workflow_id=covering.workflow_id,
        run_id=covering.run_id,
        traceparent=intent.traceparent,
        producer_id=intent.producer_id,
        producer_reason=intent.reason,
        source=intent.source,
        joined=(covering.entry_id,),
    )
