"""How long reads that show nothing to close are a question and not an answer: they may lag (R52)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio import workflow

from contracts.snapshot import Snapshot
from workflows import policies
from workflows.case import Case
from workflows.reaction import wait_unless

MOST_LOOKS = 6
"""For a producer whose clock is ahead of the exchange's."""
_WHY = "is it really flat?"


async def another_look(case: Case, snapshot: Snapshot, looks: int, stronger_waits: Callable[[], bool]) -> bool:
    """Wait for the next look, after so many that showed nothing; False once that is believed, or something stronger is
    there to look for itself.

    Two looks tell, if the user stream would have told of an opening that they do not show. Else the last one has to be
    younger than the decision by as much as reads may lag: then it shows what the decision is about, if that is there.
    """
    if looks == 1:
        await workflow.sleep(policies.SECOND_LOOK, summary=_WHY)
        return True
    lag = may_be_behind(case, snapshot)
    missing = case.intent.decided_at + lag - datetime.fromtimestamp(snapshot.exchange_time_ms / 1000, UTC)
    if not lag or missing <= timedelta(0) or looks >= MOST_LOOKS:
        return False
    pause = min(missing, lag, policies.SECOND_LOOK * 3 ** (looks - 1))
    return not await wait_unless(pause, stronger_waits, _WHY)


def may_be_behind(case: Case, snapshot: Snapshot) -> timedelta:
    """How old what the reads show may be; zero where the user stream has told for so long that it would have told."""
    lag = case.policy.read_lag
    return lag if timedelta(milliseconds=snapshot.told_for_ms) < lag else timedelta(0)
