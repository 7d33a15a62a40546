"""Conditional orders: kept until the mark crosses their trigger, then sent to the engine as regular orders."""

from dataclasses import dataclass, replace
from decimal import Decimal

from simulator.account import Account
from simulator.clock import Clock
from simulator.decimals import ZERO
from simulator.errors import ApiError, refusal
from simulator.matching import Engine
from simulator.orders import NewOrder, Order
from simulator.prices import Prices

STOPS = frozenset({"STOP", "STOP_MARKET"})
PROFITS = frozenset({"TAKE_PROFIT", "TAKE_PROFIT_MARKET"})
TRAILING = "TRAILING_STOP_MARKET"
KINDS = STOPS | PROFITS | {TRAILING}
MAX_OPEN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgoOrder:
    """One state of a conditional order. `asked.kind` is the conditional type, `asked.client_order_id` its algo id."""

    asked: NewOrder
    algo_id: int
    trigger_price: Decimal
    create_time: int
    update_time: int
    working_type: str = "CONTRACT_PRICE"
    price_protect: bool = False
    callback_rate: Decimal = ZERO
    activate_price: Decimal = ZERO
    status: str = "NEW"
    trigger_time: int = 0
    actual: Order | None = None

    def crossed(self, mark: Decimal) -> bool:
        """Whether the mark has reached the trigger: stops follow the order's side, take-profits oppose it."""
        if self.asked.kind == TRAILING:
            return False
        upwards = (self.asked.side == "BUY") == (self.asked.kind in STOPS)
        return mark >= self.trigger_price if upwards else mark <= self.trigger_price


class AlgoDesk:
    """Keeps conditional orders and fires them."""

    def __init__(self, engine: Engine, clock: Clock, account: Account, prices: Prices) -> None:
        self._engine = engine
        self._clock = clock
        self._account = account
        self._prices = prices
        self._orders: dict[int, AlgoOrder] = {}

    def next_id(self) -> int:
        """The id of the next conditional order."""
        return self._engine.identifiers.algo_id()

    def place(self, order: AlgoOrder) -> AlgoOrder:
        """Keep an order, unless its trigger has been passed or another stands in its way."""
        waiting = self.open_orders()
        if any(other.asked.client_order_id == order.asked.client_order_id for other in waiting):
            raise refusal(-4116)
        if len(waiting) >= MAX_OPEN:
            raise refusal(-4045)
        if order.asked.close_position and any(_same_close(order, other) for other in waiting):
            raise refusal(-4130)
        if order.crossed(self._prices.mark(order.asked.symbol)):
            raise refusal(-2021)
        self._orders[order.algo_id] = order
        return order

    def find(self, algo_id: int | None, client_id: str | None) -> AlgoOrder | None:
        """By its id, or the newest with the client's id."""
        if algo_id is not None:
            return self._orders.get(algo_id)
        named = (order for order in reversed(self._orders.values()) if order.asked.client_order_id == client_id)
        return next(named, None)

    def of_symbol(self, symbol: str) -> list[AlgoOrder]:
        """Every conditional order of the symbol, oldest first."""
        return [order for order in self._orders.values() if order.asked.symbol == symbol]

    def open_orders(self, symbol: str | None = None) -> list[AlgoOrder]:
        """What still waits."""
        waiting = (order for order in self._orders.values() if order.status == "NEW")
        return [order for order in waiting if symbol in (None, order.asked.symbol)]

    def cancel(self, order: AlgoOrder) -> None:
        """Stop waiting."""
        self._orders[order.algo_id] = replace(order, status="CANCELED", update_time=self._clock.now_ms())

    def trigger(self, symbol: str) -> None:
        """Fire what the mark has crossed."""
        mark = self._prices.mark(symbol)
        for order in self.open_orders(symbol):
            if order.crossed(mark):
                self._orders[order.algo_id] = self._fired(order)

    def _fired(self, order: AlgoOrder) -> AlgoOrder:
        now = self._clock.now_ms()
        asked = order.asked
        held = self._engine.reducible(asked)
        fired = replace(order, update_time=now, trigger_time=now)
        if self._engine.reduces(asked) and not held:
            return replace(fired, status="EXPIRED" if asked.close_position else "REJECTED")
        quantity = held if asked.close_position else asked.quantity
        kind = "MARKET" if asked.kind.endswith("MARKET") else "LIMIT"
        regular = replace(asked, kind=kind, quantity=quantity)
        try:
            return replace(fired, status="FINISHED", actual=self._engine.place(regular))
        except ApiError:  # a post-only or fill-or-kill limit that the engine does not take
            return replace(fired, status="REJECTED")


def _same_close(one: AlgoOrder, other: AlgoOrder) -> bool:
    first, second = one.asked, other.asked
    if not second.close_position:
        return False
    return (first.symbol, first.side, first.position_side) == (second.symbol, second.side, second.position_side) and (
        (first.kind in STOPS) == (second.kind in STOPS)
    )
