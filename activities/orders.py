"""Changing something at the exchange: the one step with consequences, and the cancelling of what stands in its way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import as_application_errors
from activities.interfaces import Orders
from contracts.close import UnblockRequest
from contracts.mode import Mode
from contracts.order import AlgoOrder, OrderSide, OrderState, PositionSide, Reaction, SendReport, Ticket, Verdict
from exchange.port import ExchangePort

FIRST_BEAT_SECONDS = 0.4
BEAT_SECONDS = 0.5


class ExchangeOrders(Orders):
    """Orders over the exchange port."""

    def __init__(self, exchange: ExchangePort, mode: Mode) -> None:
        self._exchange = exchange
        self._mode = mode

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
        async with _beating():
            return await self._exchange.place(ticket)

    @activity.defn(name="cancel_resting")
    async def cancel_resting(self, request: UnblockRequest) -> int:
        """See :class:`activities.interfaces.Orders`."""
        with as_application_errors():
            orders, algo_orders = await asyncio.gather(
                self._exchange.open_orders(request.symbol), self._exchange.open_algo_orders(request.symbol)
            )
            gone = await asyncio.gather(
                *(self._exchange.cancel_order(request.symbol, o.order_id) for o in orders if _reduces(o, request)),
                *(
                    self._exchange.cancel_algo_order(request.symbol, o.algo_id)
                    for o in algo_orders
                    if _reduces(o, request)
                ),
            )
        return sum(gone)


def _reduces(order: OrderState | AlgoOrder, request: UnblockRequest) -> bool:
    """Whether an order can only make the position of that side smaller. Entries are none of our business."""
    exit_side = OrderSide.SELL if request.position_side is PositionSide.LONG else OrderSide.BUY
    if order.side is not exit_side:
        return False
    if request.hedge_mode:
        return order.position_side is request.position_side
    return order.reduce_only or order.close_position


@asynccontextmanager
async def _beating() -> AsyncIterator[None]:
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
