"""Binance USD-M behind the port, over REST."""

from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from typing import Final, Self

import structlog

from contracts.errors import CredentialsRefused, ExchangeError, ExchangeRefused
from contracts.mode import Venue
from contracts.order import AlgoOrder, OrderState, Reaction, SendReport, Ticket, Trade, Verdict
from contracts.snapshot import Position, SymbolRules
from exchange import allowance, wire
from exchange.background import in_background
from exchange.catalogue import Catalogue
from exchange.clock import ExchangeClock
from exchange.credentials import require_account, require_trading
from exchange.endpoint import ExchangeEndpoint
from exchange.history import History
from exchange.limits import Limits, Usage
from exchange.listen_key import ListenKeys
from exchange.order_form import order_form
from exchange.port import FillFeed
from exchange.reads import Reads
from exchange.reconcile_reads import ReconcileReads
from exchange.refusals import CANCEL_REJECTED, CLOCK_CODES, NO_SUCH_ORDER, REDUCE_ONLY_REJECT
from exchange.safety_reads import SafetyReads
from exchange.send import answered_report, failed_report
from exchange.signed_client import CallFailed, SignedClient, timeout_of
from exchange.stops import StopOrders
from exchange.upkeep import Upkeep
from exchange.user_stream import UserStream
from exchange.user_stream_fills import ToldFills
from exchange.user_stream_health import StreamHealth
from exchange.watch_reads import WatchReads
from exchange.wire import UnreadableAnswer

_UPKEEP_S: Final = 180.0
_UPKEEP_RETRY_S: Final = 5.0
_CATALOGUE_S: Final = 3600.0
_CATALOGUE_TIMEOUT_S: Final = 15.0
"""Every symbol's filters are more than a megabyte; the ordinary read timeout is not made for that."""
_RESTING_ALGO: Final = frozenset({"NEW", "TRIGGERING"})

_log = structlog.get_logger(__name__)


