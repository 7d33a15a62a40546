"""Every conditional order: by id, by client id (the newest wins), by the order it became, and those that wait."""

from collections import defaultdict

from simulator.algo import WAITING, AlgoOrder
from simulator.clock import monotonic_us
from simulator.orders import Order

Regular = tuple[str, int]


class AlgoStore:
    """The newest state of each, and when the others were left, for reads that lag (`as_of`, host monotonic us)."""

    def __init__(self) -> None:
        self._orders: dict[int, AlgoOrder] = {}
        self._past: dict[int, list[tuple[float, AlgoOrder]]] = defaultdict(list)
        self._waiting: dict[str, dict[int, AlgoOrder]] = defaultdict(dict)
        self._working: dict[Regular, int] = {}

    def record(self, order: AlgoOrder) -> None:
        """Add an order or its next state."""
        symbol, algo_id = order.asked.symbol, order.algo_id
        self._orders[algo_id] = order
        self._past[algo_id].append((monotonic_us(), order))
        if order.status in WAITING:
            self._waiting[symbol][algo_id] = order
        else:
            self._waiting[symbol].pop(algo_id, None)
        if order.status == "TRIGGERED" and order.actual:
            self._working[symbol, order.actual.order_id] = algo_id
        elif order.actual:
            self._working.pop((symbol, order.actual.order_id), None)

    def by_id(self, algo_id: int, as_of: float | None = None) -> AlgoOrder | None:
        """Its state now, or before `as_of`."""
        if as_of is None:
            return self._orders.get(algo_id)
        return next((order for at, order in reversed(self._past.get(algo_id, [])) if at < as_of), None)

    def by_client_id(self, client_id: str, as_of: float | None = None) -> AlgoOrder | None:
        """The newest with the client's id."""
        orders = reversed(self._states(as_of))
        return next((order for order in orders if order.asked.client_order_id == client_id), None)

    def by_actual(self, actual: Order) -> AlgoOrder | None:
        """The one that became this regular order and is not finished."""
        if not self._working:
            return None
        algo_id = self._working.get((actual.asked.symbol, actual.order_id))
        return None if algo_id is None else self._orders[algo_id]

    def of_symbol(self, symbol: str, as_of: float | None = None) -> list[AlgoOrder]:
        """Every conditional order of the symbol, oldest first."""
        return [order for order in self._states(as_of) if order.asked.symbol == symbol]

    def waited(self, symbol: str | None, as_of: float) -> list[AlgoOrder]:
        """Those that had not become a regular order then."""
        then = (order for order in self._states(as_of) if order.status in WAITING)
        return [order for order in then if symbol in (None, order.asked.symbol)]

    def _states(self, as_of: float | None) -> list[AlgoOrder]:
        states = (self.by_id(algo_id, as_of) for algo_id in self._orders)
        return [order for order in states if order is not None]

    def waiting(self, symbol: str | None = None) -> list[AlgoOrder]:
        """Those that have not become a regular order, of one symbol or of all, oldest first."""
        if symbol is not None:
            return list(self._waiting[symbol].values()) if symbol in self._waiting else []
        return [order for orders in self._waiting.values() for order in orders.values()]
