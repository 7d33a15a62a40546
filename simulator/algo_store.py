"""Every conditional order: by id, by client id (the newest wins), by the order it became, and those that wait."""

from collections import defaultdict

from simulator.algo import WAITING, AlgoOrder
from simulator.orders import Order

Regular = tuple[str, int]


class AlgoStore:
    """The newest state of each."""

    def __init__(self) -> None:
        self._orders: dict[int, AlgoOrder] = {}
        self._waiting: dict[str, dict[int, AlgoOrder]] = defaultdict(dict)
        self._working: dict[Regular, int] = {}

    def record(self, order: AlgoOrder) -> None:
        """Add an order or its next state."""
        symbol, algo_id = order.asked.symbol, order.algo_id
        self._orders[algo_id] = order
        if order.status in WAITING:
            self._waiting[symbol][algo_id] = order
        else:
            self._waiting[symbol].pop(algo_id, None)
        if order.status == "TRIGGERED" and order.actual:
            self._working[symbol, order.actual.order_id] = algo_id
        elif order.actual:
            self._working.pop((symbol, order.actual.order_id), None)

    def by_id(self, algo_id: int) -> AlgoOrder | None:
        """Its state now."""
        return self._orders.get(algo_id)

    def by_client_id(self, client_id: str) -> AlgoOrder | None:
        """The newest with the client's id."""
        named = (order for order in reversed(self._orders.values()) if order.asked.client_order_id == client_id)
        return next(named, None)

    def by_actual(self, actual: Order) -> AlgoOrder | None:
        """The one that became this regular order and is not finished."""
        if not self._working:
            return None
        algo_id = self._working.get((actual.asked.symbol, actual.order_id))
        return None if algo_id is None else self._orders[algo_id]

    def of_symbol(self, symbol: str) -> list[AlgoOrder]:
        """Every conditional order of the symbol, oldest first."""
        return [order for order in self._orders.values() if order.asked.symbol == symbol]

    def waiting(self, symbol: str | None = None) -> list[AlgoOrder]:
        """Those that have not become a regular order, of one symbol or of all, oldest first."""
        if symbol is not None:
            return list(self._waiting[symbol].values()) if symbol in self._waiting else []
        return [order for orders in self._waiting.values() for order in orders.values()]
