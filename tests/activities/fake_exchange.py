"""An exchange by hand: what it is told to show, and a log of what it was asked."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from contracts.errors import ExchangeUnavailable
from contracts.order import AlgoOrder, OrderState, SendReport, Ticket, Trade, Verdict
from contracts.snapshot import Position, SymbolRules
from exchange.port import ExchangePort, FillFeed
from exchange.reconcile_port import ReconcilePort
from exchange.safety_port import SafetyPort
from exchange.user_stream_fills import ToldFills
from exchange.watch_port import WatchPort
from tests.activities.samples import DAY, NOW, RULES

T = TypeVar("T")
Positions = tuple[Position, ...]
Trades = tuple[Trade, ...]


class Views(Generic[T]):
    """What a read shows each time it is made; the last view stays."""

    def __init__(self, *views: T) -> None:
        self._views = list(views)
        self.reads = 0

    def next(self) -> T:
        """The next view."""
        self.reads += 1
        return self._views.pop(0) if len(self._views) > 1 else self._views[0]


async def _accept(ticket: Ticket) -> SendReport:
    del ticket
    return SendReport(verdict=Verdict.ACCEPTED)


@dataclass
class FakeExchange(ExchangePort):
    """Everything is visible at once, unless ``Views`` say otherwise."""

    held: Views[Positions] = field(default_factory=lambda: Views[Positions](()))
    fills: Views[Trades] = field(default_factory=lambda: Views[Trades](()))
    orders: list[OrderState] = field(default_factory=list)
    resting: tuple[OrderState, ...] = ()
    stops: tuple[AlgoOrder, ...] = ()
    hedge: bool = False
    rules: SymbolRules = RULES
    clock_ms: int = NOW
    send: Callable[[Ticket], Awaitable[SendReport]] = _accept
    away: bool = False
    fill_feed: FillFeed = field(default_factory=ToldFills)
    safety_reads: SafetyPort | None = None
    watch_reads: WatchPort | None = None
    reconcile_reads: ReconcilePort | None = None

    sent: list[Ticket] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    looked_up_ids: list[int] = field(default_factory=list)
    listings: list[int] = field(default_factory=list)
    spans: list[tuple[int | None, int | None]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.clock_ms

    async def exchange_time_ms(self) -> int:
        return self.clock_ms

    async def hedge_mode(self, *, refresh: bool = False) -> bool:
        if refresh:
            self.refreshed.append("hedge_mode")
        return self.hedge

    async def symbol_rules(self, symbol: str, *, refresh: bool = False) -> SymbolRules:
        if refresh:
            self.refreshed.append(symbol)
        return self.rules

    async def positions(self, symbol: str) -> Positions:
        self._answer()
        return tuple(each for each in self.held.next() if each.symbol == symbol)

    async def open_orders(self, symbol: str) -> tuple[OrderState, ...]:
        del symbol
        return self.resting

    async def open_algo_orders(self, symbol: str) -> tuple[AlgoOrder, ...]:
        del symbol
        return self.stops

    async def order_by_client_id(self, symbol: str, client_order_id: str) -> OrderState | None:
        del symbol
        self.looked_up.append(client_order_id)
        return next((each for each in self.orders if each.client_order_id == client_order_id), None)

    async def order_by_id(self, symbol: str, order_id: int) -> OrderState | None:
        del symbol
        self.looked_up_ids.append(order_id)
        return next((each for each in self.orders if each.order_id == order_id), None)

    async def orders_since(self, symbol: str, start_ms: int) -> tuple[OrderState, ...]:
        del symbol
        self.listings.append(start_ms)
        return tuple(self.orders)

    async def recent_trades(self, symbol: str, *, start_ms: int | None = None, end_ms: int | None = None) -> Trades:
        del symbol
        self.spans.append((start_ms, end_ms))
        first = self.clock_ms - 7 * DAY if start_ms is None else start_ms
        last = self.clock_ms if end_ms is None else end_ms
        return tuple(each for each in self.fills.next() if first <= each.time_ms <= last)

    async def trades_from(self, symbol: str, trade_id: int) -> Trades:
        del symbol
        return tuple(each for each in self.fills.next() if each.trade_id >= trade_id)

    async def trades_of_orders(self, symbol: str, order_ids: Sequence[int]) -> Trades:
        del symbol
        return tuple(each for each in self.fills.next() if each.order_id in order_ids)

    async def place(self, ticket: Ticket) -> SendReport:
        self.sent.append(ticket)
        return await self.send(ticket)

    async def cancel_order(self, symbol: str, order_id: int) -> bool:
        del symbol
        self.cancelled.append(order_id)
        return True

    async def cancel_algo_order(self, symbol: str, algo_id: int) -> bool:
        del symbol
        self.cancelled.append(algo_id)
        return True

    def _answer(self) -> None:
        if self.away:
            raise ExchangeUnavailable("it does not answer")
