"""One look for an order whose answer was lost. Reads only."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from contracts.close import LookFacts, LookRequest
from contracts.order import OrderState, Ticket, Trade
from contracts.snapshot import Position
from exchange.port import ExchangePort

CLOCK_MARGIN_MS = 1000
"""An order cannot be older than the request that asked for it, give or take the clocks."""


class OrderLook:
    """Asks for the order by its id, and for trades and position in case the id is not visible yet."""

    def __init__(self, exchange: ExchangePort) -> None:
        self._exchange = exchange

    async def look(self, request: LookRequest) -> LookFacts:
        """Raises :class:`contracts.errors.ExchangeError` if any of the reads did not succeed."""
        ticket = request.ticket
        order, trades, positions = await asyncio.gather(
            self._exchange.order_by_client_id(ticket.symbol, ticket.client_order_id),
            self._new_trades(request),
            self._exchange.positions(ticket.symbol),
        )
        found = order if order is not None and _is_of(order, ticket) else None
        unknown = [trade for trade in trades if _may_be_of(trade, ticket, request.known_order_ids)]
        strangers = await self._orders_of(ticket.symbol, unknown)
        mine = next((known for known in strangers.values() if _is_of(known, ticket)), None)
        explained = [trade for trade in unknown if trade.order_id in strangers and mine is None]
        return LookFacts(
            exchange_time_ms=await self._exchange.exchange_time_ms(),
            order=found or mine,
            unexplained_trades=tuple(trade.trade_id for trade in unknown if trade.order_id not in strangers),
            foreign_quantity=sum((trade.signed_quantity for trade in explained), Decimal(0)),
            position_amount=_amount(positions, ticket),
        )

    async def _new_trades(self, request: LookRequest) -> tuple[Trade, ...]:
        """What happened since the snapshot that the ticket was made from."""
        ticket = request.ticket
        if request.after_ms is not None:
            return await self._exchange.recent_trades(ticket.symbol, start_ms=request.after_ms + 1)
        if request.after_trade_id:
            return await self._exchange.trades_from(ticket.symbol, request.after_trade_id + 1)
        return await self._exchange.recent_trades(ticket.symbol, start_ms=ticket.timestamp_ms)

    async def _orders_of(self, symbol: str, trades: Sequence[Trade]) -> dict[int, OrderState]:
        """The orders behind trades that we did not expect."""
        ids = sorted({trade.order_id for trade in trades})
        found = await asyncio.gather(*(self._exchange.order_by_id(symbol, order_id) for order_id in ids))
        return {order.order_id: order for order in found if order is not None}


def _is_of(order: OrderState, ticket: Ticket) -> bool:
    """An id may be used again once its order is final: an older order of that name, or one that is not what the ticket
    asks for, is not this one, whichever of them the exchange shows."""
    asked = (order.client_order_id, order.side, order.original_quantity)
    if asked != (ticket.client_order_id, ticket.side, ticket.quantity):
        return False
    return order.created_ms is None or order.created_ms >= ticket.timestamp_ms - CLOCK_MARGIN_MS


def _may_be_of(trade: Trade, ticket: Ticket, known: Sequence[int]) -> bool:
    return trade.position_side is ticket.position_side and trade.order_id not in known


def _amount(positions: Sequence[Position], ticket: Ticket) -> Decimal:
    return sum(
        (position.amount for position in positions if position.position_side is ticket.position_side), Decimal(0)
    )
