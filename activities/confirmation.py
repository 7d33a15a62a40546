"""Steps 5 and 6: what was filled, at what price and fee, and where the position is now."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from activities.fees import FeeRates
from activities.fill_source import count_fills
from activities.news import News, early
from activities.told import borne_out, complete, fees_fit
from contracts.close import ConcludeRequest, Conclusion
from contracts.errors import ExchangeError
from contracts.order import OrderState, PositionSide, Trade
from contracts.result import MOVED_BY_OTHERS, CloseResult, FillSummary, Outcome
from contracts.snapshot import Position
from exchange.port import ExchangePort, FillFeed
from kernel.verification import Attempt, Standing, stand

ZERO: Final = Decimal(0)
PAUSES_SECONDS: Final = (0.03, 0.06, 0.12, 0.25, 0.5)
"""Before reading again what does not show our fill yet. What lasts longer becomes a durable timer in the workflow."""
EARLY_READS: Final = 2
"""Reads in between, when the user stream says that there is something new. They come on top of the others."""


@dataclass(frozen=True)
class Evidence:
    """One read of orders, trades and position."""

    orders: tuple[OrderState, ...]
    trades: tuple[Trade, ...]
    position: Position | None

    @property
    def executed(self) -> Decimal:
        """Base units that our orders executed."""
        return sum((order.executed_quantity for order in self.orders), ZERO)

    @property
    def after(self) -> Decimal:
        """Unsigned size that is left."""
        return self.position.size if self.position else ZERO


class Confirmation:
    """Reads until orders, trades and position tell one story, or for about a second.

    With a feed it may be sooner, and cost less; what it takes to believe a story is the same.
    """

    def __init__(self, exchange: ExchangePort, feed: FillFeed | None = None, fees: FeeRates | None = None) -> None:
        self._exchange = exchange
        self._feed = feed
        self._fees = fees or FeeRates()

    async def conclude(self, request: ConcludeRequest) -> Conclusion:
        """Raises :class:`contracts.errors.ExchangeError` if a read did not succeed."""
        news = News(self._feed, request.symbol, EARLY_READS)
        evidence, before = await self._read(request, request.orders), None
        problem = _problem(request, evidence, before)
        for pause in PAUSES_SECONDS:
            if not problem:
                break
            news.pause(pause)
            if fits := await self._early(request, evidence, news):
                evidence, problem = fits, ""
                break
            before, evidence = evidence, await self._read(request, evidence.orders)
            problem = _problem(request, evidence, before)
        standing = "lagging" if problem else _standing(request, evidence)
        return Conclusion(
            standing=standing,
            result=_complete(request, evidence, standing),
            problem=problem,
            orders=evidence.orders,
        )

    async def _early(self, request: ConcludeRequest, seen: Evidence, news: News) -> Evidence | None:
        """Sit the pause out; at news, read in between, and end it if everything fits at first sight.

        A read that does not fit, or fails, leaves no trace: the reads of a close without a stream all come in any case,
        at their times, and only those can tell that others moved the position.
        """
        while await news.break_pause():
            with suppress(ExchangeError, TimeoutError):
                async with early():
                    evidence = await self._read(request, seen.orders)
                if not _problem(request, evidence, None):
                    return evidence
        return None

    async def _read(self, request: ConcludeRequest, seen: Sequence[OrderState]) -> Evidence:
        orders = await asyncio.gather(*(self._refresh(request.symbol, order) for order in seen))
        filled = [order for order in orders if order.executed_quantity > ZERO]
        trades, positions = await asyncio.gather(
            self._trades(request, filled), self._exchange.positions(request.symbol)
        )
        position = next((each for each in positions if each.side is request.position_side), None)
        return Evidence(tuple(orders), trades, position)

    async def _refresh(self, symbol: str, order: OrderState) -> OrderState:
        """A final order does not change any more; the others are asked for."""
        if order.final:
            return order
        return await self._exchange.order_by_id(symbol, order.order_id) or order

    async def _trades(self, request: ConcludeRequest, orders: Sequence[OrderState]) -> tuple[Trade, ...]:
        """All fills of these orders: told and proved (weight 1 an order), else read (weight 5)."""
        told = await asyncio.gather(*(self._proved(request, order) for order in orders))
        unproved = [order.order_id for order, fills in zip(orders, told, strict=True) if not fills]
        read = await self._exchange.trades_of_orders(request.symbol, unproved) if unproved else ()
        self._fees.learn(request.symbol, read)
        count_fills(told=len(orders) - len(unproved), read=len(unproved))
        return _by_id(fill for fills in (read, *told) for fill in fills)

    async def _proved(self, request: ConcludeRequest, order: OrderState) -> tuple[Trade, ...]:
        """The order's fills as the stream told them, if they are complete and reads bear them out; else none."""
        if self._feed is None:
            return ()
        told = self._feed.fills(request.symbol, order)
        if not told:
            self._feed.missed(request.symbol, order)
        if not complete(told, order) or not fees_fit(told, request.symbol, self._fees):
            return ()
        try:
            read = await self._exchange.order_by_id(request.symbol, order.order_id)
        except ExchangeError:
            return ()  # whether the exchange is away is for the reads to say that the close needs
        entry = request.draft.entry_price
        return told if read is not None and borne_out(told, order, read, entry) else ()


