"""Signed calls about orders, one at a time."""

from simulator.amendment import amend
from simulator.call import Call, Route, by_symbol
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.orders import Order
from simulator.placement import check_age, check_order, place, read_order, read_price
from simulator.wire import amended_row, order_row, placed_row

DAY = 24 * 3600 * 1000
UNFILLED_KEPT = 3 * DAY
KEPT = 90 * DAY


def place_order(exchange: Exchange, call: Call) -> object:
    """POST order: checked at the edge, then again for age at the engine."""
    order = place(exchange, call)
    result = call.params.text("newOrderRespType") == "RESULT"
    legacy = exchange.config.legacy_order_fields
    return placed_row(order, exchange.rules(order.asked.symbol), result=result, legacy=legacy)


def test_order(exchange: Exchange, call: Call) -> object:
    """POST order/test: everything but the order."""
    asked = read_order(exchange, call.params)
    check_age(exchange, call)
    check_order(exchange, asked)
    now = exchange.clock.now_ms()
    return placed_row(Order(asked, 0, now, now), exchange.rules(asked.symbol), result=True, legacy=True)


def change(exchange: Exchange, call: Call) -> object:
    """PUT order: another price or quantity for a resting one."""
    order = named(exchange, call)
    if order is None or not order.is_open:
        raise refusal(-2013)
    params = call.params
    side, quantity = params.required("side"), params.required_decimal("quantity")
    price = read_price(exchange, params, order.asked.symbol, side)
    check_age(exchange, call)
    changed = amend(exchange, order, side, quantity, price)
    return amended_row(changed, exchange.rules(changed.asked.symbol))


def query(exchange: Exchange, call: Call) -> object:
    """GET order: old orders are forgotten, unfilled ones sooner."""
    order = named(exchange, call)
    if order is None or _forgotten(order, exchange.clock.now_ms()):
        raise refusal(-2013)
    return order_row(order, exchange.rules(order.asked.symbol))


def query_open(exchange: Exchange, call: Call) -> object:
    """GET openOrder."""
    order = named(exchange, call)
    if order is None or not order.is_open:
        raise refusal(-2013)
    return order_row(order, exchange.rules(order.asked.symbol))


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE order."""
    order = named(exchange, call)
    if order is None or not order.is_open:
        raise refusal(-2011)
    done = exchange.engine.cancel(order)
    legacy = exchange.config.legacy_order_fields
    return placed_row(done, exchange.rules(done.asked.symbol), result=True, legacy=legacy)


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE allOpenOrders: the regular ones of one symbol."""
    exchange.engine.cancel_all(exchange.rules(call.params.required("symbol")).symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def count_down(exchange: Exchange, call: Call) -> object:
    """POST countdownCancelAll: cancel everything of a symbol unless this is repeated in time; 0 calls it off."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    time_ms = call.params.required_integer("countdownTime")
    if time_ms < 0:
        raise refusal(-1130, "countdownTime")
    exchange.countdown.start(symbol, time_ms)
    return {"symbol": symbol, "countdownTime": str(time_ms)}


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET openOrders, of one symbol or all."""
    symbol = call.params.text("symbol")
    if symbol is not None:
        exchange.rules(symbol)
    store = exchange.engine.orders
    if call.as_of is None:
        found = store.open_orders(symbol)
    else:
        names = exchange.symbols if symbol is None else [symbol]
        found = [order for name in names for order in store.of_symbol(name, call.as_of) if order.is_open]
    return [order_row(order, exchange.rules(order.asked.symbol)) for order in found]


def named(exchange: Exchange, call: Call) -> Order | None:
    """The order that a call names by its id or the client's."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    order_id, client_id = call.params.integer("orderId"), call.params.text("origClientOrderId")
    if order_id is not None:
        return exchange.engine.orders.by_id(symbol, order_id, call.as_of)
    if client_id is None:
        raise refusal(-1102, "origClientOrderId' or 'orderId")
    return exchange.engine.orders.by_client_id(symbol, client_id, call.as_of)


def _forgotten(order: Order, now: int) -> bool:
    unfilled = order.status in {"CANCELED", "EXPIRED"} and not order.executed
    return now - order.time > KEPT or (unfilled and now - order.time > UNFILLED_KEPT)


def routes() -> list[Route]:
    """The signed routes about single orders."""
    return [
        Route("POST /fapi/v1/order", place_order, 0, places_order=True),
        Route("POST /fapi/v1/order/test", test_order, 1),
        Route("PUT /fapi/v1/order", change, 0, counts=(1, 1)),
        Route("GET /fapi/v1/order", query, 1),
        Route("DELETE /fapi/v1/order", cancel, 1),
        Route("GET /fapi/v1/openOrder", query_open, 1),
        Route("GET /fapi/v1/openOrders", open_orders, by_symbol(1, 40)),
        Route("DELETE /fapi/v1/allOpenOrders", cancel_all, 1),
        Route("POST /fapi/v1/countdownCancelAll", count_down, 10),
    ]
