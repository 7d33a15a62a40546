"""Until when decisions were about the position that a run has dealt with, and share its result."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contracts.close import Conclusion
from contracts.order import PositionSide
from contracts.result import MOVED_BY_OTHERS, CloseResult
from contracts.snapshot import Snapshot
from workflows import policies, steps
from workflows.case import Case, Judgement
from workflows.inbox import Inbox
from workflows.nothing_there import may_be_behind
from workflows.steps import OnWait


@dataclass(frozen=True)
class DealtWith:
    """By the time of decisions."""

    until: datetime | None = None
    """None: with nothing; each decision is looked at by itself."""
    perhaps_until: datetime | None = None
    """Nothing is known against it, but only another look can tell."""


def without_order(case: Case, judgement: Judgement, looked_at: datetime, ordered_at: datetime | None) -> DealtWith:
    """Whether a repeat of a decision that led to no order, or to no further one, would find nothing to do either.

    A refusal for the intent's own sake (its age, its account, its wording) says nothing about the next intent.
    """
    permit, gone = judgement.permit, judgement.snapshot.subject is None
    if ordered_at and _replaced_what_we_closed(case, judgement) and workflow.patched("decided-before-the-order"):
        return DealtWith(ordered_at)
    if permit.decisive == "no_position":
        dealt_with = gone and "other_side_open" not in permit.reasons
    else:
        dealt_with = permit.decisive == "rung_already_done"
    return DealtWith(looked_at - may_be_behind(case, judgement.snapshot) if dealt_with else None)


def _replaced_what_we_closed(case: Case, judgement: Judgement) -> bool:
    """All that the run began with was closed by us, and what is open was opened since: nobody decided about that one
    before our orders were made (R65)."""
    opened = judgement.snapshot.generation
    return case.memory.executed_everything and opened is not None and case.memory.is_another(opened)


def after_orders(conclusion: Conclusion, begun: datetime, looked_at: datetime) -> DealtWith:
    """Until the snapshot that the last order was made from, for it showed the position.

    Perhaps until the read that shows the position where we left it: that one may lag behind a position that was opened
    since (R52). If others moved the position meanwhile, a repeat may be about what they made of it.
    """
    if MOVED_BY_OTHERS in conclusion.result.reason_codes:
        return DealtWith()
    return DealtWith(begun, perhaps_until=looked_at)


async def confirmed(dealt_with: DealtWith, case: Case, inbox: Inbox, result: CloseResult, on_wait: OnWait) -> DealtWith:
    """If decisions wait that were made later: until now, if two looks show that nobody has opened another position.

    The snapshot compares position and trades, so a lag of one of them is seen; the reads after an order do not.
    """
    if dealt_with.perhaps_until is None or not inbox.decided_after(dealt_with.until):
        return dealt_with
    if not workflow.patched("decided-later"):
        return DealtWith(dealt_with.perhaps_until)
    looked_at = workflow.now()
    try:
        for pause in (timedelta(0), policies.SECOND_LOOK):
            if pause:
                await workflow.sleep(pause, summary="is it really so?")
            snapshot = await steps.take_snapshot(case.snapshot_request(refresh=False), on_wait)
            if may_be_behind(case, snapshot) or not _still_as_left(snapshot, result, case.memory.generation):
                return dealt_with
    except ApplicationError:  # the symbol is gone since: each of them is told so in a run of its own
        return dealt_with
    return DealtWith(looked_at)


def _still_as_left(snapshot: Snapshot, result: CloseResult, generation: int | None) -> bool:
    """Whether the position is as the result says, and the same one."""
    mine = next((each for each in snapshot.positions if each.side is result.position_side), None)
    if mine is None:
        turned = any(each.position_side is PositionSide.BOTH for each in snapshot.positions)
        return not result.position_after and not turned
    same = snapshot.generation is not None and snapshot.generation.opening_trade_id == generation
    return same and snapshot.subject == mine and mine.amount == result.position_after
