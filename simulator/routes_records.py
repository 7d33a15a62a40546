"""Signed calls about what has been: orders, trades, amendments, forced orders, income."""

from simulator.account import between, from_id
from simulator.call import Call, Route, by_symbol
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.orders import Order
from simulator.parameters import Parameters
from simulator.wire import amendment_row, forced_row, history_row, income_row, trade_row

DAY = 24 * 3600 * 1000
LONGEST_SPAN = 7 * DAY
FORCED = {"LIQUIDATION": "liquidation", "ADL": "adl"}


def all_orders(exchange: Exchange, call: Call) -> object:
    """GET allOrders: from an order id on, or of a time span."""
    params, limit = call.params, call.params.limit(500, 1000)
    first = params.integer("orderId")
    orders = [order for name in _names(exchange, params) for order in _orders(exchange, call, name)]
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
    symbol = exchange.rules(params.required("symbol")).symbol
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


def amendments(exchange: Exchange, call: Call) -> object:
    """GET orderAmendment: what was changed about the orders of a symbol, newest first."""
    params, limit = call.params, call.params.limit(50, 100)
    rules = exchange.rules(params.required("symbol"))
    order_id, client_id = params.integer("orderId"), params.text("origClientOrderId")
    rows = [
        amendment_row(before, after, rules)
        for order in exchange.engine.orders.of_symbol(rules.symbol)
        if order_id in (None, order.order_id) and client_id in (None, order.asked.client_order_id)
        for before, after in exchange.engine.orders.amendments(order)
    ]
    return rows[::-1][:limit]


def forced_orders(exchange: Exchange, call: Call) -> object:
    """GET forceOrders: liquidations and automatic deleveraging, newest first."""
    params, limit = call.params, call.params.limit(50, 100)
    kind = params.text("autoCloseType")
    if kind is not None and kind not in FORCED:
        raise refusal(-1130, "autoCloseType")
    actors = set(FORCED.values()) if kind is None else {FORCED[kind]}
    start, end = _span(params, exchange.clock.now_ms())
    found = [order for name in _names(exchange, params) for order in _orders(exchange, call, name)]
    chosen = [order for order in found if order.actor in actors and start <= order.time <= end]
    chosen.sort(key=lambda order: order.time, reverse=True)
    return [forced_row(order, exchange.rules(order.asked.symbol)) for order in chosen[:limit]]


def income(exchange: Exchange, call: Call) -> object:
    """GET income: whatever moved the wallet, oldest first; the newest when no start is given."""
    params, limit = call.params, call.params.limit(100, 1000)
    start, end = _span(params, exchange.clock.now_ms())
    page = params.integer("page") or 1
    rows = exchange.account.income.rows(params.text("symbol"), params.text("incomeType"))
    inside = [income_row(row) for row in rows if start <= row.time <= end]
    if "startTime" in params or "page" in params:
        return inside[(page - 1) * limit : page * limit]
    return inside[-limit:]


def _names(exchange: Exchange, params: Parameters) -> list[str]:
    return [exchange.rules(params.required("symbol")).symbol] if "symbol" in params else list(exchange.symbols)


def _orders(exchange: Exchange, call: Call, symbol: str) -> list[Order]:
    return exchange.engine.orders.of_symbol(symbol, call.as_of)


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


def routes() -> list[Route]:
    """The signed routes about the past."""
    return [
        Route("GET /fapi/v1/allOrders", all_orders, 5),
        Route("GET /fapi/v1/userTrades", user_trades, 5),
        Route("GET /fapi/v1/orderAmendment", amendments, 1),
        Route("GET /fapi/v1/forceOrders", forced_orders, by_symbol(20, 50)),
        Route("GET /fapi/v1/income", income, 30),
    ]
