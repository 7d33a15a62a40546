"""From the parameters of POST order to an order that may be placed, or the refusal."""

import re
from decimal import Decimal

from simulator.decimals import ZERO
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.filters import (
    check_limit_distance,
    check_market_distance,
    check_notional,
    check_price,
    check_quantity,
)
from simulator.orders import NewOrder
from simulator.parameters import Parameters

CLIENT_ID = re.compile(r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
MAX_CLIENT_ID = 36
SIDES = frozenset({"BUY", "SELL"})
POSITION_SIDES = frozenset({"BOTH", "LONG", "SHORT"})
TIMES_IN_FORCE = frozenset({"GTC", "IOC", "FOK", "GTX"})
CONDITIONAL = frozenset({"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})
NOT_WITH_MARKET = ("price", "timeInForce", "stopPrice", "goodTillDate", "priceMatch")
RESPONSE_TYPES = frozenset({"ACK", "RESULT"})


def read_order(exchange: Exchange, params: Parameters) -> NewOrder:
    """What is asked for, checked for form and against the position mode."""
    symbol = params.required("symbol")
    exchange.rules(symbol)
    side = read_side(params)
    kind = _read_kind(params)
    position_side = read_position_side(exchange, params)
    if (params.text("newOrderRespType") or "ACK") not in RESPONSE_TYPES:
        raise refusal(-1130, "newOrderRespType")
    return NewOrder(
        symbol=symbol,
        side=side,
        position_side=position_side,
        kind=kind,
        quantity=params.required_decimal("quantity"),
        client_order_id=read_client_id(exchange, params, "newClientOrderId"),
        price=params.required_decimal("price") if kind == "LIMIT" else ZERO,
        time_in_force=_read_time_in_force(params) if kind == "LIMIT" else "GTC",
        reduce_only=params.flag("reduceOnly"),
        self_trade_prevention=params.text("selfTradePreventionMode") or "EXPIRE_MAKER",
    )


def check_order(exchange: Exchange, asked: NewOrder) -> None:
    """Filters, then the client id, then what the position and the margin allow."""
    rules = exchange.rules(asked.symbol)
    mark = exchange.prices.mark(asked.symbol)
    market = asked.kind == "MARKET"
    check_quantity(rules, asked.quantity, market=market)
    if market:
        check_market_distance(rules, asked.side, exchange.prices.touch(asked.symbol, asked.side), mark)
    else:
        check_price(rules, asked.price)
        check_limit_distance(rules, asked.side, asked.price, mark)
    if exchange.engine.orders.has_open(asked.client_order_id):
        raise refusal(-4116)
    if exchange.engine.reduces(asked):
        _check_reduction(exchange, asked)
    else:
        check_notional(rules, asked.quantity, mark if market else asked.price)
        _check_margin(exchange, asked, mark)


def read_side(params: Parameters) -> str:
    """BUY or SELL."""
    side = params.required("side")
    if side not in SIDES:
        raise refusal(-1117)
    return side


def read_position_side(exchange: Exchange, params: Parameters) -> str:
    """The position side, if it fits the account's mode. A directed order must not carry reduceOnly at all."""
    position_side = params.text("positionSide") or "BOTH"
    if position_side not in POSITION_SIDES:
        raise refusal(-4060)
    directed = position_side != "BOTH"
    if directed and "reduceOnly" in params:
        raise refusal(-1106, "reduceonly")
    if directed != exchange.account.hedge:
        raise refusal(-4061)
    return position_side


def read_client_id(exchange: Exchange, params: Parameters, name: str) -> str:
    """The client's own id, or one of ours when none was sent."""
    if name not in params:
        return exchange.engine.identifiers.client_id("auto")
    value = params.texts[name]
    if not value:
        raise refusal(-1118)
    if len(value) > MAX_CLIENT_ID:
        raise refusal(-4015)
    if not CLIENT_ID.match(value):
        raise refusal(-1100, name, CLIENT_ID.pattern)
    return value


def _read_kind(params: Parameters) -> str:
    kind = params.required("type")
    if kind in CONDITIONAL:
        raise refusal(-4120)
    if kind not in {"MARKET", "LIMIT"}:
        raise refusal(-1116)
    if params.flag("closePosition"):
        raise refusal(-4136, kind, "true")
    if kind == "MARKET":
        for name in NOT_WITH_MARKET:
            if name in params:
                raise refusal(-1106, name)
    return kind


def _read_time_in_force(params: Parameters) -> str:
    value = params.required("timeInForce")
    if value not in TIMES_IN_FORCE:
        raise refusal(-1115)
    return value


def _check_reduction(exchange: Exchange, asked: NewOrder) -> None:
    """Nothing to reduce is refused in both modes; too much in hedge mode, where resting closes count as well."""
    reducible = exchange.engine.reducible(asked)
    if not reducible:
        raise refusal(-2022)
    if exchange.account.hedge:
        reducible -= _resting(exchange, asked)
        refused = asked.quantity > reducible
    else:
        refused = asked.quantity > reducible and exchange.config.oversize_reduce_only == "refuse"
    if refused:
        raise refusal(-2022)


def _resting(exchange: Exchange, asked: NewOrder) -> Decimal:
    resting = exchange.engine.orders.open_orders(asked.symbol)
    same = (order for order in resting if order.asked.side == asked.side)
    return sum((order.remaining for order in same if order.asked.position_side == asked.position_side), ZERO)


def _check_margin(exchange: Exchange, asked: NewOrder, mark: Decimal) -> None:
    held = exchange.account.position(asked.symbol, asked.position_side)
    opening = asked.quantity - held.reducible_by(asked.side)
    needed = opening * mark / exchange.account.leverage(asked.symbol)
    if needed > 0 and needed > exchange.account.available(exchange.prices.mark):
        raise refusal(-2019)
