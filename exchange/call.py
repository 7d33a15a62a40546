"""One call as far as it may be told: to a trace, to the limits, to an operator. Never its query, which is signed."""

from dataclasses import dataclass

from exchange.cost import cost


@dataclass(frozen=True, slots=True)
class Call:
    """What may be told about a call."""

    method: str
    """Upper case."""
    path: str
    """Without the query."""
    host: str
    symbol: str | None = None
    client_order_id: str | None = None
    urgency: int = 0
    """Of an order: the larger goes first when there are more orders than the exchange allows."""
    background: bool = False
    """Nobody's close waits for the answer."""
    patience_s: float = 0.0
    """How long it may wait for its turn."""

    @property
    def places_order(self) -> bool:
        """Whether it counts against the account's order limits and must never be repeated."""
        return self.method == "POST" and self.path.endswith(("/order", "/algoOrder", "/batchOrders"))

    @property
    def weight(self) -> int:
        """What it takes of the address's request weight."""
        return cost(self.method, self.path, with_symbol=self.symbol is not None)
