"""One function per step of moving a stop: which activity, how long, how often."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.interfaces import Closes, Stops
    from contracts.flatten import HandOver
    from contracts.order import Reaction, Verdict
    from contracts.stop import StopLook, StopReport, StopsRequest, StopsView, StopTicket
    from kernel.settle import Look, Settlement, settle
    from workflows import policies
    from workflows.steps import OnWait, patiently

HAND_OVER_TIMEOUT: Final = timedelta(seconds=10)
UNTIL_TAKEN: Final = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=15))
"""A close that is due is handed over however long that takes."""
_LEAST_WAIT: Final = timedelta(milliseconds=50)


async def read(request: StopsRequest, on_wait: OnWait) -> StopsView:
    """Position and resting stops, however long that takes."""
    return await patiently(lambda: glance(request), on_wait)


async def glance(request: StopsRequest) -> StopsView:
    """The same, once. Raises what the activity failed with."""
    return await workflow.execute_local_activity_method(
        Stops.read_stops,
        request,
        start_to_close_timeout=policies.READ_TIMEOUT,
        retry_policy=policies.READ_QUICKLY,
        summary=f"position and stops of {request.symbol}",
    )


async def place(ticket: StopTicket) -> StopReport:
    """Send once. Whatever happens to the worker, the answer is a report; a lost one is UNKNOWN."""
    try:
        return await workflow.execute_activity_method(
            Stops.place_stop,
            ticket,
            start_to_close_timeout=policies.PLACE_START_TO_CLOSE,
            heartbeat_timeout=policies.PLACE_HEARTBEAT,
            retry_policy=policies.SEND_ONCE,
            summary=f"stop {ticket.side} {ticket.quantity} at {ticket.trigger_price}, as {ticket.client_algo_id}",
        )
    except FailureError as lost:
        if is_cancelled_exception(lost):
            raise
        return _report_of_lost(lost.cause if isinstance(lost, ActivityError) and lost.cause else lost)


def _report_of_lost(cause: BaseException) -> StopReport:
    """Only the activity's own word that it did not send is believed."""
    if isinstance(cause, ApplicationError) and cause.type == "NotSent":
        return StopReport(verdict=Verdict.REFUSED, reaction=Reaction.HUMAN, message=cause.message)
    return StopReport(verdict=Verdict.UNKNOWN, message=str(cause))


async def find(ticket: StopTicket, on_wait: OnWait) -> StopReport:
    """What the exchange shows of a stop that was sent, or that it never came to be.

    An answer is not believed without this look either: the old stop is cancelled on the strength of it.
    """
    looks: list[Look] = []
    while True:
        seen = await patiently(lambda: _look(ticket), on_wait)
        if seen.stop is not None:
            return StopReport(verdict=Verdict.ACCEPTED, stop=seen.stop)
        looks.append(Look(seen.exchange_time_ms, order_found=False, unexplained_trades=False, position_size=Decimal(0)))
        step = settle(ticket.timestamp_ms, ticket.recv_window_ms, Decimal(0), looks)
        if step.settlement is Settlement.NEVER_EXECUTED:
            return StopReport(verdict=Verdict.REFUSED, reaction=Reaction.NEW_ATTEMPT, message="it never came to rest")
        on_wait(f"{ticket.client_algo_id}: {step.reason}", len(looks))
        await workflow.sleep(max(_LEAST_WAIT, timedelta(milliseconds=step.wait_ms)), summary=step.reason)


async def _look(ticket: StopTicket) -> StopLook:
    return await workflow.execute_local_activity_method(
        Stops.look_for_stop,
        ticket,
        start_to_close_timeout=policies.READ_TIMEOUT,
        retry_policy=policies.READ_QUICKLY,
        summary=f"does {ticket.client_algo_id} rest?",
    )


async def hand_over(request: HandOver) -> None:
    """Give a close to the symbol's close workflow."""
    await workflow.execute_activity_method(
        Closes.hand_over,
        request,
        start_to_close_timeout=HAND_OVER_TIMEOUT,
        retry_policy=UNTIL_TAKEN,
        summary=request.intent.reason[:190],
    )
