"""Step 3: may this be sent? The facts for the kernel's guard, gathered in one place."""

from datetime import datetime
from decimal import Decimal

from contracts.intent import CloseIntent
from contracts.snapshot import Snapshot
from kernel.errors import KernelError
from kernel.guard import GuardFacts, Permit, Verdict, guard
from kernel.precedence import Strength
from kernel.side import Side
from workflows.case import Case
from workflows.decision import Plan, plan
from workflows.evaluation import Evaluation

ZERO = Decimal(0)
NEVER = Decimal("Infinity")


def permission(case: Case, snapshot: Snapshot, evaluation: Evaluation, plan: Plan | None, now: datetime) -> Permit:
    """Ask the guard. What the evaluation found or missed is reported, and weighs nothing (R27, R28)."""
    intent, policy, said = case.intent, case.policy, case.meaning.normalised
    facts = GuardFacts(
        kind=said.kind,
        action_reasons=said.reasons,
        account=intent.account or policy.account,
        configured_account=policy.account,
        source_admitted=intent.admitted_by(policy.exit_owners),
        emergency=case.meaning.standing.strength is Strength.EMERGENCY,
        position_size=plan.subject.size if plan else ZERO,
        side_ambiguous=snapshot.subject is None and intent.side is None and len(snapshot.positions) > 1,
        side_named=case.memory.side or case.meaning.standing.side,
        position_side=_side_of_position(snapshot),
        intent_age_seconds=_seconds((intent.accepted_at or now).timestamp()) - _seconds(intent.decided_at.timestamp()),
        max_intent_age_seconds=_age_limit(case, evaluation),
        already_begun=case.memory.attempts > 0,
        opened_after_decision_seconds=_opened_after(intent, snapshot),
        answered=snapshot.hints.answered,
        frozen=snapshot.hints.frozen_by is not None,
        rung_done=plan.rung_done if plan else False,
        quantity_sendable=bool(plan and plan.sizing.quantities),
        advisories=_advisories(case, evaluation),
    )
    return guard(facts, sum(plan.sizing.quantities, ZERO) if plan else ZERO)


def plan_or_reason(case: Case, snapshot: Snapshot) -> tuple[Plan | None, Permit | None]:
    """The plan, or why there can be none: numbers that sizing refuses end in a loud answer, not in a stuck task."""
    try:
        return plan(case.meaning, snapshot, case.memory, case.policy), None
    except KernelError as refused:
        reasons = ("cannot_be_sized", *case.meaning.normalised.reasons, f"advisory:{refused}".replace(",", ";"))
        return None, Permit(Verdict.BLOCK, reasons, "cannot_be_sized", ZERO)


def _side_of_position(snapshot: Snapshot) -> Side | None:
    """Of the subject, else of the only open position."""
    if snapshot.subject:
        return Side(snapshot.subject.side.value)
    return Side(snapshot.positions[0].side.value) if len(snapshot.positions) == 1 else None


def _age_limit(case: Case, evaluation: Evaluation) -> Decimal:
    """A stale decision of a position that is still open goes on if today's facts agree with it."""
    if case.intent.stale and evaluation.agrees_with_closing():
        return NEVER
    return _seconds(case.policy.max_intent_age.total_seconds())


def _opened_after(intent: CloseIntent, snapshot: Snapshot) -> Decimal:
    """Seconds from the decision to the opening of the position; positive if the position is the younger one."""
    if snapshot.generation is None:
        return ZERO
    return Decimal(snapshot.generation.opened_at_ms) / 1000 - _seconds(intent.decided_at.timestamp())


def _advisories(case: Case, evaluation: Evaluation) -> tuple[str, ...]:
    score = evaluation.kill_score
    stranger = () if case.intent.admitted_by(case.policy.exit_owners) else ("source_is_no_exit_owner",)
    return evaluation.notes + ((f"kill_score={score:.4f}",) if score is not None else ()) + stranger


def _seconds(value: float) -> Decimal:
    """Clock readings come as float; text keeps what a reader would see."""
    return Decimal(f"{value:.3f}")
