"""From the parameters of POST order to an order that may be placed, or the refusal."""

import re
from decimal import Decimal

from simulator.call import Call
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
from simulator.margin import max_notional
from simulator.offers import OPPOSITE, beyond
from simulator.orders import NewOrder, Order
from simulator.parameters import Parameters
from simulator.positions import Position
from simulator.price_match import PRICE_MATCHES, matched_price

CLIENT_ID = re.compile(r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
MAX_CLIENT_ID = 36
SIDES = frozenset({"BUY", "SELL"})
POSITION_SIDES = frozenset({"BOTH", "LONG", "SHORT"})
TIMES_IN_FORCE = frozenset({"GTC", "IOC", "FOK", "GTX", "GTD"})
SELF_TRADE_MODES = frozenset({"EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "NONE"})
GTD_AHEAD_MS = 600_000
GTD_LATEST_MS = 253_402_300_799_000
CONDITIONAL = frozenset({"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})
NOT_WITH_MARKET = ("price", "timeInForce", "stopPrice", "goodTillDate")
RESPONSE_TYPES = frozenset({"ACK", "RESULT"})


def place(exchange: Exchange, call: Call) -> Order:
    """One order of a client: read, checked for age at the engine, checked against everything else, executed."""
    exchange.limits.check_order()
    asked = read_order(exchange, call.params)
    check_age(exchange, call)
    check_order(exchange, asked)
    order = exchange.engine.place(asked, call.fraction, call.remainder)
    if order.is_open and asked.good_till_date:
        exchange.expire_at(order, asked.good_till_date)
    if call.request:
        call.request.settle("accepted", order_id=order.order_id)
    return order


def check_age(exchange: Exchange, call: Call) -> None:
    """The engine looks at the receive window again: a request that got stuck on its way never executes."""
    if exchange.clock.now_ms() - call.timestamp > call.recv_window:
        raise refusal(-5028)


def read_order(exchange: Exchange, params: Parameters) -> NewOrder:
    """What is asked for, checked for form and against the position mode."""
    symbol = exchange.rules(params.required("symbol")).symbol
    side = read_side(params)
    kind = _read_kind(params)
    position_side = read_position_side(exchange, params)
    if (params.text("newOrderRespType") or "ACK") not in RESPONSE_TYPES:
        raise refusal(-1136)
    limit = kind == "LIMIT"
    time_in_force = _read_time_in_force(params) if limit else "GTC"
    return NewOrder(
        symbol=symbol,
        side=side,
        position_side=position_side,
        kind=kind,
        quantity=params.required_decimal("quantity"),
        client_order_id=read_client_id(exchange, params, "newClientOrderId"),
        price=read_price(exchange, params, symbol, side) if limit else ZERO,
        time_in_force=time_in_force,
        reduce_only=params.flag("reduceOnly"),
        self_trade_prevention=read_self_trade_mode(params),
        price_match=params.text("priceMatch") or "NONE",
        good_till_date=read_good_till(exchange, params) if time_in_force == "GTD" else 0,
    )


def check_order(exchange: Exchange, asked: NewOrder) -> None:
    """Filters, then the client id, then what the position and the margin allow."""
    rules = exchange.rules(asked.symbol)
    mark = exchange.prices.mark(asked.symbol)
    market = asked.kind == "MARKET"
    check_quantity(rules, asked.quantity, market=market)
    if market:
        _check_depth(exchange, asked)
        check_market_distance(rules, asked.side, exchange.prices.touch(asked.symbol, asked.side), mark)
    else:
        check_price(rules, asked.price)
        check_limit_distance(rules, asked.side, asked.price, mark)
        if exchange.engine.orders.count_open(asked.symbol) >= rules.max_orders:
            raise refusal(-2025)
    if exchange.engine.orders.has_open(asked.client_order_id):
        raise refusal(-4116)
    if exchange.engine.reduces(asked):
        check_reduction(exchange, asked)
    else:
        check_notional(rules, asked.quantity, mark if market else asked.price)
        check_opening(exchange, asked)


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


def read_self_trade_mode(params: Parameters) -> str:
    """What happens when the account meets itself; unless said, its resting order expires."""
    mode = params.text("selfTradePreventionMode") or "EXPIRE_MAKER"
    if mode not in SELF_TRADE_MODES:
        raise refusal(-5039)
    return mode


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
        if (params.text("priceMatch") or "NONE") != "NONE":
            raise refusal(-5038)
    return kind


def read_price(exchange: Exchange, params: Parameters, symbol: str, side: str) -> Decimal:
    """The limit, given or taken from the book."""
    wanted = params.text("priceMatch") or "NONE"
    if wanted == "NONE":
        return params.required_decimal("price")
    if wanted not in PRICE_MATCHES or "price" in params:
        raise refusal(-5037)
    return matched_price(exchange, symbol, side, wanted)


def read_good_till(exchange: Exchange, params: Parameters) -> int:
    """Exchange ms, whole seconds; at least ten minutes ahead."""
    value = params.required_integer("goodTillDate")
    if not exchange.clock.now_ms() + GTD_AHEAD_MS < value < GTD_LATEST_MS:
        raise refusal(-5040)
    return value // 1000 * 1000


def _check_depth(exchange: Exchange, asked: NewOrder) -> None:
    if next(exchange.book.levels(asked.symbol, asked.side), None) is None:
        raise refusal(-1112)


def _read_time_in_force(params: Parameters) -> str:
    value = params.required("timeInForce")
    if value not in TIMES_IN_FORCE:
        raise refusal(-1115)
    return value


def check_reduction(exchange: Exchange, asked: NewOrder) -> None:
    """Nothing to reduce is refused in both modes; too much in hedge mode, where resting closes count as well."""
    if exchange.algos.is_firing(asked):
        raise refusal(-4117)
    reducible = exchange.engine.reducible(asked)
    if not reducible:
        raise refusal(-2022)
    resting = _resting(exchange, asked)
    if exchange.account.hedge:
        refused = asked.quantity > reducible - sum((order.remaining for order in resting), ZERO)
    else:
        refused = asked.quantity > reducible and exchange.config.oversize_reduce_only == "refuse"
    if refused or (asked.kind == "LIMIT" and _ahead(exchange, asked, resting) >= reducible):
        raise refusal(-2022)
    _check_reversal(exchange, asked, reducible, resting)


def _ahead(exchange: Exchange, asked: NewOrder, resting: list[Order]) -> Decimal:
    """What reduces and rests at the same or a better price: it is served first."""
    others = (order for order in resting if order.asked.client_order_id != asked.client_order_id)
    served = (order for order in others if not beyond(order.asked.price, asked.price, OPPOSITE[asked.side]))
    return sum((order.remaining for order in served if exchange.engine.reduces(order.asked)), ZERO)


def check_opening(exchange: Exchange, asked: NewOrder, already: Decimal = ZERO) -> None:
    """What an order may open must fit the leverage bracket and the margin. `already`: margin that it binds now."""
    held = exchange.account.position(asked.symbol, asked.position_side)
    opening = asked.quantity - held.reducible_by(asked.side)
    if opening <= 0:
        return
    price = asked.price or exchange.prices.mark(asked.symbol)
    leverage = exchange.account.leverage(asked.symbol)
    if opening * price + _size(exchange, asked, held) > max_notional(leverage):
        raise refusal(-2027)
    if opening * price / leverage > exchange.margin.available() + already:
        raise refusal(-2019)


def _size(exchange: Exchange, asked: NewOrder, held: Position) -> Decimal:
    """What is held and rests in the order's direction, USDT."""
    same_way = held.amount if asked.side == "BUY" else -held.amount
    resting = sum((order.remaining * order.asked.price for order in _resting(exchange, asked)
                   if order.asked.client_order_id != asked.client_order_id), ZERO)  # fmt: skip
    return max(ZERO, same_way) * exchange.prices.mark(asked.symbol) + resting


def _check_reversal(exchange: Exchange, asked: NewOrder, reducible: Decimal, resting: list[Order]) -> None:
    """What rests on the same side would open a position of the other direction once this has closed."""
    opening = [order for order in resting if not exchange.engine.reduces(order.asked)]
    surplus = asked.quantity + sum((order.remaining for order in opening), ZERO) - reducible
    if not opening or surplus <= 0:
        return
    needed = surplus * exchange.prices.mark(asked.symbol) / exchange.account.leverage(asked.symbol)
    if needed > exchange.margin.available():
        raise refusal(-4118)


def _resting(exchange: Exchange, asked: NewOrder) -> list[Order]:
    resting = exchange.engine.orders.queue(asked.symbol, asked.side)
    return [order for order in resting if order.asked.position_side == asked.position_side]
