"""Step 1: one read of everything that a decision needs, in as few round trips as it takes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from activities.fees import FeeRates
from activities.generation import (
    HOT_READS,
    GenerationFinder,
    add_up,
    belongs,
    gone_since,
    one_moment,
    pause_for_hot_reads,
    traded_lately,
    unread_generation,
)
from activities.hints import RedisHints
from activities.marks import SentMarks
from activities.own_orders import NOTHING_EARLIER, Earlier, OwnOrders
from contracts.errors import DependencyUnavailable, ExchangeUnavailable
from contracts.order import PositionSide, Trade
from contracts.snapshot import GenerationFacts, Position, Snapshot, SnapshotRequest, SymbolRules
from exchange.port import ExchangePort, FillFeed
from kernel.errors import KernelError
from kernel.guard import OPENED_AFTER_TOLERANCE_SECONDS
from kernel.lot_filters import lot_rules
from kernel.sizing import largest_piece


@dataclass(frozen=True, slots=True)
class _Read:
    """Positions and trades, and whether they show one moment."""

    positions: tuple[Position, ...]
    trades: tuple[Trade, ...]
    agree: bool
    told_for_ms: int
    """Before they were read."""


class SnapshotReader:
    """Reads the exchange and the hints together."""

    def __init__(
        self,
        exchange: ExchangePort,
        hints: RedisHints,
        marks: SentMarks | None = None,
        fees: FeeRates | None = None,
        feed: FillFeed | None = None,
    ) -> None:
        self._exchange = exchange
        self._hints = hints
        self._own = OwnOrders(exchange, marks)
        self._fees = fees or FeeRates()
        self._feed = feed
        self._generations = GenerationFinder(exchange)

    async def take(self, request: SnapshotRequest) -> Snapshot:
        """Raises :class:`contracts.errors.ExchangeError` if a read that the decision needs did not succeed."""
        rules = await self._rules(request)
        read, hints = await asyncio.gather(
            self._positions_and_trades(request),
            self._hints.read(request.symbol, request.account, request.entry_id, begun=request.known_attempts > 0),
        )
        self._fees.learn(request.symbol, read.trades)
        subject = choose_subject(read.positions, request.side)
        generation, earlier = await self._history(request, subject, read, rules)
        if not hints.readable and _may_have_been_answered(request, generation):
            raise DependencyUnavailable("not known: was this decision answered before its position was opened?")
        return Snapshot(
            exchange_time_ms=self._exchange.now_ms(),
            told_for_ms=read.told_for_ms,
            positions=read.positions,
            subject=subject,
            generation=generation,
            subject_as_of_ms=_apart_since(subject, read),
            last_trade_id=max((trade.trade_id for trade in read.trades), default=0),
            own_orders=earlier.orders,
            attempts_passed=earlier.passed,
            rules=rules,
            hints=hints,
        )

    async def _rules(self, request: SnapshotRequest) -> SymbolRules:
        """The filters, if quantities can be made by them."""
        rules = await self._exchange.symbol_rules(request.symbol, refresh=request.refresh)
        try:
            largest_piece(lot_rules(rules))
        except KernelError as odd:
            raise ExchangeUnavailable(f"the filters of {request.symbol} contradict each other: {odd}") from odd
        return rules

    async def _positions_and_trades(self, request: SnapshotRequest) -> _Read:
        """Both, and whether they show one moment: read again while the position is changing under our hands.

        From reads of different moments the walk to the opening fill starts with a wrong size and ends at a wrong one,
        and a rung that was taken would seem free. A full close goes on all the same: its target is 0 in any case.
        Both may show the same moment and lag all the same: seen where the user stream told of a later trade.
        """
        for _ in range(HOT_READS):
            told_for_ms = int(1000 * self._feed.told_for_s()) if self._feed else 0
            positions, trades = await asyncio.gather(
                self._exchange.positions(request.symbol), self._exchange.recent_trades(request.symbol)
            )
            agree = one_moment(positions, trades, self._exchange.now_ms())
            unseen = self._told_but_not_in(trades, request.symbol)
            if agree and unseen is None:
                return _Read(positions, trades, agree, told_for_ms)
            another = any(_may_be_another(request, each, unseen) or gone_since(each, trades) for each in positions)
            if request.full and positions and not another:
                return _Read(positions, trades, agree, told_for_ms)
            await pause_for_hot_reads()
        raise ExchangeUnavailable("position and trades do not show the same moment yet, or not what the stream told")

    def _told_but_not_in(self, trades: Sequence[Trade], symbol: str) -> Trade | None:
        """The newest trade that the user stream told of, if the read shows neither it nor a later one nor its order."""
        told = self._feed.newest_trade(symbol) if self._feed else None
        if told is None or any(told.trade_id <= each.trade_id or told.order_id == each.order_id for each in trades):
            return None
        return told

    async def _history(
        self, request: SnapshotRequest, subject: Position | None, read: _Read, rules: SymbolRules
    ) -> tuple[GenerationFacts | None, Earlier]:
        if subject is None:
            return None, NOTHING_EARLIER
        if not read.agree:
            unread = unread_generation(subject, read.trades)
            return unread, await self._own.find(request, unread, (), split=False)
        generation, reducing = await self._generations.find(subject, read.trades)
        must_show = () if request.full else traded_lately(reducing, read.trades, self._exchange.now_ms())
        split = may_be_split(generation, rules)
        return generation, await self._own.find(request, generation, reducing, split, must_show)


def _apart_since(subject: Position | None, read: _Read) -> int | None:
    """The position's own time, where position and trades show different moments."""
    if subject is None or read.agree or add_up(subject, read.trades):
        return None
    return subject.updated_ms


def _may_have_been_answered(request: SnapshotRequest, generation: GenerationFacts | None) -> bool:
    """Whether a decision that is carried out again by accident would be so on a younger position (R65).

    On the one that it was made for it does no harm: a full close's target is 0, and a rung is taken once.
    """
    if request.generation is not None or generation is None or request.decided_at_ms is None:
        return False
    return generation.opened_at_ms > request.decided_at_ms


def _may_be_another(request: SnapshotRequest, position: Position, unseen: Trade | None) -> bool:
    """Whether the position may have been opened since the decision, or since the run began; or be gone by now.

    What only makes it smaller leaves its entry price alone. Where it may be another, the trades that tell are waited
    for, as long as they may lag.
    """
    if unseen and belongs(unseen, position) and (position.updated_ms or unseen.time_ms) < unseen.time_ms:
        return True
    if request.generation is not None:
        return position.entry_price != request.entry_price
    changed, decided = position.updated_ms, request.decided_at_ms
    return changed is not None and decided is not None and changed - decided > 1000 * OPENED_AFTER_TOLERANCE_SECONDS


def choose_subject(positions: Sequence[Position], side: PositionSide | None) -> Position | None:
    """The position that a decision is about: the named side's, or the only one."""
    fitting = [position for position in positions if side in (None, position.side)]
    return fitting[0] if len(fitting) == 1 else None


def may_be_split(generation: GenerationFacts, rules: SymbolRules) -> bool:
    """Whether an order of this generation may have been larger than one MARKET order."""
    largest = largest_piece(lot_rules(rules))
    return 0 < largest < generation.peak_size
