"""At which orders a fault is aimed: those that open, those that reduce, those that another one stands in the way of."""

from collections.abc import Callable

from simulator.exchange import Exchange
from simulator.parameters import Parameters

CLOSING = frozenset({("LONG", "SELL"), ("SHORT", "BUY")})


def aimed_at(exchange: Exchange, parameters: Parameters) -> Callable[[str], bool]:
    """Whether an aim fits the order that a call describes. A call that places no order fits `all` only."""

    def fits(only: str) -> bool:
        if only == "all":
            return True
        if "side" not in parameters:
            return False
        if only == "conflicting":
            return reduces(parameters) and same_side_rests(exchange, parameters)
        return reduces(parameters) == (only == "reducing")

    return fits


def reduces(parameters: Parameters) -> bool:
    """As the exchange's overload protection sees it: by what the order says, whatever the position is."""
    said = any((parameters.text(name) or "").lower() == "true" for name in ("reduceOnly", "closePosition"))
    return said or (parameters.text("positionSide"), parameters.text("side")) in CLOSING


def same_side_rests(exchange: Exchange, parameters: Parameters) -> bool:
    """Whether an order of the same side rests."""
    resting = exchange.engine.orders.open_orders(parameters.text("symbol"))
    return any(order.asked.side == parameters.text("side") for order in resting)
