"""Orders and trades, complete: the exchange cuts every answer at 1000 rows and every span at seven days.

Which end of a span it cuts is documented nowhere. So a full answer is never continued; its span is halved instead,
which is complete whichever end was cut.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from contracts.errors import ExchangeUnavailable
from contracts.order import OrderState, Trade
from exchange.reads import Reads
from exchange.signed_client import SignedClient
from exchange.spans import LONGEST_MS, MARGIN_MS
from exchange.wire import order_state, row, rows, trade

_PAGE: Final = 1000

T = TypeVar("T")
Page = Callable[[int, int], Awaitable[tuple[T, ...]]]
"""Reads the rows between two instants, both included; at most a page of them."""
Crowded = Callable[[Sequence[T]], Awaitable[list[T]]]
"""Completes a page that is full within one millisecond."""


class History:
    """Paged reads of one account."""

    def __init__(self, client: SignedClient, reads: Reads) -> None:
        self._client = client
        self._reads = reads

    async def orders(self, symbol: str, start_ms: int, now_ms: int) -> tuple[OrderState, ...]:
        """All orders created since, oldest first."""

        async def page(start: int, end: int) -> tuple[OrderState, ...]:
            answer = await self._reads.ask(
                self._client.futures_get_all_orders(symbol=symbol, startTime=start, endTime=end, limit=_PAGE)
            )
            return rows(answer, "orders", order_state)

        found = await _spans(page, _too_many, start_ms, now_ms + MARGIN_MS)
        return tuple(sorted({order.order_id: order for order in found}.values(), key=lambda order: order.order_id))

    async def trades(self, symbol: str, start_ms: int | None, end_ms: int | None, now_ms: int) -> tuple[Trade, ...]:
        """All trades between the two instants (both included), oldest first.

        Without an end: up to now. Without a start: one read's worth, see :mod:`exchange.spans` for where it begins.
        """
        last = now_ms + MARGIN_MS if end_ms is None else end_ms
        first = last - LONGEST_MS if start_ms is None else start_ms

        async def page(start: int, end: int) -> tuple[Trade, ...]:
            answer = await self._reads.ask(
                self._client.futures_account_trades(symbol=symbol, startTime=start, endTime=end, limit=_PAGE)
            )
            return rows(answer, "trades", trade)

        async def crowded(fills: Sequence[Trade]) -> list[Trade]:
            return await self._trades_of_millisecond(fills, symbol)

        return _oldest_first(await _spans(page, crowded, first, last))

    async def trades_from(self, symbol: str, trade_id: int) -> tuple[Trade, ...]:
        """All trades from that id on, oldest first."""
        found: list[Trade] = []
        next_id = trade_id
        while True:
            answer = await self._reads.ask(
                self._client.futures_account_trades(symbol=symbol, fromId=next_id, limit=_PAGE)
            )
            page = rows(answer, "trades", trade)
            found += page
            if len(page) < _PAGE:
                return _oldest_first(found)
            next_id = max(fill.trade_id for fill in page) + 1

    async def trades_of_orders(self, symbol: str, order_ids: Sequence[int]) -> tuple[Trade, ...]:
        """All trades of those orders, by trade id."""
        groups = await asyncio.gather(*(self._trades_of(symbol, order_id) for order_id in dict.fromkeys(order_ids)))
        return _oldest_first([fill for group in groups for fill in group])

    async def _trades_of(self, symbol: str, order_id: int) -> tuple[Trade, ...]:
        answer = await self._reads.ask(
            self._client.futures_account_trades(symbol=symbol, orderId=order_id, limit=_PAGE)
        )
        found = rows(answer, "trades", trade)
        if len(found) >= _PAGE:
            found = await self._trades_of_large(symbol, order_id)
        return tuple(fill for fill in found if fill.order_id == order_id)

    async def _trades_of_large(self, symbol: str, order_id: int) -> tuple[Trade, ...]:
        """The exchange shows one page of an order and no more, so a larger one is read through its life span."""
        answer = await self._reads.ask(self._client.futures_get_order(symbol=symbol, orderId=order_id))
        found = order_state(row(answer, "an order"))
        if found.created_ms is None or found.updated_ms is None:
            raise ExchangeUnavailable(f"order {order_id} of {symbol} came without its times; its trades are too many")
        return await self.trades(symbol, found.created_ms - 1, found.updated_ms + 1, found.updated_ms)

    async def _trades_of_millisecond(self, page: Sequence[Trade], symbol: str) -> list[Trade]:
        """One large market order can fill a thousand times within one millisecond: go on by id."""
        instant, next_id = page[0].time_ms, max(fill.trade_id for fill in page) + 1
        return [*page, *(fill for fill in await self.trades_from(symbol, next_id) if fill.time_ms == instant)]


async def _spans(page: Page[T], crowded: Crowded[T], start_ms: int, end_ms: int) -> list[T]:
    found: list[T] = []
    while start_ms <= end_ms:
        last = min(start_ms + LONGEST_MS, end_ms)
        found += await _whole(page, crowded, start_ms, last)
        start_ms = last + 1
    return found


async def _whole(page: Page[T], crowded: Crowded[T], start_ms: int, end_ms: int) -> list[T]:
    found = await page(start_ms, end_ms)
    if len(found) < _PAGE:
        return list(found)
    if start_ms >= end_ms:
        return await crowded(found)
    middle = (start_ms + end_ms) // 2
    earlier = await _whole(page, crowded, start_ms, middle)
    return earlier + await _whole(page, crowded, middle + 1, end_ms)


async def _too_many(found: Sequence[OrderState]) -> list[OrderState]:
    raise ExchangeUnavailable(f"{len(found)} orders or more within one millisecond: they cannot be paged")


def _oldest_first(trades: Sequence[Trade]) -> tuple[Trade, ...]:
    return tuple(sorted({fill.trade_id: fill for fill in trades}.values(), key=lambda fill: fill.trade_id))
