"""How long reads that show nothing to close are a question and not an answer: they may lag (R52)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

from contracts.intent import CloseIntent
from contracts.snapshot import Snapshot
from workflows import policies
from workflows.case import Case
from workflows.inbox import OLDER_THAN_POSITION
from workflows.reaction import wait_unless

_WHY = "is it really flat?"


async def another_look(
    case: Case, snapshot: Snapshot, looked_at: datetime, looks: int, set_aside: Callable[[], bool]
) -> bool:
    """Wait for the next look, after so many that showed nothing; False once that is believed.

    Two looks tell, if the user stream would have told of an opening that they do not show. Else the last one has to be
    younger than the decision by as much as reads may lag: then it shows what the decision is about, if that is there.

    Args:
        looked_at: before the latest look.
        set_aside: whether another decision is not to wait for that.
    """
    if looks == 1:
        await workflow.sleep(policies.SECOND_LOOK, summary=_WHY)
        return True
    lag = may_be_behind(case, snapshot)
    missing = _decided_by(case.intent) + lag - looked_at
    if not lag or missing <= timedelta(0):
        return False
    await wait_unless(min(missing, policies.SECOND_LOOK * 3 ** (looks - 1)), set_aside, _WHY)
    return True


def _decided_by(intent: CloseIntent) -> datetime:
    """The latest moment, by our clock, that the decision can have been made at. Its producer's clock may be behind."""
    said = intent.decided_at + OLDER_THAN_POSITION
    return min(intent.accepted_at, said) if intent.accepted_at else said


def may_be_behind(case: Case, snapshot: Snapshot) -> timedelta:
    """How old what the reads show may be; zero where the user stream has told for so long that it would have told."""
    lag = case.policy.read_lag
    return lag if timedelta(milliseconds=snapshot.told_for_ms) < lag else timedelta(0)
