"""Step 1: one read of everything that a decision needs, in as few round trips as it takes."""

import asyncio
from collections.abc import Sequence

from activities.generation import HOT_READS, GenerationFinder, pause_for_hot_reads, reads_agree
from activities.hints import RedisHints, RedisRecords
from contracts.order import OrderState, PositionSide, Trade
from contracts.snapshot import GenerationFacts, Position, Snapshot, SnapshotRequest
from exchange.port import ExchangePort
from kernel.identity import client_order_id, parse_client_order_id

MOST_LOOKUPS = 8
"""Reducing orders asked for one by one; for more, one listing is cheaper."""


class SnapshotReader:
    """Reads the exchange and the hints together."""

    def __init__(self, exchange: ExchangePort, hints: RedisHints, records: RedisRecords) -> None:
        self._exchange = exchange
        self._hints = hints
        self._records = records
        self._generations = GenerationFinder(exchange)

    async def take(self, request: SnapshotRequest) -> Snapshot:
        """Raises :class:`contracts.errors.ExchangeError` if a read that the decision needs did not succeed."""
        hedge = await self._exchange.hedge_mode(refresh=request.refresh)
        rules = await self._exchange.symbol_rules(request.symbol, refresh=request.refresh)
        (positions, trades), open_orders, algo_orders, hints = await asyncio.gather(
            self._positions_and_trades(request),
            self._exchange.open_orders(request.symbol),
            self._exchange.open_algo_orders(request.symbol),
            self._hints.read(request.symbol),
        )
        subject = choose_subject(positions, request.side)
        generation, own = await self._history(request, subject, trades)
        return Snapshot(
            exchange_time_ms=self._exchange.now_ms(),
            hedge_mode=hedge,
            positions=positions,
            subject=subject,
            generation=generation,
            last_trade_id=max((trade.trade_id for trade in trades), default=0),
            own_orders=own,
            open_orders=open_orders,
            algo_orders=algo_orders,
            rules=rules,
            hints=hints,
        )

    async def _positions_and_trades(self, request: SnapshotRequest) -> tuple[tuple[Position, ...], tuple[Trade, ...]]:
        """Both at one moment: read again while the position is changing under our hands."""
        positions, trades = await self._read_both(request.symbol)
        for _ in range(HOT_READS):
            now = self._exchange.now_ms()
            if all(reads_agree(position, trades, now) for position in positions):
                break
            await pause_for_hot_reads()
            positions, trades = await self._read_both(request.symbol)
        return positions, trades

    async def _read_both(self, symbol: str) -> tuple[tuple[Position, ...], tuple[Trade, ...]]:
        positions, trades = await asyncio.gather(self._exchange.positions(symbol), self._exchange.recent_trades(symbol))
        return positions, trades

    async def _history(
        self, request: SnapshotRequest, subject: Position | None, trades: Sequence[Trade]
    ) -> tuple[GenerationFacts | None, tuple[OrderState, ...]]:
        if subject is None:
            return None, ()
        generation, reducing = await self._generations.find(subject, trades)
        own = await self._own_orders(request, generation, reducing)
        return generation, own

    async def _own_orders(
        self, request: SnapshotRequest, generation: GenerationFacts, reducing: Sequence[int]
    ) -> tuple[OrderState, ...]:
        """Orders of this rung that executed (by the trades), and the one that would be sent next, if it exists."""
        executed, next_one = await asyncio.gather(
            self._orders_by_id(request.symbol, generation, reducing),
            self._by_attempt(request, generation, request.known_attempts + 1),
        )
        own = {order.client_order_id: order for order in executed if _is_own(order, request, generation)}
        if next_one is not None:
            own[next_one.client_order_id] = next_one
        while (attempt := _last_attempt(own) + 1) > request.known_attempts + 1:
            further = await self._by_attempt(request, generation, attempt)
            if further is None:
                break
            own[further.client_order_id] = further
        return tuple(own.values())

    async def _by_attempt(
        self, request: SnapshotRequest, generation: GenerationFacts, attempt: int
    ) -> OrderState | None:
        """Idea 1 of the design: an id is looked up before it is first used, whoever may have used it."""
        identity = client_order_id(generation.opening_trade_id, request.rung, attempt)
        return await self._exchange.order_by_client_id(request.symbol, identity)

    async def _orders_by_id(
        self, symbol: str, generation: GenerationFacts, order_ids: Sequence[int]
    ) -> tuple[OrderState, ...]:
        if len(order_ids) > MOST_LOOKUPS:
            listed = await self._exchange.orders_since(symbol, generation.opened_at_ms)
            return tuple(order for order in listed if order.order_id in set(order_ids))
        found = await asyncio.gather(*(self._exchange.order_by_id(symbol, order_id) for order_id in order_ids))
        return tuple(order for order in found if order is not None)


def choose_subject(positions: Sequence[Position], side: PositionSide | None) -> Position | None:
    """The position that a decision is about: the named side's, or the only one."""
    fitting = [position for position in positions if side in (None, position.side)]
    return fitting[0] if len(fitting) == 1 else None


def _is_own(order: OrderState, request: SnapshotRequest, generation: GenerationFacts) -> bool:
    key = parse_client_order_id(order.client_order_id)
    return key is not None and (key.generation, key.rung) == (generation.opening_trade_id, request.rung)


def _last_attempt(own: dict[str, OrderState]) -> int:
    keys = (parse_client_order_id(identity) for identity in own)
    return max((key.attempt for key in keys if key is not None), default=0)