def _problem(request: ConcludeRequest, evidence: Evidence, before: Evidence | None) -> str:
    """What is not visible yet; empty if the reads tell one story."""
    if any(not order.final for order in evidence.orders):
        return "an order of ours is still open"
    if sum((trade.quantity for trade in evidence.trades), ZERO) < evidence.executed:
        return "not all fills of our orders are listed yet"
    if request.final_outcome is None and stand(_attempt(request, evidence)) is Standing.LAGGING:
        return "the position does not show our own fill yet"
    if _moved(request, evidence) and (before is None or before.after != evidence.after):
        return "the position is not what our fills explain"  # somebody else, or a read that lags: a second one tells
    return ""


def _moved(request: ConcludeRequest, evidence: Evidence) -> bool:
    """Whether the position is somewhere our own fills do not lead to."""
    expected = request.position_before - (evidence.executed - request.executed_before)
    return request.final_outcome is None and expected != evidence.after


def _standing(request: ConcludeRequest, evidence: Evidence) -> str:
    if request.final_outcome is not None:
        return "ended"
    return stand(_attempt(request, evidence)).value


def _attempt(request: ConcludeRequest, evidence: Evidence) -> Attempt:
    return Attempt(
        before=request.position_before,
        executed=evidence.executed - request.executed_before,
        after=evidence.after,
        executed_in_all=evidence.executed,
        must_execute=request.must_execute,
        smallest=request.smallest,
        shows_fills=_shows_fills(evidence),
    )


def _shows_fills(evidence: Evidence) -> bool:
    """The position changed last when, or after, our last fill was booked."""
    changed = evidence.position.updated_ms if evidence.position else None
    last = max((trade.time_ms for trade in evidence.trades), default=None)
    return changed is not None and last is not None and changed >= last


def _complete(request: ConcludeRequest, evidence: Evidence, standing: str) -> CloseResult:
    """The draft with what the exchange says."""
    moved = _moved(request, evidence)
    return request.draft.model_copy(
        update={
            "outcome": request.final_outcome or _outcome(request, evidence, standing),
            "reason_codes": (*request.draft.reason_codes, *((MOVED_BY_OTHERS,) if moved else ())),
            "fills": summarise(evidence.trades),
            "position_after": -evidence.after if request.position_side is PositionSide.SHORT else evidence.after,
            "client_order_ids": tuple(order.client_order_id for order in evidence.orders),
            "order_status": _status(evidence.orders),
        }
    )


def _outcome(request: ConcludeRequest, evidence: Evidence, standing: str) -> Outcome:
    if standing == Standing.DUST:
        return Outcome.DUST_LEFT
    if standing != Standing.AT_TARGET:
        return request.draft.outcome
    if request.must_execute is not None:
        return Outcome.CLOSED_FLAT if evidence.after == ZERO and not _moved(request, evidence) else Outcome.REDUCED
    closed_by_us = evidence.executed - request.executed_before >= request.position_before
    return Outcome.CLOSED_FLAT if closed_by_us else Outcome.CLOSED_ELSEWHERE


def _by_id(fills: Iterable[Trade]) -> tuple[Trade, ...]:
    return tuple(sorted(fills, key=lambda fill: fill.trade_id))


def _status(orders: Sequence[OrderState]) -> str:
    """The one status, or each order's in turn."""
    statuses = [order.status for order in orders if order.executed_quantity > ZERO]
    return statuses[0] if len(set(statuses)) == 1 else ",".join(statuses)


def summarise(trades: Sequence[Trade]) -> FillSummary:
    """Sum up fills: the only source of price, fee and profit (R70)."""
    quantity = sum((trade.quantity for trade in trades), ZERO)
    if quantity == ZERO:
        return FillSummary()
    return FillSummary(
        quantity=quantity,
        average_price=sum((trade.price * trade.quantity for trade in trades), ZERO) / quantity,
        commission=sum((trade.commission for trade in trades), ZERO),
        commission_asset=",".join(sorted({trade.commission_asset for trade in trades})),
        realized_pnl=sum((trade.realized_pnl for trade in trades), ZERO),
        order_ids=tuple(dict.fromkeys(trade.order_id for trade in trades)),
    )
