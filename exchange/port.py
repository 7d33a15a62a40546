"""The exchange as the activities see it. Implemented by :mod:`exchange.binance`; nothing else talks to an exchange."""

from collections.abc import Sequence
from typing import Protocol

from contracts.order import AlgoOrder, OrderState, SendReport, Ticket, Trade
from contracts.snapshot import Position, SymbolRules


class ExchangePort(Protocol):
    """Reads raise :class:`contracts.errors.ExchangeError`; only :meth:`place` answers instead of raising.

    Every read may be repeated without consequences. Nothing in here retries by itself.
    """

    def now_ms(self) -> int:
        """The exchange's clock by our last synchronisation, epoch milliseconds."""
        ...

    async def exchange_time_ms(self) -> int:
        """The exchange's clock, asked for now; also resynchronises our own idea of it."""
        ...

    async def hedge_mode(self, *, refresh: bool = False) -> bool:
        """Whether the account keeps LONG and SHORT apart. Cached, because asking costs 5 weight."""
        ...

    async def symbol_rules(self, symbol: str, *, refresh: bool = False) -> SymbolRules:
        """The symbol's filters. Cached. Raises ExchangeRefused (-1121) for a symbol that does not exist."""
        ...

    async def positions(self, symbol: str) -> tuple[Position, ...]:
        """Open positions of the symbol (amount not zero). Weight 5."""
        ...

    async def open_orders(self, symbol: str) -> tuple[OrderState, ...]:
        """Resting orders of the symbol. Weight 1."""
        ...

    async def open_algo_orders(self, symbol: str) -> tuple[AlgoOrder, ...]:
        """Resting conditional orders of the symbol. Weight 1."""
        ...

    async def order_by_client_id(self, symbol: str, client_order_id: str) -> OrderState | None:
        """None if the exchange does not know the id (which, soon after a send, proves nothing). Weight 1."""
        ...

    async def order_by_id(self, symbol: str, order_id: int) -> OrderState | None:
        """None if the exchange does not know it any more. Weight 1."""
        ...

    async def orders_since(self, symbol: str, start_ms: int) -> tuple[OrderState, ...]:
        """All orders of the symbol created since, whatever their state, oldest first. Weight 5 per page."""
        ...

    async def recent_trades(
        self, symbol: str, *, start_ms: int | None = None, end_ms: int | None = None
    ) -> tuple[Trade, ...]:
        """Trades of the symbol, oldest first, complete for the span. Without one: see exchange.spans."""
        ...

    async def trades_from(self, symbol: str, trade_id: int) -> tuple[Trade, ...]:
        """All trades of the symbol from that trade id on, oldest first. Weight 5 per page."""
        ...

    async def trades_of_orders(self, symbol: str, order_ids: Sequence[int]) -> tuple[Trade, ...]:
        """All trades of those orders, by trade id. Weight 5 an order."""
        ...

    async def place(self, ticket: Ticket) -> SendReport:
        """Send the order once, signed with the ticket's own timestamp.

        Never raises for anything the exchange or the network does: the answer is ACCEPTED, REFUSED or UNKNOWN.
        """
        ...

    async def cancel_order(self, symbol: str, order_id: int) -> bool:
        """True if it is gone (cancelled now, or no longer resting)."""
        ...

    async def cancel_algo_order(self, symbol: str, algo_id: int) -> bool:
        """True if it is gone (cancelled now, or no longer resting)."""
        ...


class FillFeed(Protocol):
    """What the user stream tells, as hints: each may be missing, late, repeated or wrong.

    So a caller reads what it would have read without the stream, or proves the hint by a cheaper read; and it never
    waits longer than it would have waited anyway, or a few seconds for reads to show what was told.
    """

    def fills(self, symbol: str, order: OrderState) -> tuple[Trade, ...]:
        """The fills told of this order so far, by trade id; empty if nothing was told, or something contradictory."""
        ...

    def newest_trade(self, symbol: str) -> Trade | None:
        """Of those told of in the last few seconds. Reads that do not show it lag."""
        ...

    def told_for_s(self) -> float:
        """For how long everything was told, without a gap up to now; 0 while nothing is."""
        ...

    def ended(self, symbol: str, client_order_id: str) -> bool:
        """Whether it was told that an order of this name came to its end, executed or not."""
        ...

    def missed(self, symbol: str, order: OrderState) -> None:
        """The order executed and nothing was told of it yet. A stream that never tells anything is found out so."""
        ...

    def mark(self, symbol: str) -> int:
        """The point in the symbol's news that :meth:`news` waits from. Take it before the read that may lag."""
        ...

    async def news(self, symbol: str, mark: int, within_s: float) -> bool:
        """Wait for news of the symbol since ``mark``, at most that many seconds; returns whether there is any."""
        ...
