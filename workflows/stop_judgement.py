"""What a decision about the stop comes to, given what the exchange shows. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.mode import Mode
from contracts.order import Reaction
from contracts.result import Outcome
from contracts.stop import GuardedPosition, StopReport, StopsView
from kernel.errors import KernelError
from kernel.guard import OPENED_AFTER_TOLERANCE_SECONDS
from kernel.stop_order import StopMove, judge_move, round_stop
from workflows.stop_case import pieces, resting, side_of

_WOULD_TRIGGER: Final = frozenset({-2021, -4142})
_NO_ROOM: Final = frozenset({-2025, -4045})


@dataclass(frozen=True, slots=True)
class StopJudgement:
    """How a decision ends; without an outcome it is to be carried out."""

    outcome: Outcome | None
    reason: str
    held: GuardedPosition | None = None
    level: Decimal | None = None
    error: str = ""


_MOVES: Final[dict[StopMove, Outcome | None]] = {
    StopMove.TIGHTER: None,
    StopMove.IN_FORCE: Outcome.ALREADY_DONE,
    StopMove.LOOSER: Outcome.BLOCKED,
    StopMove.BEYOND: Outcome.SUPERSEDED,
    StopMove.IMPLAUSIBLE: Outcome.BLOCKED,
}


def judge_stop(intent: CloseIntent, policy: ClosePolicy, view: StopsView, now: datetime) -> StopJudgement:
    """Compare a decision with position, price and resting stops."""
    if refused := _refused(intent, policy, view, now):
        return refused
    fitting = [held for held in view.positions if intent.side in (None, held.position.side)]
    if not fitting:
        if view.positions:
            return StopJudgement(Outcome.SKIPPED, "other_side_open")
        return StopJudgement(Outcome.ALREADY_FLAT, "no_position")
    held = fitting[0]
    if _opened_after(intent, held):
        return StopJudgement(Outcome.SKIPPED_STALE, "decision_predates_position", held)
    try:
        return _judged(intent, policy, view, held)
    except KernelError as odd:
        return StopJudgement(Outcome.BLOCKED, "cannot_be_sized", held, error=str(odd))


def _refused(intent: CloseIntent, policy: ClosePolicy, view: StopsView, now: datetime) -> StopJudgement | None:
    """What is wrong with the decision whatever the position is; as the guard of a close says it."""
    if view.frozen:
        return StopJudgement(Outcome.BLOCKED, "human_freeze")
    if intent.account not in (None, policy.account):
        return StopJudgement(Outcome.BLOCKED, "wrong_account")
    if not intent.admitted_by(policy.exit_owners):
        return StopJudgement(Outcome.BLOCKED, "not_exit_owner")
    if intent.side is None and len(view.positions) > 1:
        return StopJudgement(Outcome.BLOCKED, "position_side_ambiguous")
    if view.answered:
        return StopJudgement(Outcome.ALREADY_DONE, "answered_before")
    if (intent.accepted_at or now) - intent.decided_at > policy.max_intent_age:
        return StopJudgement(Outcome.SKIPPED_STALE, "intent_too_old")
    return None


def _judged(intent: CloseIntent, policy: ClosePolicy, view: StopsView, held: GuardedPosition) -> StopJudgement:
    position, side = held.position, side_of(held)
    level = round_stop(side, intent.new_stop or Decimal(0), view.rules.tick)
    move = judge_move(side, position.size, position.mark_price, level, resting(held, view))
    outcome = _MOVES[move]
    if outcome is None and not pieces(held, view):
        return StopJudgement(Outcome.DUST_LEFT, "quantity_below_minimum", held, level)
    if (view.shadow or policy.mode is Mode.SHADOW) and outcome in (None, Outcome.SUPERSEDED):
        outcome = Outcome.SUGGESTED
    return StopJudgement(outcome, move.value, held, level)


def _opened_after(intent: CloseIntent, held: GuardedPosition) -> bool:
    """Whether the decision was about the position before this one."""
    decided_ms = int(intent.decided_at.timestamp() * 1000)
    return held.generation.opened_at_ms - decided_ms > OPENED_AFTER_TOLERANCE_SECONDS * 1000


def judge_refusal(report: StopReport) -> StopJudgement | None:
    """What a stop that does not rest means for good; None if it is worth another try after a fresh read.

    The exchange not taking the new one leaves the old one where it is, so nothing is ever naked for it.
    """
    said = report.message or (f"it is {report.stop.status}" if report.stop else "")
    if report.code in _WOULD_TRIGGER:
        return StopJudgement(Outcome.SUPERSEDED, StopMove.BEYOND.value, error=said)
    if report.code in _NO_ROOM:
        return StopJudgement(Outcome.BLOCKED, "no_room_for_stop", error=said)
    if report.reaction is Reaction.CANCEL_CONFLICTING:
        return StopJudgement(Outcome.BLOCKED, "other_stop_in_the_way", error=said)
    if report.reaction in (Reaction.HUMAN, Reaction.BUG):
        return StopJudgement(Outcome.BLOCKED, "stop_refused", error=said)
    return None
