"""PUT order: a resting limit order gets another price or quantity and keeps its id."""

from dataclasses import replace
from decimal import Decimal

from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.filters import check_limit_distance, check_price, check_quantity
from simulator.orders import Order
from simulator.placement import check_opening, check_reduction

MOST_AMENDMENTS = 10_000


def amend(exchange: Exchange, order: Order, side: str, quantity: Decimal, price: Decimal) -> Order:
    """The order as it is afterwards; `quantity` is the whole one, what has executed included."""
    _check_amendable(order, side, quantity, price)
    rules = exchange.rules(order.asked.symbol)
    check_quantity(rules, quantity, market=False)
    check_price(rules, price)
    check_limit_distance(rules, order.asked.side, price, exchange.prices.mark(rules.symbol))
    _check_carried(exchange, order, quantity, price)
    return exchange.engine.amend(order, quantity, price)


def _check_amendable(order: Order, side: str, quantity: Decimal, price: Decimal) -> None:
    if order.asked.kind != "LIMIT":
        raise refusal(-5025)
    if order.amendments >= MOST_AMENDMENTS:
        raise refusal(-5026)
    if side != order.asked.side:
        raise refusal(-1117)
    if (quantity, price) == (order.asked.quantity, order.asked.price):
        raise refusal(-5027)


def _check_carried(exchange: Exchange, order: Order, quantity: Decimal, price: Decimal) -> None:
    asked = replace(order.asked, quantity=quantity - order.executed, price=price)
    if asked.quantity <= 0:
        return  # it has executed that much: the amendment cancels it
    if exchange.engine.reduces(asked):
        if asked.quantity > order.remaining:
            check_reduction(exchange, replace(asked, quantity=asked.quantity - order.remaining))
        return
    rules = exchange.rules(asked.symbol)
    if quantity * price < rules.min_notional:
        raise refusal(-5029, rules.min_notional)
    check_opening(exchange, asked, already=exchange.margin.of_order(order))
