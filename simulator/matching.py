"""The matching engine: executes orders against the book, rests limits, fills them when the price crosses."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from simulator.account import Account
from simulator.book import Book
from simulator.booking import Booking
from simulator.clock import Clock, monotonic_us
from simulator.config import SimulatorConfig
from simulator.decimals import ZERO, floor_to
from simulator.depth import Level
from simulator.errors import refusal
from simulator.events import Events, Execution, OrderChanged
from simulator.identifiers import Identifiers
from simulator.offers import OPPOSITE, beyond, merged
from simulator.orders import NewOrder, Order, OrderStore
from simulator.prices import Prices
from simulator.symbols import SymbolRules

ONE = Decimal(1)
NO_REASON, SELF_TRADE, IOC_REMAINDER, IOC_SELF_TRADE, KNOCKED_OUT, MARKET_REMAINDER = 0, 1, 2, 3, 4, 9
"""Why an order expired, as user events number it."""
IMMEDIATE = frozenset({"IOC", "FOK"})
STOPS_TAKER = frozenset({"EXPIRE_TAKER", "EXPIRE_BOTH"})


class Engine:
    """Executes what has been validated. `before_execution` is told of each execution just before it happens,
    `before_end` of each resting order that is about to end without one."""

    def __init__(
        self,
        config: SimulatorConfig,
        clock: Clock,
        prices: Prices,
        book: Book,
        account: Account,
        symbols: dict[str, SymbolRules],
        booking: Booking,
        identifiers: Identifiers,
        before_execution: Callable[[str, str], None],
        before_end: Callable[[str, str], None],
        events: Events,
    ) -> None:
        self._config = config
        self._clock = clock
        self._prices = prices
        self._book = book
        self._account = account
        self._symbols = symbols
        self._booking = booking
        self._before_execution = before_execution
        self._before_end = before_end
        self._events = events
        self.identifiers = identifiers
        self.orders = OrderStore()

    def place(self, asked: NewOrder, fraction: Decimal = ONE, remainder: int = MARKET_REMAINDER) -> Order:
        """Take an order in. `fraction` is how much of a market order finds a counterparty, `remainder` why the rest
        expires."""
        order = self._arrived(asked)
        if asked.kind == "MARKET":
            self._tell(order, "NEW")
            return self._ended(self._market(order, fraction, remainder))
        self._check_immediate(asked)
        self._tell(order, "NEW")
        return self._ended(self._limit(order))

    def act_outside(self, asked: NewOrder, price: Decimal | None) -> Order:
        """A market order of somebody else with access to the account, at a price of their own if given."""
        return self.force(asked, price, "outside")

    def force(self, asked: NewOrder, price: Decimal | None, actor: str) -> Order:
        """An order that the client did not send, executed at once. `actor`: outside, liquidation or adl."""
        order = replace(self._arrived(asked), actor=actor)
        self._tell(order, "NEW")
        at = price or self._prices.touch(asked.symbol, asked.side)
        quantity = self._allowed(order)
        filled = self._booking.fill(order, quantity, at) if quantity else order
        return self._ended(self._expired(filled, KNOCKED_OUT))

    def amend(self, order: Order, quantity: Decimal, price: Decimal) -> Order:
        """Change an open limit order; one that has executed that much, or that may not take, is cancelled."""
        asked = replace(order.asked, quantity=quantity, price=price)
        self._before_execution(asked.symbol, asked.client_order_id)
        if quantity <= order.executed or (asked.time_in_force == "GTX" and self._crosses(asked)):
            return self.cancel(order)
        now = self._clock.now_ms()
        changed = replace(order, asked=asked, amendments=order.amendments + 1, update_time=now)
        if price != order.asked.price or quantity > order.asked.quantity:
            self.orders.requeue(order)
        self.orders.record(changed, monotonic_us())
        self._tell(changed, "AMENDMENT")
        return self._ended(self._limit(changed)) if self._crosses(asked) else changed

    def cancel(self, order: Order) -> Order:
        """Take a resting order out."""
        return self._closed(order, "CANCELED", "CANCELED", NO_REASON)

    def cancel_all(self, symbol: str) -> None:
        """Take every resting order of the symbol out."""
        for order in self.orders.open_orders(symbol):
            self.cancel(order)

    def expire(self, order: Order, reason: int) -> Order:
        """Let a resting order end."""
        return self._closed(order, "EXPIRED", "EXPIRED", reason)

    def meet(self, order: Order, quantity: Decimal) -> Order:
        """Somebody takes so much of a resting order at its price; what it may not execute expires."""
        self._before_execution(order.asked.symbol, order.asked.client_order_id)
        allowed = self._allowed(order)
        part = min(quantity, allowed)
        met = self._booking.fill(order, part, order.asked.price, maker=True) if part else order
        if part == allowed:  # all of it, or all that it may reduce
            met = self._expired(met, KNOCKED_OUT)
        return self._ended(met)

    def match(self, symbol: str) -> None:
        """Fill what rests at prices that the touch has reached, as far as the book is deep there."""
        self._book.refill(symbol)
        for side in OPPOSITE:
            for order in self.orders.queue(symbol, side):
                if not self._crosses_touch(order.asked):
                    break
                if own := self._still_open(order):
                    met = self.meet(own, self._reachable(own.asked))
                    self._book.take(symbol, side, met.executed - own.executed, for_good=True)

    def reduces(self, asked: NewOrder) -> bool:
        """Whether the order may only take off: reduce-only, or hedge mode's closing side."""
        return asked.reduce_only or (asked.position_side, asked.side) in {("LONG", "SELL"), ("SHORT", "BUY")}

    def reducible(self, asked: NewOrder) -> Decimal:
        """How much of the position the order could take off now."""
        return self._account.position(asked.symbol, asked.position_side).reducible_by(asked.side)

    def make_room(self, symbol: str) -> None:
        """End resting orders that have nothing left to reduce, the one that would execute last first."""
        if self._config.keep_reduce_only_orphans:
            return
        for side in OPPOSITE:
            room: dict[str, Decimal] = {}
            for order in self.orders.queue(symbol, side):
                asked = order.asked
                if self.reduces(asked):
                    left = room.get(asked.position_side, self.reducible(asked))
                    if left <= ZERO:
                        self.expire(order, KNOCKED_OUT)
                    room[asked.position_side] = left - order.remaining

    def _arrived(self, asked: NewOrder) -> Order:
        self._before_execution(asked.symbol, asked.client_order_id)
        now = self._clock.now_ms()
        return Order(asked, self.identifiers.order_id(asked.symbol), now, now)

    def _ended(self, order: Order) -> Order:
        """Record what an execution left, and let other orders make room for it."""
        self.orders.record(order, monotonic_us())
        if order.executed or (order.is_open and self.reduces(order.asked)):
            self.make_room(order.asked.symbol)
        return order

    def _market(self, order: Order, fraction: Decimal, remainder: int) -> Order:
        asked = order.asked
        executable = self._allowed(order)
        wanted = executable
        if fraction != ONE:
            wanted = floor_to(executable * fraction, self._symbols[asked.symbol].lot.step)
        bound = self._config.market_take_bound.copy_sign(1 if asked.side == "BUY" else -1)
        worst = self._prices.mark(asked.symbol) * (1 + bound)
        parts = self._config.fills_per_market_order
        levels: Iterable[Level] = self._book.levels(asked.symbol, asked.side)
        if parts > 1:
            levels = self._sliced(asked, wanted, parts)
        taken = self._taken(order, wanted, worst, levels)
        return self._expired(taken, KNOCKED_OUT if taken.executed == executable else remainder)

    def _limit(self, order: Order) -> Order:
        """Execute what can be had within the limit; the rest waits unless it may not."""
        asked = order.asked
        if self._crosses(asked):
            allowed = self._allowed(order)
            levels = self._book.levels(asked.symbol, asked.side)
            executed = order.executed
            order = self._taken(order, allowed, asked.price, levels)
            if order.executed - executed == allowed:
                return self._expired(order, KNOCKED_OUT)
        return self._expired(order, IOC_REMAINDER) if asked.time_in_force in IMMEDIATE else order

    def _check_immediate(self, asked: NewOrder) -> None:
        """Post-only orders must not take; fill-or-kill orders must find everything."""
        if asked.time_in_force == "GTX" and self._crosses(asked):
            raise refusal(-5022)
        if asked.time_in_force == "FOK" and self._reachable(asked) < asked.quantity:
            raise refusal(-5021)
        if asked.time_in_force == "FOK" and asked.self_trade_prevention in STOPS_TAKER and self._crosses_own(asked):
            raise refusal(-5021)

    def _taken(self, order: Order, quantity: Decimal, worst: Decimal, levels: Iterable[Level]) -> Order:
        """Walk the book until the quantity is had, the price is too bad, or the account meets itself."""
        asked = order.asked
        for offer in merged(levels, self.orders.queue(asked.symbol, OPPOSITE[asked.side]), asked.side):
            if not quantity or not order.is_open or beyond(offer.price, worst, asked.side):
                break
            if offer.own is None:
                part = min(quantity, offer.quantity)
                order = self._booking.fill(order, part, offer.price)
                # where the rest may go on resting, what it met must be gone: else it would stand in a crossed book
                rests = asked.kind == "LIMIT" and asked.time_in_force not in IMMEDIATE
                self._book.take(asked.symbol, asked.side, part, for_good=rests)
                quantity -= part
            elif own := self._still_open(offer.own):
                met = self._met_itself(order, own, quantity)
                quantity -= met.executed - order.executed
                order = met
        return order

    def _still_open(self, order: Order) -> Order | None:
        now = self.orders.by_id(order.asked.symbol, order.order_id)
        return now if now is not None and now.is_open else None

    def _met_itself(self, order: Order, own: Order, quantity: Decimal) -> Order:
        """Self-trade prevention, by the mode of the order that takes; without any the account trades with itself."""
        mode = order.asked.self_trade_prevention
        if mode == "NONE":
            part = min(quantity, self._allowed(own))
            self.meet(own, part)
            return self._booking.fill(order, part, own.asked.price) if part else order
        if mode != "EXPIRE_TAKER":
            self._closed(own, "EXPIRED_IN_MATCH", "EXPIRED", SELF_TRADE)
        if mode == "EXPIRE_MAKER":
            return order
        return self._expired(order, IOC_SELF_TRADE if order.asked.time_in_force == "IOC" else SELF_TRADE)

    def _allowed(self, order: Order) -> Decimal:
        if not self.reduces(order.asked):
            return order.remaining
        return min(order.remaining, self.reducible(order.asked))

    def _crosses(self, asked: NewOrder) -> bool:
        """Whether the limit reaches the best opposite price, the account's own included."""
        return self._crosses_own(asked) or self._crosses_touch(asked)

    def _crosses_own(self, asked: NewOrder) -> bool:
        own = self.orders.queue(asked.symbol, OPPOSITE[asked.side])
        return bool(own) and not beyond(own[0].asked.price, asked.price, asked.side)

    def _crosses_touch(self, asked: NewOrder) -> bool:
        best = next(self._book.levels(asked.symbol, asked.side), None)
        return best is not None and not beyond(best.price, asked.price, asked.side)

    def _reachable(self, asked: NewOrder) -> Decimal:
        """How much others offer within the limit."""
        levels = self._book.levels(asked.symbol, asked.side)
        inside = (level.quantity for level in levels if not beyond(level.price, asked.price, asked.side))
        return sum(inside, ZERO)

    def _sliced(self, asked: NewOrder, quantity: Decimal, parts: int) -> Iterator[Level]:
        """The book as if its levels were pieces of this order, each a tick worse."""
        step = self._symbols[asked.symbol].lot.step
        for number, part in enumerate(_pieces(quantity, parts, step)):
            yield Level(self._prices.taken(asked.symbol, asked.side, number), part)

    def _expired(self, order: Order, reason: int) -> Order:
        if not order.remaining or not order.is_open:
            return order
        status = "EXPIRED_IN_MATCH" if reason in {SELF_TRADE, IOC_SELF_TRADE} else "EXPIRED"
        done = replace(order, status=status, expire_reason=reason, update_time=self._clock.now_ms())
        self._tell(done, "EXPIRED")
        return done

    def _closed(self, order: Order, status: str, execution: Execution, reason: int) -> Order:
        self._before_end(order.asked.symbol, order.asked.client_order_id)
        done = replace(order, status=status, expire_reason=reason, update_time=self._clock.now_ms())
        self.orders.record(done, monotonic_us())
        self._tell(done, execution)
        return done

    def _tell(self, order: Order, execution: Execution) -> None:
        self._events.emit(OrderChanged(order, execution))


def _pieces(quantity: Decimal, parts: int, step: Decimal) -> Iterator[Decimal]:
    """At most `parts` whole-step pieces that add up to the quantity."""
    each = floor_to(quantity / parts, step)
    if each > ZERO:
        for _ in range(parts - 1):
            yield each
            quantity -= each
    if quantity > ZERO:
        yield quantity
