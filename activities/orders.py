"""Changing something at the exchange: the one step with consequences, and the cancelling of what stands in its way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import as_application_errors
from activities.held_back import count_held_back
from activities.interfaces import Orders
from activities.marks import SentMarks
from activities.resting import found
from activities.sending import send
from contracts.errors import AccountOwned
from contracts.mode import Mode
from contracts.order import Reaction, SendReport, Ticket, Verdict
from contracts.resting import CancelRequest
from exchange.order_form import UnsafeTicket
from exchange.port import ExchangePort, FillFeed

FIRST_BEAT_SECONDS = 0.4
BEAT_SECONDS = 0.5


class ExchangeOrders(Orders):
    """Orders over the exchange port."""

    def __init__(self, exchange: ExchangePort, mode: Mode, marks: SentMarks, feed: FillFeed | None = None) -> None:
        self._exchange = exchange
        self._mode = mode
        self._marks = marks
        self._feed = feed

    @activity.defn(name="place_order")
    async def place_order(self, ticket: Ticket) -> SendReport:
        """See :class:`activities.interfaces.Orders`. Raises ``NotSent`` only where nothing left this process."""
        if self._mode is not Mode.LIVE:
            raise ApplicationError("this worker runs in shadow mode and sends nothing", type="NotSent")
        if activity.info().attempt > 1:
            return SendReport(verdict=Verdict.UNKNOWN, message="an order activity was repeated; it is settled instead")
        if self._exchange.now_ms() > ticket.timestamp_ms + ticket.recv_window_ms:
            message = "the ticket expired before it was sent"
            return SendReport(verdict=Verdict.REFUSED, reaction=Reaction.NEW_ATTEMPT, message=message)
        try:
            earlier_ms = await self._marks.earlier(ticket)
        except AccountOwned as owned:
            return SendReport(verdict=Verdict.REFUSED, reaction=Reaction.HUMAN, message=str(owned))
        if earlier_ms is not None:
            message = "this order was sent before; it is settled instead"
            signed_ms = earlier_ms if earlier_ms > 0 else None
            return SendReport(verdict=Verdict.UNKNOWN, message=message, signed_ms=signed_ms)
        try:
            async with beating():
                report = await send(self._exchange, self._feed, ticket)
        except UnsafeTicket as unsafe:  # before sending; another error may come of an answer, which proves nothing
            raise ApplicationError(str(unsafe), type="NotSent") from unsafe
        if report.verdict is Verdict.REFUSED:
            await self._marks.forget(ticket)
        if report.reaction is Reaction.BACK_OFF:
            count_held_back("order")
        return report

    @activity.defn(name="cancel_resting")
    async def cancel_resting(self, request: CancelRequest) -> int:
        """See :class:`activities.interfaces.Orders`."""
        with as_application_errors():
            if request.find:
                request = await found(self._exchange, request.find)
            gone = await asyncio.gather(
                *(self._exchange.cancel_order(request.symbol, order_id) for order_id in request.order_ids),
                *(self._exchange.cancel_algo_order(request.symbol, algo_id) for algo_id in request.algo_ids),
            )
        return sum(gone)


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Heartbeats while the exchange is slow, so that a dead worker is told from a waiting one. None if it is quick."""
    beats = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beats.cancel()
        with suppress(asyncio.CancelledError):
            await beats


async def _beat() -> None:
    await asyncio.sleep(FIRST_BEAT_SECONDS)
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT_SECONDS)
