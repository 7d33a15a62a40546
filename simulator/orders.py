"""Orders and trades as values, and the store that finds them."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from simulator.decimals import ZERO

OPEN_STATUSES = frozenset({"NEW", "PARTIALLY_FILLED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What a client asks for, already validated."""

    symbol: str
    side: str
    position_side: str
    kind: str
    quantity: Decimal
    client_order_id: str
    price: Decimal = ZERO
    time_in_force: str = "GTC"
    reduce_only: bool = False
    close_position: bool = False
    self_trade_prevention: str = "EXPIRE_MAKER"
    price_match: str = "NONE"
    good_till_date: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """One state of an order; a change makes a new value. Times are exchange ms.

    `actor`: who sent it (account, outside, liquidation, adl). `amendments`: how often it was changed.
    """

    asked: NewOrder
    order_id: int
    time: int
    update_time: int
    status: str = "NEW"
    executed: Decimal = ZERO
    cum_quote: Decimal = ZERO
    expire_reason: int = 0
    actor: str = "account"
    amendments: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it can still execute."""
        return self.status in OPEN_STATUSES

    @property
    def remaining(self) -> Decimal:
        """Quantity not executed yet."""
        return self.asked.quantity - self.executed

    @property
    def average_price(self) -> Decimal:
        """Average of its fills, zero without any."""
        return self.cum_quote / self.executed if self.executed else ZERO


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill of one of the account's orders; `seen_at` is host monotonic us, for lagging reads."""

    trade_id: int
    order_id: int
    symbol: str
    side: str
    position_side: str
    price: Decimal
    quantity: Decimal
    commission: Decimal
    realized_pnl: Decimal
    maker: bool
    time: int
    seen_at: float


Version = tuple[float, Order]


class OrderStore:
    """Every order with its past states: by id, by client id (the newest wins), and the open ones."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, int], list[Version]] = {}
        self._by_client_id: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._of_symbol: dict[str, list[int]] = defaultdict(list)
        self._open: dict[str, dict[int, Order]] = defaultdict(dict)
        self._open_client_ids: set[str] = set()

    def record(self, order: Order, seen_at: float) -> None:
        """Add an order or its next state, visible from `seen_at`."""
        symbol, client_id = order.asked.symbol, order.asked.client_order_id
        versions = self._versions.setdefault((symbol, order.order_id), [])
        if not versions:
            self._by_client_id[symbol, client_id].append(order.order_id)
            self._of_symbol[symbol].append(order.order_id)
        versions.append((seen_at, order))
        if order.is_open:
            self._open[symbol][order.order_id] = order
            self._open_client_ids.add(client_id)
        elif self._open[symbol].pop(order.order_id, None):
            self._open_client_ids.discard(client_id)

    def by_id(self, symbol: str, order_id: int, as_of: float | None = None) -> Order | None:
        """Its state, now or before `as_of`."""
        return _state(self._versions.get((symbol, order_id), []), as_of)

    def by_client_id(self, symbol: str, client_id: str, as_of: float | None = None) -> Order | None:
        """The newest order that carried the id."""
        for order_id in reversed(self._by_client_id.get((symbol, client_id), [])):
            if order := self.by_id(symbol, order_id, as_of):
                return order
        return None

    def of_symbol(self, symbol: str, as_of: float | None = None) -> list[Order]:
        """Every order of the symbol, oldest first."""
        states = (self.by_id(symbol, order_id, as_of) for order_id in self._of_symbol.get(symbol, []))
        return [order for order in states if order]

    def amendments(self, order: Order) -> list[tuple[Order, Order]]:
        """Each change of its price or quantity: the states before and after."""
        states = [state for _, state in self._versions.get((order.asked.symbol, order.order_id), [])]
        return [(one, two) for one, two in pairwise(states) if two.amendments > one.amendments]

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """What rests now, of one symbol or of all."""
        if symbol is not None:
            return list(self._open.get(symbol, {}).values())
        return [order for orders in self._open.values() for order in orders.values()]

    def queue(self, symbol: str, side: str) -> list[Order]:
        """What rests on one side, best price first, oldest first at the same price."""
        resting = self._open.get(symbol)
        if not resting:
            return []
        own = [order for order in resting.values() if order.asked.side == side]
        return sorted(own, key=lambda order: order.asked.price, reverse=side == "BUY")

    def requeue(self, order: Order) -> None:
        """Put an open order behind the others of its price."""
        resting = self._open[order.asked.symbol]
        resting[order.order_id] = resting.pop(order.order_id)

    def has_open(self, client_id: str) -> bool:
        """Whether an open order carries the id."""
        return client_id in self._open_client_ids

    def count_open(self, symbol: str) -> int:
        """How many orders of the symbol rest."""
        return len(self._open.get(symbol, ()))

    def open_symbols(self) -> list[str]:
        """Symbols with something resting."""
        return [symbol for symbol, orders in self._open.items() if orders]


def _state(versions: list[Version], as_of: float | None) -> Order | None:
    if as_of is None:
        return versions[-1][1] if versions else None
    return next((order for seen_at, order in reversed(versions) if seen_at < as_of), None)
