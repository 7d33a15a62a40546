"""Signed calls about orders and trades."""

from simulator.account import between, from_id
from simulator.call import Call, Route, by_symbol
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.orders import Order
from simulator.parameters import Parameters
from simulator.placement import check_order, read_order
from simulator.wire import history_row, order_row, placed_row, trade_row

DAY = 24 * 3600 * 1000
LONGEST_SPAN = 7 * DAY
UNFILLED_KEPT = 3 * DAY
KEPT = 90 * DAY


def place(exchange: Exchange, call: Call) -> object:
    """POST order: checked at the edge, then again for age at the engine."""
    exchange.limits.check_order()
    asked = read_order(exchange, call.params)
    if exchange.clock.now_ms() - call.timestamp > call.recv_window:
        raise refusal(-5028)
    check_order(exchange, asked)
    order = exchange.engine.place(asked, call.fraction)
    if call.request:
        call.request.settle("accepted", order_id=order.order_id)
    result = call.params.text("newOrderRespType") == "RESULT"
    legacy = exchange.config.legacy_order_fields
    return placed_row(order, exchange.rules(asked.symbol), result=result, legacy=legacy)


def query(exchange: Exchange, call: Call) -> object:
    """GET order: old orders are forgotten, unfilled ones sooner."""
    order = _named(exchange, call)
    if order is None or _forgotten(order, exchange.clock.now_ms()):
        raise refusal(-2013)
    return order_row(order, exchange.rules(order.asked.symbol))


def query_open(exchange: Exchange, call: Call) -> object:
    """GET openOrder."""
    order = _named(exchange, call)
    if order is None or not order.is_open:
        raise refusal(-2013)
    return order_row(order, exchange.rules(order.asked.symbol))


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE order."""
    order = _named(exchange, call)
    if order is None or not order.is_open:
        raise refusal(-2011)
    done = exchange.engine.cancel(order)
    legacy = exchange.config.legacy_order_fields
    return placed_row(done, exchange.rules(done.asked.symbol), result=True, legacy=legacy)


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE allOpenOrders: the regular ones of one symbol."""
    symbol = _symbol(exchange, call.params)
    for order in exchange.engine.orders.open_orders(symbol):
        exchange.engine.cancel(order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


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


def all_orders(exchange: Exchange, call: Call) -> object:
    """GET allOrders: from an order id on, or of a time span."""
    params, limit = call.params, call.params.limit(500, 1000)
    names = [_symbol(exchange, params)] if "symbol" in params else list(exchange.symbols)
    first = params.integer("orderId")
    orders = [order for name in names for order in exchange.engine.orders.of_symbol(name, call.as_of)]
    if first is not None:
        chosen = [order for order in orders if order.order_id >= first][:limit]
    else:
        start, end = _span(params, exchange.clock.now_ms())
        inside = [order for order in orders if start <= order.time <= end]
        chosen = inside[:limit] if "startTime" in params else inside[-limit:]
    return [history_row(order, exchange.rules(order.asked.symbol)) for order in chosen]


def user_trades(exchange: Exchange, call: Call) -> object:
    """GET userTrades: from a trade id on, or of a time span; the newest when no start is given."""
    params, limit = call.params, call.params.limit(500, 1000)
    symbol = _symbol(exchange, params)
    order_id, first = params.integer("orderId"), params.integer("fromId")
    trades = exchange.account.trades(symbol, order_id, call.as_of)
    if first is not None:
        if "startTime" in params or "endTime" in params:
            raise refusal(-1128)
        chosen = from_id(trades, first)[:limit]
    else:
        start, end = _span(params, exchange.clock.now_ms())
        inside = between(trades, start, end)
        chosen = inside[:limit] if "startTime" in params else inside[-limit:]
    return [trade_row(trade, exchange.rules(symbol)) for trade in chosen]


def _span(params: Parameters, now: int) -> tuple[int, int]:
    start, end = params.integer("startTime"), params.integer("endTime")
    if start is None:
        end = now if end is None else end
        return end - LONGEST_SPAN, end
    if end is None:
        return start, start + LONGEST_SPAN
    if end - start > LONGEST_SPAN:
        raise refusal(-4165, 7)
    return start, end


def _symbol(exchange: Exchange, params: Parameters) -> str:
    return exchange.rules(params.required("symbol")).symbol


def _named(exchange: Exchange, call: Call) -> Order | None:
    symbol = _symbol(exchange, call.params)
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
    """The signed routes about orders and trades."""
    return [
        Route("POST /fapi/v1/order", place, 0, places_order=True),
        Route("GET /fapi/v1/order", query, 1),
        Route("DELETE /fapi/v1/order", cancel, 1),
        Route("GET /fapi/v1/openOrder", query_open, 1),
        Route("GET /fapi/v1/openOrders", open_orders, by_symbol(1, 40)),
        Route("GET /fapi/v1/allOrders", all_orders, 5),
        Route("DELETE /fapi/v1/allOpenOrders", cancel_all, 1),
        Route("GET /fapi/v1/userTrades", user_trades, 5),
    ]
