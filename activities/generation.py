"""Which fill opened the position from flat: its identity, found in the exchange's own trades."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from contracts.order import PositionSide, Trade
from contracts.snapshot import GenerationFacts, Position
from exchange.port import ExchangePort
from exchange.spans import RECENT_MS
from kernel.generation import Fill, Generation, trace_generation

SPAN_MS = int(timedelta(days=7).total_seconds() * 1000)
SPANS_BACK = 13
"""The exchange keeps three months of trades."""
UNREACHABLE = 0
"""Generation of a position that is older than the exchange's memory of trades.

An order of ours with this generation is found only while it is younger than that, and so was this position's."""
HOT_MS = 10_000
"""For so long after a change the exchange's nodes may show different moments."""
HOT_READS = 5
HOT_PAUSE_SECONDS = 0.1


class GenerationFinder:
    """Walks trades back until the position was flat."""

    def __init__(self, exchange: ExchangePort) -> None:
        self._exchange = exchange

    async def find(self, position: Position, trades: Sequence[Trade]) -> tuple[GenerationFacts, tuple[int, ...]]:
        """The generation and the ids of orders that reduced it since; reads further back than ``trades`` if needed."""
        known = list(trades)
        end = self._before(known)
        for _ in range(SPANS_BACK):
            traced = trace_generation(position.amount, _fills(position, known))
            if traced is not None:
                return _facts(traced), traced.reducing_order_ids
            known = [*await self._span(position.symbol, end, known), *known]
            end -= SPAN_MS  # also past a week without trades
        return self._unreachable(position, known)

    def _before(self, known: Sequence[Trade]) -> int:
        """Up to here older trades may not be read yet: the reads so far cover the recent span, or begin at a trade."""
        week_ago = self._exchange.now_ms() - RECENT_MS
        return max(known[0].time_ms, week_ago) if known else week_ago

    async def _span(self, symbol: str, end: int, known: Sequence[Trade]) -> tuple[Trade, ...]:
        """Seven days of trades up to ``end``, without those known already."""
        earlier = await self._exchange.recent_trades(symbol, start_ms=end - SPAN_MS + 1, end_ms=end)
        ids = {trade.trade_id for trade in known}
        return tuple(trade for trade in earlier if trade.trade_id not in ids)

    def _unreachable(self, position: Position, known: Sequence[Trade]) -> tuple[GenerationFacts, tuple[int, ...]]:
        opened = known[0].time_ms if known else self._exchange.now_ms() - SPANS_BACK * SPAN_MS
        facts = GenerationFacts(opening_trade_id=UNREACHABLE, opened_at_ms=opened, peak_size=position.size)
        return facts, ()


def unread_generation(position: Position, trades: Sequence[Trade]) -> GenerationFacts:
    """Of a position whose latest trades cannot be read yet.

    Its opening is not known, so it is named by when the exchange last changed it, a number that no trade id comes near:
    no order of another position bears that name. And it counts as no younger than the trades that can be read, for what
    could not be read must not make it seem younger than a decision about it.
    """
    opened = min((trade.time_ms for trade in trades), default=0)
    name = position.updated_ms or UNREACHABLE
    return GenerationFacts(opening_trade_id=name, opened_at_ms=opened, peak_size=position.size)


def belongs(trade: Trade, position: Position) -> bool:
    """Whether a trade moved this position (in hedge mode the other side's trades are another story)."""
    return trade.position_side is position.position_side


def _fills(position: Position, trades: Sequence[Trade]) -> list[Fill]:
    return [
        Fill(trade.trade_id, trade.order_id, trade.signed_quantity, trade.time_ms)
        for trade in trades
        if belongs(trade, position)
    ]


def _facts(traced: Generation) -> GenerationFacts:
    return GenerationFacts(
        opening_trade_id=traced.opening_trade_id, opened_at_ms=traced.opened_at_ms, peak_size=traced.peak_size
    )


def one_moment(positions: Sequence[Position], trades: Sequence[Trade], now_ms: int) -> bool:
    """Whether positions and trades show the same moment.

    The two reads may come from different nodes. Only what changed just now can be caught in between.
    """
    return all(reads_agree(position, trades, now_ms) for position in positions) and not _just_opened_unseen(
        positions, trades, now_ms
    )


def reads_agree(position: Position, trades: Sequence[Trade], now_ms: int) -> bool:
    """A position that changed just now must have changed at the time of its newest trade."""
    newest = max((trade.time_ms for trade in trades if belongs(trade, position)), default=0)
    changed = position.updated_ms or newest
    return newest == changed or now_ms - max(newest, changed) > HOT_MS


def add_up(position: Position, trades: Sequence[Trade]) -> bool:
    """Whether the trades, from the newest back, lead from the position's amount to flat: then both show one moment,
    whatever their times say. Those are wrong around a jump of the exchange's clock.

    Exactly to flat. The walk to the opening also ends where it passes zero, as it does from reads of two moments.
    """
    amount = position.amount
    for trade in reversed(trades):
        if belongs(trade, position):
            amount -= trade.signed_quantity
            if amount == 0:
                return True
    return False


def gone_since(position: Position, trades: Sequence[Trade]) -> bool:
    """Whether trades that the position does not show yet closed it: what is open now, if anything, is another one."""
    changed = position.updated_ms
    if changed is None or add_up(position, trades):
        return False
    later = [trade for trade in trades if belongs(trade, position) and trade.time_ms > changed]
    return any(amount * position.amount <= 0 for amount in _amounts(position.amount, later))


def _just_opened_unseen(positions: Sequence[Position], trades: Sequence[Trade], now_ms: int) -> bool:
    """Whether the trades left something open on a side that shows nothing, and changed it a moment ago."""
    open_sides = {position.position_side for position in positions}
    for side in {trade.position_side for trade in trades} - open_sides:
        own = [trade for trade in trades if trade.position_side is side]
        *_, left = _amounts(Decimal(0), own)
        if left != 0 and now_ms - own[-1].time_ms <= HOT_MS:
            return True
    return False


def _amounts(amount: Decimal, trades: Iterable[Trade]) -> Iterator[Decimal]:
    """The signed amount after each of these trades, oldest first, from the one before them.

    Only a reduction realises something. If these trades tell of nothing that it could have reduced, that was opened
    before them, and counts as closed: its size is not known, and a flat side must not be waited for without need. So
    does what would be turned over in hedge mode, where a side only closes.
    """
    for trade in trades:
        after = amount + trade.signed_quantity
        reduces, turns = amount * trade.signed_quantity < 0, amount * after < 0
        explained = (reduces or trade.realized_pnl == 0) and (trade.position_side is PositionSide.BOTH or not turns)
        amount = after if explained else Decimal(0)
        yield amount


def traded_lately(order_ids: Iterable[int], trades: Sequence[Trade], now_ms: int) -> frozenset[int]:
    """Which of these orders traded just now. If one of them is not shown, the read of orders lags behind the trades."""
    return frozenset(order_ids) & {trade.order_id for trade in trades if now_ms - trade.time_ms <= HOT_MS}


async def pause_for_hot_reads() -> None:
    """Between two reads of a position that is just changing."""
    await asyncio.sleep(HOT_PAUSE_SECONDS)
