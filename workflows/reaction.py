"""Between attempts: what the exchange's answer asks for before the next one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from temporalio import workflow

from contracts.order import Reaction, SendReport
from workflows import policies, steps
from workflows.case import Case

ZERO = Decimal(0)


@dataclass(frozen=True)
class NextStep:
    """What to do before the next attempt."""

    refresh: bool
    """Read the symbol's rules and the position mode anew."""
    cancel_resting: bool
    """Resting reducing orders stand in the way."""
    human: str
    """Why a human is needed; empty if not."""
    pause: timedelta
    times: int
    """How often in a row the answer was this one."""


def next_step(last: SendReport, case: Case) -> NextStep:
    """Count the last answer; decide from it, how often in a row it was the same, and how many attempts there were."""
    memory, reaction = case.memory, last.reaction
    times = memory.count_reaction(reaction)
    return NextStep(
        refresh=reaction in (Reaction.RESIZE, Reaction.RECONFIGURE),
        cancel_resting=reaction is Reaction.CANCEL_CONFLICTING or (reaction is Reaction.REREAD and times > 1),
        human=_human(last, memory.attempts, case.policy.human_after_attempts),
        pause=_pause(last, times, memory.executed_in_attempt),
        times=times,
    )


def _human(last: SendReport, attempt: int, human_after: int) -> str:
    if last.reaction in (Reaction.HUMAN, Reaction.BUG):
        return last.message or str(last.reaction)
    return f"not at the target after {attempt} attempts" if attempt >= human_after else ""


def _pause(last: SendReport, times: int, executed: Decimal) -> timedelta:
    """None after progress or a proof of non-execution; otherwise doubling, or what the exchange asks for."""
    at_once = executed > ZERO or (last.reaction in (Reaction.NEW_ATTEMPT, Reaction.RESYNC_CLOCK) and times == 1)
    wanted = (
        timedelta(0) if at_once else steps.doubling(policies.ATTEMPT_PAUSE_FIRST, policies.ATTEMPT_PAUSE_MOST, times)
    )
    return max(wanted, timedelta(milliseconds=last.retry_after_ms))


async def wait_unless(pause: timedelta, interrupted: Callable[[], bool], why: str) -> bool:
    """A durable timer that something stronger may cut short; whether it did."""
    if pause > timedelta(0):
        try:
            await workflow.wait_condition(interrupted, timeout=pause, timeout_summary=why[:190])
        except TimeoutError:
            return False
    return interrupted()
