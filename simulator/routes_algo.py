"""Signed calls about conditional orders."""

from decimal import Decimal

from simulator.algo import KINDS, TRAILING, AlgoOrder
from simulator.call import Call, Route, by_symbol
from simulator.decimals import ZERO
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.filters import check_price, check_quantity
from simulator.orders import NewOrder
from simulator.parameters import Parameters
from simulator.placement import read_client_id, read_position_side, read_side
from simulator.wire import algo_placed_row, algo_row

PRICED = frozenset({"STOP", "TAKE_PROFIT"})
CLOSING = frozenset({"STOP_MARKET", "TAKE_PROFIT_MARKET"})


def place(exchange: Exchange, call: Call) -> object:
    """POST algoOrder. No age check at the engine and no margin check: that happens when it triggers."""
    exchange.limits.check_order()
    order = exchange.algos.place(_read(exchange, call.params))
    if call.request:
        call.request.settle("accepted", order_id=order.algo_id)
    return algo_placed_row(order, exchange.rules(order.asked.symbol))


def query(exchange: Exchange, call: Call) -> object:
    """GET algoOrder."""
    order = _named(exchange, call)
    if order is None:
        raise refusal(-2013)
    return algo_row(order, exchange.rules(order.asked.symbol))


def cancel(exchange: Exchange, call: Call) -> object:
    """DELETE algoOrder; the code is a text here."""
    order = _named(exchange, call)
    if order is None or order.status != "NEW":
        raise refusal(-2011)
    exchange.algos.cancel(order)
    return {
        "algoId": order.algo_id,
        "clientAlgoId": order.asked.client_order_id,
        "code": "200",
        "msg": "success",
    }


def open_orders(exchange: Exchange, call: Call) -> object:
    """GET openAlgoOrders."""
    waiting = exchange.algos.open_orders(call.params.text("symbol"))
    return [algo_row(order, exchange.rules(order.asked.symbol)) for order in waiting]


def all_orders(exchange: Exchange, call: Call) -> object:
    """GET allAlgoOrders."""
    rules = exchange.rules(call.params.required("symbol"))
    limit = call.params.limit(500, 1000)
    return [algo_row(order, rules) for order in exchange.algos.of_symbol(rules.symbol)[-limit:]]


def cancel_all(exchange: Exchange, call: Call) -> object:
    """DELETE algoOpenOrders; the code is a number here."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    for order in exchange.algos.open_orders(symbol):
        exchange.algos.cancel(order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _read(exchange: Exchange, params: Parameters) -> AlgoOrder:
    if params.required("algoType") != "CONDITIONAL":
        raise refusal(-1130, "algoType")
    asked = _read_asked(exchange, params)
    trailing = asked.kind == TRAILING
    now = exchange.clock.now_ms()
    trigger = ZERO if trailing else params.required_decimal("triggerPrice")
    if not trailing:
        check_price(exchange.rules(asked.symbol), trigger)
    return AlgoOrder(
        asked=asked,
        algo_id=exchange.algos.next_id(),
        trigger_price=trigger,
        create_time=now,
        update_time=now,
        working_type=params.text("workingType") or "CONTRACT_PRICE",
        price_protect=params.flag("priceProtect"),
        callback_rate=params.required_decimal("callbackRate") if trailing else ZERO,
        activate_price=params.decimal("activatePrice") or ZERO,
    )


def _read_asked(exchange: Exchange, params: Parameters) -> NewOrder:
    symbol = exchange.rules(params.required("symbol")).symbol
    kind = params.required("type")
    if kind not in KINDS:
        raise refusal(-1116)
    position_side = read_position_side(exchange, params)
    closes = params.flag("closePosition")
    _check_close_position(params, kind, closes=closes)
    return NewOrder(
        symbol=symbol,
        side=read_side(params),
        position_side=position_side,
        kind=kind,
        quantity=ZERO if closes else _read_quantity(exchange, params, kind),
        client_order_id=read_client_id(exchange, params, "clientAlgoId"),
        price=params.required_decimal("price") if kind in PRICED else ZERO,
        time_in_force=params.text("timeInForce") or "GTC",
        # a close-position order can do nothing but reduce, in either mode
        reduce_only=(closes and position_side == "BOTH") or params.flag("reduceOnly"),
        close_position=closes,
    )


def _read_quantity(exchange: Exchange, params: Parameters, kind: str) -> Decimal:
    quantity = params.required_decimal("quantity")
    check_quantity(exchange.rules(params.required("symbol")), quantity, market=kind not in PRICED)
    return quantity


def _check_close_position(params: Parameters, kind: str, *, closes: bool) -> None:
    if not closes:
        return
    if kind not in CLOSING:
        raise refusal(-4136, kind, "true")
    if "quantity" in params:
        raise refusal(-4137)
    if "reduceOnly" in params:
        raise refusal(-1106, "reduceonly")
    if (params.text("positionSide"), params.text("side")) in {("LONG", "BUY"), ("SHORT", "SELL")}:
        raise refusal(-4138)


def _named(exchange: Exchange, call: Call) -> AlgoOrder | None:
    algo_id, client_id = call.params.integer("algoId"), call.params.text("clientAlgoId")
    if algo_id is None and client_id is None:
        raise refusal(-1102, "algoId' or 'clientAlgoId")
    return exchange.algos.find(algo_id, client_id)


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
