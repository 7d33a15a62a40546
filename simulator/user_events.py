"""From what happened inside the exchange to the messages of the user stream, in the order of the live one."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import singledispatchmethod

from simulator.decimals import ZERO, trimmed
from simulator.events import (
    AccountChanged,
    AlgoChanged,
    Event,
    LeverageChanged,
    ListenKeyGone,
    MarginCalled,
    OrderChanged,
)
from simulator.exchange import Exchange
from simulator.orders import Order
from simulator.positions import Position
from simulator.user_message import Row, UserMessage
from simulator.wire_account import break_even
from simulator.wire_user import (
    account_update,
    algo_update,
    key_expired,
    leverage_update,
    margin_call,
    order_update,
    trade_lite,
)


class UserEvents:
    """Composes messages.

    One fill is told as TRADE_LITE, ORDER_TRADE_UPDATE NEW, ACCOUNT_UPDATE, ORDER_TRADE_UPDATE TRADE: the sequence that
    was captured on the live stream. The engine's own order of events is another.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._realized = Realized(exchange)

    def messages(self, batch: Sequence[Event], key: str) -> list[UserMessage]:
        """What one step of the engine says under the live key."""
        told: list[UserMessage] = []
        now = self._exchange.clock.now_ms()
        for event in batch:
            self._tell(event, told, key, now)
        return told

    @singledispatchmethod
    def _tell(self, _event: Event, _told: list[UserMessage], _key: str, _now: int) -> None:
        """Nothing about events that are none of the account's."""

    @_tell.register
    def _(self, event: OrderChanged, told: list[UserMessage], key: str, now: int) -> None:
        order, trade = event.order, event.trade
        about = (order.asked.symbol, order.asked.client_order_id, order.order_id)
        if trade:
            lite = UserMessage(key, "TRADE_LITE", trade_lite(order, trade, now), "", *about)
            told.insert(_first(told, order), lite)
        row = order_update(order, event.execution, trade, now)
        told.append(UserMessage(key, "ORDER_TRADE_UPDATE", row, event.execution, *about))

    @_tell.register
    def _(self, event: AccountChanged, told: list[UserMessage], key: str, now: int) -> None:
        positions = [self._position(held) for held in event.positions]
        at = max((held.update_time for held in event.positions), default=now)
        balance = (event.wallet, self._exchange.account.cross_wallet, event.change)
        row = account_update(event.reason, balance, positions, (at, now))
        fill = told[-1] if event.reason == "ORDER" and told and told[-1].fills else None
        symbol = event.positions[0].symbol if len(event.positions) == 1 else None
        message = UserMessage(key, "ACCOUNT_UPDATE", row, symbol=symbol, client_id=fill.client_id if fill else "")
        told.insert(len(told) - 1 if fill else len(told), message)

    @_tell.register
    def _(self, event: AlgoChanged, told: list[UserMessage], key: str, now: int) -> None:
        algo = event.algo
        row = algo_update(algo, now)
        about = (algo.status, algo.asked.symbol, algo.asked.client_order_id)
        message = UserMessage(key, "ALGO_UPDATE", row, *about)
        told.insert(_first(told, algo.actual) if algo.status == "TRIGGERED" else len(told), message)

    @_tell.register
    def _(self, event: LeverageChanged, told: list[UserMessage], key: str, now: int) -> None:
        row = leverage_update(event.symbol, event.leverage, now)
        told.append(UserMessage(key, "ACCOUNT_CONFIG_UPDATE", row, symbol=event.symbol))

    @_tell.register
    def _(self, event: MarginCalled, told: list[UserMessage], key: str, now: int) -> None:
        rows = [self._called(held, maintenance) for held, maintenance in event.positions]
        told.append(UserMessage(key, "MARGIN_CALL", margin_call(event.wallet, rows, now)))

    @_tell.register
    def _(self, event: ListenKeyGone, told: list[UserMessage], _key: str, now: int) -> None:
        if event.expired:
            told.append(UserMessage(event.key, "listenKeyExpired", key_expired(event.key, now)))

    def _position(self, held: Position) -> Row:
        return {
            "s": held.symbol,
            "pa": trimmed(held.amount),
            "ep": trimmed(held.entry_price),
            "cr": trimmed(self._realized.of(held)),
            "up": trimmed(self._exchange.margin.unrealized(held)),
            "mt": "isolated" if self._exchange.account.is_isolated(held.symbol) else "cross",
            "iw": trimmed(held.isolated_wallet),
            "ps": held.side,
            "ma": "USDT",
            "bep": trimmed(break_even(self._exchange.config.taker_fee, held)),
        }

    def _called(self, held: Position, maintenance: Decimal) -> Row:
        return {
            "s": held.symbol,
            "ps": held.side,
            "pa": trimmed(held.amount),
            "mt": "ISOLATED" if self._exchange.account.is_isolated(held.symbol) else "CROSSED",
            "iw": trimmed(held.isolated_wallet),
            "mp": trimmed(self._exchange.prices.mark(held.symbol)),
            "up": trimmed(self._exchange.margin.unrealized(held)),
            "mm": trimmed(maintenance),
        }


def _first(told: list[UserMessage], order: Order | None) -> int:
    """Where the order is first told of, or the end."""
    number = order.order_id if order else 0
    known = (at for at, message in enumerate(told) if message.name == "ORDER_TRADE_UPDATE")
    return next((at for at in known if told[at].order_id == number), len(told))


class Realized:
    """Profit that each side of each symbol has realised so far, before fees; every fill is added once."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._counted: dict[str, int] = defaultdict(int)
        self._sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)

    def of(self, held: Position) -> Decimal:
        """The sum up to now."""
        trades = self._exchange.account.trades(held.symbol, None)
        for trade in trades[self._counted[held.symbol] :]:
            self._sums[trade.symbol, trade.position_side] += trade.realized_pnl
        self._counted[held.symbol] = len(trades)
        return self._sums[held.symbol, held.side]