class BinanceExchange:
    """One account. Implements :class:`exchange.port.ExchangePort`; make it with :meth:`connect`, end it with
    :meth:`close`. Belongs to the event loop it was made in.
    """

    def __init__(self, endpoint: ExchangeEndpoint) -> None:
        self._venue: Venue = endpoint.venue
        self._clock = ExchangeClock()
        self._limits = Limits(self._clock.now_ms)
        self._client = SignedClient(endpoint, self._clock, self._limits)
        self._reads = Reads(self._client, self._clock, endpoint.venue)
        self._history = History(self._client, self._reads)
        self.watch_reads = WatchReads(self._client, self._reads, self._clock)
        self.safety_reads = SafetyReads(self._client, self._reads)
        self._catalogue = Catalogue(self._load_symbols)
        self.reconcile_reads = ReconcileReads(self._client, self._reads, self._catalogue)
        self._upkeep = Upkeep(self._keep_up, every_s=_UPKEEP_S, retry_s=_UPKEEP_RETRY_S)
        self._order_timeout = timeout_of(endpoint.order_timeout)
        self.stops = StopOrders(self._client, self._reads, self._clock, self._order_timeout, self._doubt)
        self._catalogue_timeout = timeout_of(max(endpoint.read_timeout, _CATALOGUE_TIMEOUT_S))
        self._hedge_mode: bool | None = None
        self._wanted_alias = endpoint.account_alias
        self.account_alias: str | None = None
        """The exchange's own name of the account, once it was told."""
        self._fills = ToldFills()
        self._stream = UserStream(ListenKeys(self._client, self._reads), endpoint.stream_origins, self._fills)
        self._streams = endpoint.user_stream

    @classmethod
    async def connect(cls, endpoint: ExchangeEndpoint) -> Self:
        """Open the session and set the clock. An exchange that is away now does not fail this: we go on trying."""
        exchange = cls(endpoint)
        try:
            await exchange.exchange_time_ms()
            # The first round trip contains the TLS handshake, which is not symmetric; this one measures better.
            await exchange.exchange_time_ms()
        except ExchangeError as error:
            _log.warning("exchange not reachable at start", venue=endpoint.venue.value, error=str(error))
        exchange._upkeep.start()
        if exchange._streams:
            exchange._stream.start()
        return exchange

    async def close(self) -> None:
        """Stop the upkeep and close every connection."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._client.close_connection)
            stack.push_async_callback(self._upkeep.stop)
            stack.push_async_callback(self._stream.stop)

    @property
    def usage(self) -> Usage:
        """How much of the rate limits the latest answers say is used."""
        return self._limits.usage

    @property
    def fill_feed(self) -> FillFeed:
        """What the user stream tells; nothing if it is switched off or away."""
        return self._fills

    @property
    def stream_health(self) -> StreamHealth | None:
        """How the user stream is; None if it is switched off."""
        return self._stream.health if self._streams else None

    async def check_credentials(self) -> None:
        """Ask the exchange whether the key may trade, and whose it is. Weight 10.

        Whether the *key* may withdraw cannot be seen here: ``canWithdraw`` speaks of the account, and the key's
        permissions are told by the Spot host only, which Harvest never talks to.

        Raises:
            CredentialsRefused: certain, with what to do about it.
            ExchangeError: could not be found out; no reason to refuse to start.
        """
        account = await self._account_config()
        require_trading(account, self._venue)
        alias = require_account(await self._reads.ask(self._client.futures_account_balance()), self._wanted_alias)
        self.account_alias = alias
        _log.info("credentials accepted", venue=self._venue.value, account_alias=alias, hedge_mode=self._hedge_mode)

    def now_ms(self) -> int:
        """The exchange's clock by our last synchronisation, epoch milliseconds."""
        return self._clock.now_ms()

    async def exchange_time_ms(self) -> int:
        """The exchange's clock, asked for now; sets ours. Weight 1."""
        return await self._reads.exchange_time_ms()

    async def hedge_mode(self, *, refresh: bool = False) -> bool:
        """Whether the account keeps LONG and SHORT apart. Cached. Weight 5 (positionSide/dual would be 30)."""
        if refresh or self._hedge_mode is None:
            account = await self._account_config()
            return wire.flag(account, "dualSidePosition")
        return self._hedge_mode

    async def symbol_rules(self, symbol: str, *, refresh: bool = False) -> SymbolRules:
        """The symbol's filters. Cached. Raises ExchangeRefused (-1121) for a symbol that does not exist."""
        return await self._catalogue.rules(symbol, refresh=refresh)

    async def positions(self, symbol: str) -> tuple[Position, ...]:
        """Open positions of the symbol. v3 leaves out what is flat and has no orders. Weight 5."""
        answer = await self._reads.ask(self._client.futures_position_information(symbol=symbol))
        found = wire.rows(answer, "positions", wire.position)
        return tuple(position for position in found if position.symbol == symbol and position.amount)

    async def open_orders(self, symbol: str) -> tuple[OrderState, ...]:
        """Resting orders of the symbol. Weight 1."""
        answer = await self._reads.ask(self._client.futures_get_open_orders(symbol=symbol))
        return wire.rows(answer, "orders", wire.order_state)

    async def open_algo_orders(self, symbol: str) -> tuple[AlgoOrder, ...]:
        """Resting conditional orders of the symbol. Weight 1."""
        answer = await self._reads.ask(self._client.futures_get_open_algo_orders(symbol=symbol))
        return wire.rows(answer, "conditional orders", wire.algo_order)

    async def order_by_client_id(self, symbol: str, client_order_id: str) -> OrderState | None:
        """None if the exchange does not know the id (which, soon after a send, proves nothing). Weight 1."""
        return await self._order(self._client.futures_get_order(symbol=symbol, origClientOrderId=client_order_id))

    async def order_by_id(self, symbol: str, order_id: int) -> OrderState | None:
        """None if the exchange does not know it any more. Weight 1."""
        return await self._order(self._client.futures_get_order(symbol=symbol, orderId=order_id))

    async def orders_since(self, symbol: str, start_ms: int) -> tuple[OrderState, ...]:
        """All orders of the symbol created since, whatever their state, oldest first. Weight 5 per page."""
        return await self._history.orders(symbol, start_ms, self.now_ms())

    async def recent_trades(
        self, symbol: str, *, start_ms: int | None = None, end_ms: int | None = None
    ) -> tuple[Trade, ...]:
        """Trades of the symbol, oldest first, complete for the span. Without a start: seven days up to the end."""
        return await self._history.trades(symbol, start_ms, end_ms, self.now_ms())

    async def trades_from(self, symbol: str, trade_id: int) -> tuple[Trade, ...]:
        """All trades of the symbol from that trade id on, oldest first. Weight 5 per page."""
        return await self._history.trades_from(symbol, trade_id)

    async def trades_of_orders(self, symbol: str, order_ids: Sequence[int]) -> tuple[Trade, ...]:
        """All trades of those orders, by trade id. Weight 5 an order."""
        return await self._history.trades_of_orders(symbol, order_ids)

    async def place(self, ticket: Ticket) -> SendReport:
        """Send the order once, signed with the ticket's own timestamp.

        Never raises for anything the exchange or the network does.

        Raises:
            UnsafeTicket: a programming error: the ticket could open or flip. Nothing was sent.
        """
        form = order_form(ticket)
        if doubt := await self._doubt():
            return doubt
        try:
            how = {"timeout": self._order_timeout, "urgency": ticket.urgency}
            answer = await self._client.futures_create_order(**form, requests_params=how)
        except CallFailed as failed:
            report = failed_report(failed)
        else:
            return answered_report(answer, ticket)
        if report.code in CLOCK_CODES:
            await self._reads.set_clock()  # so that the next attempt's ticket gets a timestamp that fits (R60)
        if report.code == REDUCE_ONLY_REJECT:
            return await self._carried_out(ticket) or report
        return report

    async def _carried_out(self, ticket: Ticket) -> SendReport | None:
        """A request that an edge repeats is refused the second time, because the first one left nothing to reduce."""
        try:
            order = await self.order_by_client_id(ticket.symbol, ticket.client_order_id)
        except ExchangeError:
            return None
        return None if order is None else SendReport(verdict=Verdict.ACCEPTED, order=order)

    async def cancel_order(self, symbol: str, order_id: int) -> bool:
        """True if it is gone (cancelled now, or no longer resting). Weight 1, or 2 if we have to look."""
        if await self._cancelled(self._client.futures_cancel_order(symbol=symbol, orderId=order_id)):
            return True
        order = await self.order_by_id(symbol, order_id)
        return order is None or order.final

    async def cancel_algo_order(self, symbol: str, algo_id: int) -> bool:
        """True if it is gone (cancelled now, or no longer resting). Weight 1, or 2 if we have to look."""
        if await self._cancelled(self._client.futures_cancel_algo_order(algoId=algo_id)):
            return True
        try:
            answer = await self._reads.ask(self._client.futures_get_algo_order(algoId=algo_id))
        except ExchangeRefused as refused:
            if refused.code == NO_SUCH_ORDER:
                return True
            raise
        return wire.text(wire.row(answer, f"a conditional order of {symbol}"), "algoStatus") not in _RESTING_ALGO

    async def _doubt(self) -> SendReport | None:
        """Why nothing may be sent to this account yet: it was away at the start, and could be another's (R63)."""
        if not self._wanted_alias or self.account_alias:
            return None
        try:
            await self.check_credentials()
        except ExchangeError as error:
            reaction = Reaction.HUMAN if isinstance(error, CredentialsRefused) else Reaction.BACK_OFF
            return SendReport(verdict=Verdict.REFUSED, reaction=reaction, message=str(error), retry_after_ms=500)
        return None

    async def _cancelled(self, request: Awaitable[object]) -> bool:
        """False if the exchange does not know the order: it may have been filled, or cancelled by somebody else."""
        try:
            await self._reads.ask(request)
        except ExchangeRefused as refused:
            if refused.code in {CANCEL_REJECTED, NO_SUCH_ORDER}:
                return False
            raise
        return True

    async def _order(self, request: Awaitable[object]) -> OrderState | None:
        try:
            answer = await self._reads.ask(request)
        except ExchangeRefused as refused:
            if refused.code == NO_SUCH_ORDER:
                return None
            raise
        return wire.order_state(wire.row(answer, "an order"))

    async def _account_config(self) -> wire.Row:
        account = wire.row(await self._reads.ask(self._client.futures_account_config()), "the account's configuration")
        self._hedge_mode = wire.flag(account, "dualSidePosition")
        return account

    async def _load_symbols(self) -> object:
        info = wire.row(await self._reads.ask(self._client.exchange_info(self._catalogue_timeout)), "exchangeInfo")
        try:
            self._limits.adopt(allowance.of_rows(info.get("rateLimits") or ()))
        except (UnreadableAnswer, TypeError) as unreadable:  # budgets are advice; the filters below are needed
            _log.warning("rate limits not understood; the known ones stay", reason=str(unreadable))
        return info

    async def _keep_up(self) -> None:
        with in_background():
            if self._clock.age_s() > _UPKEEP_S / 2:
                await self.exchange_time_ms()
            if self._catalogue.age_s() > _CATALOGUE_S:
                await self._catalogue.refresh()
