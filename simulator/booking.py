"""Books a fill everywhere it shows: position, wallet, income, trades, ledger, events."""

from dataclasses import replace
from decimal import Decimal

from simulator.account import Account
from simulator.clock import Clock, monotonic_us
from simulator.config import SimulatorConfig
from simulator.decimals import ZERO, rounded
from simulator.events import AccountChanged, Events, OrderChanged, PublicTrade
from simulator.identifiers import Identifiers
from simulator.ledger import Ledger
from simulator.orders import Order, Trade
from simulator.positions import after_fill, isolated_wallet_after

FORCED = frozenset({"liquidation", "adl"})


class Booking:
    """What an execution does, once it is decided."""

    def __init__(
        self,
        config: SimulatorConfig,
        clock: Clock,
        account: Account,
        ledger: Ledger,
        identifiers: Identifiers,
        events: Events,
    ) -> None:
        self._config = config
        self._clock = clock
        self._account = account
        self._ledger = ledger
        self._identifiers = identifiers
        self._events = events

    def fill(self, order: Order, quantity: Decimal, price: Decimal, *, maker: bool = False) -> Order:
        """The order after so much of it has executed at that price."""
        asked, now = order.asked, self._clock.now_ms()
        before = self._account.position(asked.symbol, asked.position_side)
        after, gain = after_fill(before, quantity if asked.side == "BUY" else -quantity, price, now)
        if self._account.is_isolated(asked.symbol):
            kept = isolated_wallet_after(before, after, price, self._account.leverage(asked.symbol))
            after = replace(after, isolated_wallet=kept)
        trade = self._trade(order, quantity, price, gain, now, maker=maker)
        self._account.settle(trade, after)
        self._ledger.filled(trade, order, before, after)
        executed = order.executed + quantity
        done = replace(
            order,
            executed=executed,
            cum_quote=order.cum_quote + price * quantity,
            status="FILLED" if executed == asked.quantity else "PARTIALLY_FILLED",
            update_time=now,
        )
        self._events.emit(OrderChanged(done, "CALCULATED" if order.actor in FORCED else "TRADE", trade))
        self._events.emit(AccountChanged("ORDER", self._account.wallet, ZERO, (after,)))
        buyer_is_maker = maker == (asked.side == "BUY")
        self._events.emit(PublicTrade(asked.symbol, price, quantity, now, buyer_is_maker))
        return done

    def _trade(self, order: Order, quantity: Decimal, price: Decimal, gain: Decimal, now: int, *, maker: bool) -> Trade:
        asked = order.asked
        rate = self._config.maker_fee if maker else self._config.taker_fee
        return Trade(
            trade_id=self._identifiers.trade_id(asked.symbol),
            order_id=order.order_id,
            symbol=asked.symbol,
            side=asked.side,
            position_side=asked.position_side,
            price=price,
            quantity=quantity,
            commission=rounded(price * quantity * rate),
            realized_pnl=gain,
            maker=maker,
            time=now,
            seen_at=monotonic_us(),
        )
