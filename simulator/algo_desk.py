"""Keeps conditional orders until their price has come, then sends them to the engine as regular orders."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.algo import GONE_WITH_POSITION, STOPS, AlgoOrder
from simulator.algo_store import AlgoStore
from simulator.errors import MESSAGES, ApiError, refusal
from simulator.events import AccountChanged, AlgoChanged, Event, OrderChanged
from simulator.lag import OF_ALGOS
from simulator.orders import NewOrder, Order
from simulator.price_match import matched_price

if TYPE_CHECKING:
    from simulator.exchange import Exchange

MAX_OPEN = 200
TRIGGER_PROTECT = Decimal("0.05")
"""As exchangeInfo tells it."""


class AlgoDesk:
    """NEW, TRIGGERING, TRIGGERED, FINISHED; or CANCELED, REJECTED, EXPIRED.

    An order may be TRIGGERING for a while (`algo_trigger_ms` of the configuration, on the exchange's clock). Meanwhile
    it can neither be cancelled nor may another order close what it is about to close (-4117).
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.orders = AlgoStore()
        self._firing: AlgoOrder | None = None
        self._filled: list[AlgoOrder] = []
        exchange.events.listen(self._heard)

    def next_id(self) -> int:
        """The id of the next conditional order."""
        return self._exchange.engine.identifiers.algo_id()

    def place(self, order: AlgoOrder) -> AlgoOrder:
        """Keep an order, unless its trigger has been passed or another stands in its way."""
        self._check(order)
        self._keep(order)
        if order.asked.good_till_date:
            self._at(order.asked.good_till_date, order, "NEW", self._expire)
        if order.is_trailing:
            self._follow(order)
        return order

    def cancel(self, order: AlgoOrder) -> None:
        """Stop waiting; -4117 while it is firing, -2011 when it does not wait."""
        if order.status == "TRIGGERING":
            raise refusal(-4117)
        if order.status != "NEW":
            raise refusal(-2011)
        self._keep(self._now(order, "CANCELED"))

    def cancel_all(self, symbol: str) -> None:
        """Stop all of a symbol that are not firing."""
        for order in self.open_orders(symbol):
            if order.status == "NEW":
                self.cancel(order)

    def open_orders(self, symbol: str | None = None) -> list[AlgoOrder]:
        """What still waits."""
        return self.orders.waiting(symbol)

    def is_firing(self, asked: NewOrder) -> bool:
        """Whether a conditional order is just about to do what this order asks for."""
        waiting = self.orders.waiting(asked.symbol)
        firing = (order.asked for order in waiting if order.status == "TRIGGERING")
        return any((other.side, other.position_side) == (asked.side, asked.position_side) for other in firing)

    def trigger(self, symbol: str) -> None:
        """Fire what the price has crossed."""
        for order in self.orders.waiting(symbol):
            current = self.orders.by_id(order.algo_id)
            if current is not None and current.status == "NEW":  # else it went with a position closed just now
                followed = self._follow(current)
                if followed.crossed(self._price(followed)):
                    self._fire(followed)

    def _check(self, order: AlgoOrder) -> None:
        waiting = self.orders.waiting()
        if any(other.asked.client_order_id == order.asked.client_order_id for other in waiting):
            raise refusal(-4116)
        if len(waiting) >= MAX_OPEN:
            raise refusal(-4045)
        if order.asked.close_position and any(_same_close(order, other) for other in waiting):
            raise refusal(-4130)
        price = self._price(order)
        if order.crossed(price) or (order.activate_price and order.activates(price)):
            raise refusal(-2021)

    def _price(self, order: AlgoOrder) -> Decimal:
        prices, symbol = self._exchange.prices, order.asked.symbol
        return prices.mark(symbol) if order.working_type == "MARK_PRICE" else prices.contract(symbol)

    def _follow(self, order: AlgoOrder) -> AlgoOrder:
        followed = order.follow(self._price(order))
        if followed.activated and not order.activated:
            followed = self._now(followed, "NEW")
            self._keep(followed)
        elif followed is not order:
            self.orders.record(followed)
        return followed

    def _fire(self, order: AlgoOrder) -> None:
        if order.price_protect and self._is_torn(order.asked.symbol):
            self._keep(replace(self._now(order, "EXPIRED"), reason="Price protection."))
            return
        firing = self._now(order, "TRIGGERING")
        firing = replace(firing, trigger_time=firing.update_time)
        self._keep(firing)
        if delay := self._exchange.config.algo_trigger_ms:
            self._at(firing.update_time + delay, firing, "TRIGGERING", self._execute)
        else:
            self._execute(firing)

    def _is_torn(self, symbol: str) -> bool:
        """Whether contract and mark lie farther apart than the symbol's trigger protection allows."""
        prices = self._exchange.prices
        mark = prices.mark(symbol)
        return abs(prices.contract(symbol) - mark) > mark * TRIGGER_PROTECT

    def _execute(self, order: AlgoOrder) -> None:
        engine, asked = self._exchange.engine, order.asked
        held = engine.reducible(asked)
        if engine.reduces(asked) and not held:
            status = "EXPIRED" if order.ends_with_position else "REJECTED"
            self._keep(replace(self._now(order, status), reason=MESSAGES[-2022]))
            return
        self._firing = order
        try:
            self._check_margin(asked, held)
            regular = engine.place(self._regular(asked, held))
            if regular.is_open and asked.good_till_date:
                self._exchange.expire_at(regular, asked.good_till_date)
        except ApiError as error:  # no margin, or a post-only or fill-or-kill limit that the engine does not take
            self._keep(replace(self._now(order, "REJECTED"), reason=error.msg))
        finally:
            self._firing = None

    def _regular(self, asked: NewOrder, held: Decimal) -> NewOrder:
        """What goes to the engine: all that is held for a close-position order."""
        quantity = held if asked.close_position else asked.quantity
        regular = replace(asked, quantity=quantity, client_order_id=self._client_id(asked))
        if asked.kind.endswith("MARKET"):
            return replace(regular, kind="MARKET", time_in_force="GTC", good_till_date=0)
        price = asked.price
        if asked.price_match != "NONE":
            price = matched_price(self._exchange, asked.symbol, asked.side, asked.price_match)
        time_in_force = "GTC" if asked.time_in_force == GONE_WITH_POSITION else asked.time_in_force
        return replace(regular, kind="LIMIT", price=price, time_in_force=time_in_force)

    def _client_id(self, asked: NewOrder) -> str:
        kept = self._exchange.config.algo_client_id == "kept"
        return asked.client_order_id if kept else self._exchange.engine.identifiers.client_id("algo")

    def _check_margin(self, asked: NewOrder, held: Decimal) -> None:
        """Nothing was checked when it was placed."""
        exchange = self._exchange
        if exchange.engine.reduces(asked):
            return
        price = asked.price or exchange.prices.mark(asked.symbol)
        needed = (asked.quantity - held) * price / exchange.account.leverage(asked.symbol)
        if needed > 0 and needed > exchange.margin.available():
            raise refusal(-2019)

    def _heard(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            self._changed(event)
        elif isinstance(event, AccountChanged):
            for order in self._filled:
                self._keep(order)
            self._filled.clear()
            for position in event.positions:
                self._clear(position.symbol)

    def _changed(self, event: OrderChanged) -> None:
        """Follow the regular order that a conditional one became."""
        if self._firing is not None and event.execution == "NEW":
            self._keep(self._became(self._firing, event.order, "TRIGGERED"))
            return
        order = self.orders.by_actual(event.order)
        if order is None:
            return
        followed = self._became(order, event.order, order.status if event.order.is_open else "FINISHED")
        if event.order.is_open:
            self.orders.record(followed)
        elif event.trade is not None:
            self._filled.append(followed)  # told behind what the fill did to the account
        else:
            self._keep(followed)

    def _clear(self, symbol: str) -> None:
        """End what cannot close anything any more."""
        for order in self.orders.waiting(symbol):
            if order.status == "NEW" and order.ends_with_position and not self._exchange.engine.reducible(order.asked):
                self._expire(order)

    def _expire(self, order: AlgoOrder) -> None:
        self._keep(self._now(order, "EXPIRED"))

    def _at(self, time_ms: int, order: AlgoOrder, status: str, act: Callable[[AlgoOrder], None]) -> None:
        """Do something to an order at an exchange time, if it still has that status."""

        def due() -> None:
            current = self.orders.by_id(order.algo_id)
            if current is not None and current.status == status:
                act(current)

        self._exchange.timetable.at(time_ms, f"algo {order.algo_id}", due)

    def _became(self, order: AlgoOrder, actual: Order, status: str) -> AlgoOrder:
        return replace(self._now(order, status), actual=actual)

    def _now(self, order: AlgoOrder, status: str) -> AlgoOrder:
        return replace(order, status=status, update_time=self._exchange.clock.now_ms())

    def _keep(self, order: AlgoOrder) -> None:
        """Record a state and tell of it."""
        asked = order.asked
        self._exchange.faults.changing(asked.symbol, asked.client_order_id, time.time_ns(), OF_ALGOS)
        self.orders.record(order)
        self._exchange.events.emit(AlgoChanged(order))


def _same_close(one: AlgoOrder, other: AlgoOrder) -> bool:
    first, second = one.asked, other.asked
    if not second.close_position:
        return False
    return (first.symbol, first.side, first.position_side) == (second.symbol, second.side, second.position_side) and (
        (first.kind in STOPS) == (second.kind in STOPS)
    )
