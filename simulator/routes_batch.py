"""Signed calls about several orders at once; each is carried out for itself and has an answer of its own."""

import json
from collections.abc import Callable
from dataclasses import replace

from simulator.call import Call, Route
from simulator.errors import ApiError, refusal
from simulator.exchange import Exchange
from simulator.parameters import Parameters
from simulator.routes_orders import cancel, change, place_order

MOST_PLACED = 5
MOST_CANCELLED = 10
Row = dict[str, object]
Single = Callable[[Exchange, Call], object]


def place_all(exchange: Exchange, call: Call) -> object:
    """POST batchOrders; each order is in the ledger."""
    return [_answer(exchange, _recorded(exchange, each), place_order) for each in _orders(call)]


def change_all(exchange: Exchange, call: Call) -> object:
    """PUT batchOrders."""
    return [_answer(exchange, each, change) for each in _orders(call)]


def cancel_some(exchange: Exchange, call: Call) -> object:
    """DELETE batchOrders: those of one symbol that are named by their ids or the client's."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    by_id = call.params.text("orderIdList") or call.params.text("orderidlist")
    by_name = call.params.text("origClientOrderIdList") or call.params.text("origclientorderidlist")
    names = _list(by_id or by_name or call.params.required("origClientOrderIdList"))
    if not 0 < len(names) <= MOST_CANCELLED:
        raise refusal(-4082)
    field = "orderId" if by_id else "origClientOrderId"
    calls = [_with(call, {"symbol": symbol, field: str(name)}) for name in names]
    return [_answer(exchange, each, cancel) for each in calls]


def _orders(call: Call) -> list[Call]:
    rows = _list(call.params.required("batchOrders"))
    if not 0 < len(rows) <= MOST_PLACED:
        raise refusal(-4082)
    return [_with(call, _texts(row)) for row in rows]


def _list(text: str) -> list[object]:
    """A JSON list; numbers stay as they are written."""
    try:
        value = json.loads(text, parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        raise refusal(-1130, "batchOrders") from error
    if not isinstance(value, list):
        raise refusal(-1130, "batchOrders")
    return value


def _texts(row: object) -> dict[str, str]:
    if not isinstance(row, dict):
        raise refusal(-1130, "batchOrders")
    return {str(name): _text(value) for name, value in row.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise refusal(-1130, "batchOrders")
    return value


def _with(call: Call, texts: dict[str, str]) -> Call:
    return replace(call, params=Parameters(texts))


def _recorded(exchange: Exchange, call: Call) -> Call:
    return replace(call, request=exchange.ledger.received("POST /fapi/v1/batchOrders", call.params.texts, None))


def _answer(exchange: Exchange, call: Call, single: Single) -> object:
    try:
        return single(exchange, call)
    except ApiError as error:
        if call.request:
            call.request.settle("refused", code=error.code)
        return {"code": error.code, "msg": error.msg}


def routes() -> list[Route]:
    """The signed routes about several orders."""
    return [
        Route("POST /fapi/v1/batchOrders", place_all, 5, counts=(5, 1)),
        Route("PUT /fapi/v1/batchOrders", change_all, 5, counts=(5, 1)),
        Route("DELETE /fapi/v1/batchOrders", cancel_some, 1),
    ]
