"""Signed calls about conditional orders."""

from simulator.algo import AlgoOrder
from simulator.algo_request import read_algo_order
from simulator.call import Call, Route, by_symbol
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.parameters import Parameters
from simulator.wire import algo_list_row, algo_placed_row, algo_row

DAY_MS = 24 * 3600 * 1000
LONGEST_SPAN_MS = 7 * DAY_MS
UNFILLED_KEPT_MS = 3 * DAY_MS
KEPT_MS = 90 * DAY_MS


def place(exchange: Exchange, call: Call) -> object:
    """POST algoOrder. No age check at the engine and no margin check: that happens when it triggers."""
    exchange.limits.check_order()
    order = exchange.algos.place(read_algo_order(exchange, call.params))
    if call.request:
        call.request.settle("accepted", order_id=order.algo_id)
    return algo_placed_row(order, exchange.rules(order.asked.symbol))


def query(exchange: Exchange, call: Call) -> object:
    """GET algoOrder: old orders are forgotten, unfilled ones sooner."""
    order = _named(exchange, call)
    vanished = exchange.config.finished_algos_vanish and order is not None and order.status == "FINISHED"
    if order is None or vanished or _forgotten(order, exchange.clock.now_ms()):
        raise refusal(-2013)
    return algo_row(order, exchange.rules(order.asked.symbol))


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE algoOrder; the code is a text here."""
    order = _named(exchange, call)
    if order is None:
        raise refusal(-2011)
    exchange.algos.cancel(order)
    return {
        "algoId": order.algo_id,
        "clientAlgoId": order.asked.client_order_id,
        "code": "200",
        "msg": "success",
    }


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET openAlgoOrders, of one symbol or all."""
    symbol, algo_id = call.params.text("symbol"), call.params.integer("algoId")
    if symbol is not None:
        exchange.rules(symbol)
    desk, as_of = exchange.algos, call.as_of
    waiting = desk.open_orders(symbol) if as_of is None else desk.orders.waited(symbol, as_of)
    return [
        algo_list_row(order, exchange.rules(order.asked.symbol))
        for order in waiting
        if algo_id in (None, order.algo_id)
    ]


def all_orders(exchange: Exchange, call: Call) -> object:
    """GET allAlgoOrders: from an id on, or of a time span."""
    rules = exchange.rules(call.params.required("symbol"))
    limit, first = call.params.limit(500, 1000), call.params.integer("algoId")
    orders = exchange.algos.orders.of_symbol(rules.symbol, call.as_of)
    if first is not None:
        chosen = [order for order in orders if order.algo_id >= first][:limit]
    else:
        start, end = _span(call.params, exchange.clock.now_ms())
        chosen = [order for order in orders if start <= order.create_time <= end][-limit:]
    return [algo_list_row(order, rules) for order in chosen]


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE algoOpenOrders; the code is a number here."""
    exchange.algos.cancel_all(exchange.rules(call.params.required("symbol")).symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _named(exchange: Exchange, call: Call) -> AlgoOrder | None:
    algo_id, client_id = call.params.integer("algoId"), call.params.text("clientAlgoId")
    if algo_id is not None:
        return exchange.algos.orders.by_id(algo_id, call.as_of)
    if client_id is None:
        raise refusal(-1102, "algoId' or 'clientAlgoId")
    return exchange.algos.orders.by_client_id(client_id, call.as_of)


def _forgotten(order: AlgoOrder, now: int) -> bool:
    age = now - order.create_time
    return age > KEPT_MS or (order.status in {"CANCELED", "EXPIRED"} and not order.actual and age > UNFILLED_KEPT_MS)


def _span(params: Parameters, now: int) -> tuple[int, int]:
    start, end = params.integer("startTime"), params.integer("endTime")
    if start is None:
        return (now if end is None else end) - LONGEST_SPAN_MS, now if end is None else end
    if end is not None and end - start > LONGEST_SPAN_MS:
        raise refusal(-4165, 7)
    return start, start + LONGEST_SPAN_MS if end is None else end


def routes() -> list[Route]:
    """The signed routes about conditional orders."""
    return [
        Route("POST /fapi/v1/algoOrder", place, 0, places_order=True),
        Route("GET /fapi/v1/algoOrder", query, 1),
        Route("DELETE /fapi/v1/algoOrder", cancel, 1),
        Route("GET /fapi/v1/openAlgoOrders", open_orders, by_symbol(1, 40)),
        Route("GET /fapi/v1/allAlgoOrders", all_orders, 5),
        Route("DELETE /fapi/v1/algoOpenOrders", cancel_all, 1),
    ]
