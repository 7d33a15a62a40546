"""What the exchange knows of a position's life: opening, largest size, fees, and the rungs that our orders took."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from activities.generation import UNREACHABLE, GenerationFinder, belongs, reads_agree, traded_lately
from activities.watch_identity import rungs_taken_by
from contracts.errors import ExchangeUnavailable
from contracts.order import OrderSide, OrderState, PositionSide, Trade
from contracts.snapshot import GenerationFacts, Position
from contracts.watch import HeldPosition, PositionMemory
from exchange.port import ExchangePort

TRADES_COST = 5
NOT_READ = -1
"""Time of change of a memory whose orders were not all looked at: it is read again."""


class Openings:
    """Walks the trades of one position at a time."""

    def __init__(self, exchange: ExchangePort, account: str) -> None:
        self._exchange = exchange
        self._account = account
        self._generations = GenerationFinder(exchange)

    async def trace(
        self, held: HeldPosition, known: PositionMemory | None, lookups: int, seen_from_ms: int
    ) -> PositionMemory:
        """Memory of the position as it is now. Weight 5 a week since the opening, and 1 a lookup.

        Args:
            known: what is remembered; it goes on if the position still is the same one.
            lookups: at most so many orders are asked for by their id; the others the next time.
            seen_from_ms: since then every mark of the account was looked at.

        Raises:
            ExchangeError: a read failed, or position and trades do not show the same moment.
        """
        position = held.position
        trades = await self._exchange.recent_trades(position.symbol)
        if not reads_agree(position, trades, self._exchange.now_ms()):
            raise ExchangeUnavailable("position and trades do not show the same moment yet")
        facts, reducing = await self._generations.find(position, trades)
        same = known is not None and known.generation == facts.opening_trade_id
        memory = known if known is not None and same else _fresh(position, facts, seen_from_ms)
        unseen = [order_id for order_id in reducing if order_id not in memory.orders_seen]
        looked_at = unseen[-lookups:] if lookups else []
        found = await self._orders(position.symbol, looked_at)
        settled = {order_id for order_id, order in found.items() if order.final}
        lagging = traded_lately(set(looked_at) - settled, trades, self._exchange.now_ms())
        answered = [order_id for order_id in looked_at if order_id not in lagging]
        taken = rungs_taken_by(list(found.values()), self._account, held.key, facts.opening_trade_id)
        paid, all_known = fees_of_open(position, trades, facts.opening_trade_id)
        return memory.model_copy(
            update={
                "changed_ms": (position.updated_ms or 0) if len(answered) == len(unseen) else NOT_READ,
                "entry_price": position.entry_price,
                "peak_quantity": max(memory.peak_quantity, facts.peak_size, position.size),
                "fees_paid": paid,
                "fees_known": all_known,
                "orders_seen": (*memory.orders_seen, *answered),
                "rungs_taken": tuple(dict.fromkeys((*memory.rungs_taken, *taken))),
            }
        )

    async def _orders(self, symbol: str, order_ids: Sequence[int]) -> dict[int, OrderState]:
        found = await asyncio.gather(*(self._exchange.order_by_id(symbol, order_id) for order_id in order_ids))
        return {order.order_id: order for order in found if order is not None}


def _fresh(position: Position, facts: GenerationFacts, seen_from_ms: int) -> PositionMemory:
    return PositionMemory(
        generation=facts.opening_trade_id,
        opened_at_ms=facts.opened_at_ms,
        changed_ms=NOT_READ,
        entry_price=position.entry_price,
        peak_price=max(position.mark_price, position.entry_price),
        trough_price=min(position.mark_price, position.entry_price),
        peak_quantity=position.size,
        complete=facts.opened_at_ms >= seen_from_ms,
    )


def unknown_opening(position: Position, now_ms: int) -> PositionMemory:
    """A memory for a position whose trades cannot be read: good enough to see that it must be closed."""
    facts = GenerationFacts(opening_trade_id=UNREACHABLE, opened_at_ms=now_ms, peak_size=position.size)
    return _fresh(position, facts, now_ms + 1)


def fees_of_open(position: Position, trades: Sequence[Trade], generation: int) -> tuple[Decimal, bool]:
    """Fees of what is still open, quote currency, and whether all of them were paid in it.

    What was closed took its share of the opening fees with it.
    """
    opens = OrderSide.BUY if position.side is PositionSide.LONG else OrderSide.SELL
    own = [
        trade for trade in trades if belongs(trade, position) and trade.side is opens and trade.trade_id >= generation
    ]
    in_quote = [trade for trade in own if position.symbol.endswith(trade.commission_asset)]
    opened = sum((trade.quantity for trade in own), Decimal(0))
    paid = sum((trade.commission for trade in in_quote), Decimal(0))
    share = min(Decimal(1), position.size / opened) if opened else Decimal(0)
    return paid * share, len(in_quote) == len(own) > 0
