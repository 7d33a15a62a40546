"""One function per step of a close: which activity, how long, how often."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.interfaces import Orders, Reads, Results
    from contracts.close import ConcludeRequest, Conclusion, LookFacts, LookRequest, PublishRequest
    from contracts.order import Reaction, SendReport, Ticket, Verdict
    from contracts.resting import CancelRequest
    from contracts.snapshot import Snapshot, SnapshotRequest
    from workflows import policies

S = TypeVar("S")
P = TypeVar("P")
T = TypeVar("T")
OUR_DEPENDENCY = "DependencyUnavailable"
"""Redis is away."""
UNKNOWN_SYMBOL = "UnknownSymbol"
"""The one read error that waiting does not cure."""
OnWait = Callable[[str, int], None]
"""Told what is being waited for and how often it was in vain."""


async def take_snapshot(request: SnapshotRequest, on_wait: OnWait) -> Snapshot:
    """Step 1."""
    return await _repeatable(Reads.take_snapshot, request, f"everything about {request.symbol}", on_wait)


async def place(ticket: Ticket) -> SendReport:
    """Step 4: send once. Whatever happens to the worker, the answer is a report; a lost one is UNKNOWN."""
    try:
        return await workflow.execute_activity_method(
            Orders.place_order,
            ticket,
            start_to_close_timeout=policies.PLACE_START_TO_CLOSE,
            heartbeat_timeout=policies.PLACE_HEARTBEAT,
            retry_policy=policies.SEND_ONCE,
            summary=f"{ticket.side} {ticket.quantity} {ticket.symbol}, reducing, as {ticket.client_order_id}",
        )
    except FailureError as lost:
        return _report_of_lost(_cause(lost))


def _report_of_lost(cause: FailureError) -> SendReport:
    """Only the activity's own word that it did not send is believed; a timeout or a dead worker proves nothing."""
    if isinstance(cause, ApplicationError) and cause.type == "NotSent":
        return SendReport(verdict=Verdict.REFUSED, reaction=Reaction.HUMAN, message=cause.message)
    return SendReport(verdict=Verdict.UNKNOWN, message=cause.message)


async def look(request: LookRequest, on_wait: OnWait) -> LookFacts:
    """One look of the settle step."""
    return await _repeatable(Reads.look_for_order, request, f"did {request.ticket.client_order_id} execute?", on_wait)


async def confirm_verify_publish(request: ConcludeRequest, on_wait: OnWait) -> Conclusion:
    """Steps 5, 6 and 7."""
    return await _repeatable(
        Results.confirm_verify_publish, request, f"fills and position of {request.symbol}", on_wait
    )


async def account_for_fills(request: ConcludeRequest, on_wait: OnWait) -> Conclusion:
    """Steps 5 to 7 of a decision that ends in any case: reads that lag are waited for, but not for ever."""
    conclusion = await confirm_verify_publish(request, on_wait)
    for _ in range(policies.LAGGING_LIMIT):
        if conclusion.standing != "lagging":
            break
        await workflow.sleep(policies.LAGGING_PAUSE, summary=conclusion.problem)
        conclusion = await confirm_verify_publish(request, on_wait)
    return conclusion


async def publish(request: PublishRequest, on_wait: OnWait) -> int:
    """Step 7 for decisions that end without an order."""
    outcomes = ", ".join(result.outcome for result in request.results)
    return await _repeatable(Results.publish, request, outcomes, on_wait)


async def cancel_resting(request: CancelRequest, on_wait: OnWait) -> int:
    """Cancel what stands in the way of a close, or outlived its position."""
    count = "all" if request.find else len(request.order_ids) + len(request.algo_ids)
    return await _repeatable(Orders.cancel_resting, request, f"{count} resting orders of {request.symbol}", on_wait)


async def _repeatable(method: Callable[[S, P], Awaitable[T]], request: P, summary: str, on_wait: OnWait) -> T:
    """A step that may run any number of times: a local activity, repeated until it succeeds."""
    return await patiently(
        lambda: workflow.execute_local_activity_method(
            method,
            request,
            start_to_close_timeout=policies.READ_TIMEOUT,
            retry_policy=policies.READ_QUICKLY,
            summary=summary,
        ),
        on_wait,
    )


async def patiently(step: Callable[[], Awaitable[T]], on_wait: OnWait) -> T:
    """Run a repeatable step until it succeeds, with durable timers in between.

    Waiting in a timer instead of inside the activity keeps the workflow visible, queryable and cheap while an exchange
    or Redis is away, however long that is.
    """
    waits = 0
    while True:
        try:
            return await step()
        except FailureError as failed:
            cause = _cause(failed)
            if is_cancelled_exception(failed) or (isinstance(cause, ApplicationError) and cause.type == UNKNOWN_SYMBOL):
                raise
            waits += 1
            on_wait(cause.message, waits)
            await workflow.sleep(_pause(cause, waits), summary=cause.message[:190])


def _cause(failed: FailureError) -> FailureError:
    """A failed activity's own error: local activities raise it bare, regular ones wrapped."""
    return failed.cause if isinstance(failed, ActivityError) and isinstance(failed.cause, FailureError) else failed


def _pause(cause: FailureError, waits: int) -> timedelta:
    """What the exchange asked for (Retry-After), else doubling."""
    if isinstance(cause, ApplicationError) and cause.type == "ExchangeThrottled" and cause.details:
        return timedelta(milliseconds=int(cause.details[0]))
    ours = isinstance(cause, ApplicationError) and cause.type == OUR_DEPENDENCY
    return doubling(policies.PATIENCE_FIRST, policies.PATIENCE_OURS if ours else policies.PATIENCE_MOST, waits)


def doubling(first: timedelta, most: timedelta, times: int) -> timedelta:
    """The n-th of a doubling series, capped."""
    factor: int = 2 ** min(times - 1, 16)
    return min(most, first * factor)
