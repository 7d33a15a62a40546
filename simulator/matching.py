"""The matching engine: executes orders against the touch, rests limits, fills them when the price crosses."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from simulator.account import Account
from simulator.clock import Clock, monotonic_us
from simulator.config import SimulatorConfig
from simulator.decimals import ZERO, floor_to, rounded
from simulator.errors import refusal
from simulator.identifiers import Identifiers
from simulator.ledger import Ledger
from simulator.orders import NewOrder, Order, OrderStore, Trade
from simulator.positions import after_fill
from simulator.prices import Prices
from simulator.symbols import SymbolRules

ONE = Decimal(1)
IOC_REMAINDER, KNOCKED_OUT, MARKET_REMAINDER = 2, 4, 9  # expiry reasons, as user events number them


class Engine:
    """Executes what has been validated. `before_execution` is told of each execution just before it happens."""

    def __init__(
        self,
        config: SimulatorConfig,
        clock: Clock,
        prices: Prices,
        account: Account,
        symbols: dict[str, SymbolRules],
        ledger: Ledger,
        before_execution: Callable[[str, str], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._prices = prices
        self._account = account
        self._symbols = symbols
        self._ledger = ledger
        self._before_execution = before_execution
        self.identifiers = Identifiers(config.seed)
        self.orders = OrderStore()

    def place(self, asked: NewOrder, fraction: Decimal = ONE) -> Order:
        """Take an order in. `fraction` is how much of a market order finds a counterparty."""
        order = self._arrived(asked)
        if asked.kind == "MARKET":
            executable = self._allowed(order)
            step = self._symbols[asked.symbol].lot.step
            found = executable if fraction == ONE else floor_to(executable * fraction, step)
            done = self._expired(self._taken(order, found), KNOCKED_OUT if found == executable else MARKET_REMAINDER)
        else:
            done = self._limit(order)
        self.orders.record(done, monotonic_us())
        return done

    def act_outside(self, asked: NewOrder, price: Decimal | None) -> Order:
        """A market order of somebody else with access to the account, at a price of their own if given."""
        order = self._arrived(asked)
        at = price or self._prices.touch(asked.symbol, asked.side)
        quantity = self._allowed(order)
        filled = self._filled(order, quantity, at, actor="outside") if quantity else order
        done = self._expired(filled, KNOCKED_OUT)
        self.orders.record(done, monotonic_us())
        return done

    def cancel(self, order: Order) -> Order:
        """Take a resting order out."""
        done = replace(order, status="CANCELED", update_time=self._clock.now_ms())
        self.orders.record(done, monotonic_us())
        return done

    def match(self, symbol: str) -> None:
        """Fill what rests at prices that the touch has reached; the maker gets the order's own price."""
        for order in self.orders.open_orders(symbol):
            if not self._crosses(order.asked):
                continue
            self._before_execution(symbol, order.asked.client_order_id)
            quantity = self._allowed(order)
            filled = self._filled(order, quantity, order.asked.price, maker=True) if quantity else order
            self.orders.record(self._expired(filled, KNOCKED_OUT), monotonic_us())

    def reduces(self, asked: NewOrder) -> bool:
        """Whether the order may only take off: reduce-only, or hedge mode's closing side."""
        return asked.reduce_only or (asked.position_side, asked.side) in {("LONG", "SELL"), ("SHORT", "BUY")}

    def reducible(self, asked: NewOrder) -> Decimal:
        """How much of the position the order could take off now."""
        return self._account.position(asked.symbol, asked.position_side).reducible_by(asked.side)

    def _arrived(self, asked: NewOrder) -> Order:
        self._before_execution(asked.symbol, asked.client_order_id)
        now = self._clock.now_ms()
        return Order(asked, self.identifiers.order_id(asked.symbol), now, now)

    def _allowed(self, order: Order) -> Decimal:
        if not self.reduces(order.asked):
            return order.remaining
        return min(order.remaining, self.reducible(order.asked))

    def _crosses(self, asked: NewOrder) -> bool:
        touch = self._prices.touch(asked.symbol, asked.side)
        return asked.price >= touch if asked.side == "BUY" else asked.price <= touch

    def _limit(self, order: Order) -> Order:
        asked = order.asked
        crosses = self._crosses(asked)
        if asked.time_in_force == "GTX" and crosses:
            raise refusal(-5022)
        if asked.time_in_force == "FOK" and not crosses:
            raise refusal(-5021)
        if crosses:
            touch = self._prices.touch(asked.symbol, asked.side)
            quantity = self._allowed(order)
            return self._expired(self._filled(order, quantity, touch) if quantity else order, KNOCKED_OUT)
        return self._expired(order, IOC_REMAINDER) if asked.time_in_force == "IOC" else order

    def _taken(self, order: Order, quantity: Decimal) -> Order:
        step = self._symbols[order.asked.symbol].lot.step
        for number, part in enumerate(_slices(quantity, self._config.fills_per_market_order, step)):
            price = self._prices.taken(order.asked.symbol, order.asked.side, number)
            order = self._filled(order, part, price)
        return order

    def _filled(
        self, order: Order, quantity: Decimal, price: Decimal, *, maker: bool = False, actor: str = "account"
    ) -> Order:
        asked, now = order.asked, self._clock.now_ms()
        before = self._account.position(asked.symbol, asked.position_side)
        change = quantity if asked.side == "BUY" else -quantity
        after, gain = after_fill(before, change, price, now)
        rate = self._config.maker_fee if maker else self._config.taker_fee
        trade = Trade(
            trade_id=self.identifiers.trade_id(asked.symbol),
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
        self._account.settle(trade, after)
        self._ledger.filled(trade, order, before, after, actor)
        executed = order.executed + quantity
        status = "FILLED" if executed == asked.quantity else "PARTIALLY_FILLED"
        quote = order.cum_quote + price * quantity
        return replace(order, executed=executed, cum_quote=quote, status=status, update_time=now)

    def _expired(self, order: Order, reason: int) -> Order:
        if not order.remaining:
            return order
        return replace(order, status="EXPIRED", expire_reason=reason, update_time=self._clock.now_ms())


def _slices(quantity: Decimal, parts: int, step: Decimal) -> Iterator[Decimal]:
    """At most `parts` whole-step pieces that add up to the quantity."""
    each = floor_to(quantity / parts, step)
    if each > ZERO:
        for _ in range(parts - 1):
            yield each
            quantity -= each
    if quantity > ZERO:
        yield quantity
