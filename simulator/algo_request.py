"""From the parameters of POST algoOrder to a conditional order that may be placed, or the refusal."""

from decimal import Decimal

from simulator.algo import GONE_WITH_POSITION, KINDS, TRAILING, AlgoOrder
from simulator.decimals import ZERO
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.filters import check_notional, check_price, check_quantity
from simulator.orders import NewOrder
from simulator.parameters import Parameters
from simulator.placement import (
    TIMES_IN_FORCE,
    read_client_id,
    read_good_till,
    read_position_side,
    read_self_trade_mode,
    read_side,
)
from simulator.price_match import PRICE_MATCHES

PRICED = frozenset({"STOP", "TAKE_PROFIT"})
CLOSING = frozenset({"STOP_MARKET", "TAKE_PROFIT_MARKET"})
WORKING_TYPES = frozenset({"CONTRACT_PRICE", "MARK_PRICE"})
LEAST_CALLBACK, MOST_CALLBACK = Decimal("0.1"), Decimal(20)
"""Percent; the upper bound since October 2026."""


def read_algo_order(exchange: Exchange, params: Parameters) -> AlgoOrder:
    """What is asked for, checked for form, against the filters and against the position mode."""
    if params.required("algoType") != "CONDITIONAL":
        raise refusal(-1130, "algoType")
    asked = _read_asked(exchange, params)
    trigger = ZERO if asked.kind == TRAILING else params.required_decimal("triggerPrice")
    rules = exchange.rules(asked.symbol)
    for price in (trigger, asked.price):
        if price:
            check_price(rules, price)
    if not (asked.close_position or exchange.engine.reduces(asked)):
        check_notional(rules, asked.quantity, asked.price or trigger or exchange.prices.mark(asked.symbol))
    now = exchange.clock.now_ms()
    return AlgoOrder(
        asked=asked,
        algo_id=exchange.algos.next_id(),
        trigger_price=trigger,
        create_time=now,
        update_time=now,
        working_type=_read_working_type(params),
        price_protect=params.flag("priceProtect"),
        callback_rate=_read_callback(params) if asked.kind == TRAILING else ZERO,
        activate_price=_read_activation(params) if asked.kind == TRAILING else ZERO,
    )


def _read_asked(exchange: Exchange, params: Parameters) -> NewOrder:
    symbol = exchange.rules(params.required("symbol")).symbol
    kind = params.required("type")
    if kind not in KINDS:
        raise refusal(-1116)
    position_side = read_position_side(exchange, params)
    closes = params.flag("closePosition")
    _check_close_position(params, kind, closes=closes)
    time_in_force = GONE_WITH_POSITION if closes else _read_time_in_force(params)
    return NewOrder(
        symbol=symbol,
        side=read_side(params),
        position_side=position_side,
        kind=kind,
        quantity=ZERO if closes else _read_quantity(exchange, params, kind),
        client_order_id=read_client_id(exchange, params, "clientAlgoId"),
        price=_read_price(params) if kind in PRICED else ZERO,
        time_in_force=time_in_force,
        # a close-position order can do nothing but reduce, in either mode
        reduce_only=(closes and position_side == "BOTH") or params.flag("reduceOnly"),
        close_position=closes,
        self_trade_prevention=read_self_trade_mode(params),
        price_match=_read_price_match(params, kind),
        good_till_date=read_good_till(exchange, params) if time_in_force == "GTD" else 0,
    )


def _read_time_in_force(params: Parameters) -> str:
    value = params.text("timeInForce") or "GTC"
    if value not in TIMES_IN_FORCE | {GONE_WITH_POSITION}:
        raise refusal(-1115)
    return value


def _read_quantity(exchange: Exchange, params: Parameters, kind: str) -> Decimal:
    quantity = params.required_decimal("quantity")
    check_quantity(exchange.rules(params.required("symbol")), quantity, market=kind not in PRICED)
    return quantity


def _read_price_match(params: Parameters, kind: str) -> str:
    wanted = params.text("priceMatch") or "NONE"
    if wanted == "NONE":
        return wanted
    if kind not in PRICED:
        raise refusal(-5038)
    if wanted not in PRICE_MATCHES or "price" in params:
        raise refusal(-5037)
    return wanted


def _read_price(params: Parameters) -> Decimal:
    """The limit; one that is matched to the book is found when it triggers."""
    return ZERO if (params.text("priceMatch") or "NONE") != "NONE" else params.required_decimal("price")


def _read_working_type(params: Parameters) -> str:
    value = params.text("workingType") or "CONTRACT_PRICE"
    if value not in WORKING_TYPES:
        raise refusal(-1130, "workingType")
    return value


def _read_callback(params: Parameters) -> Decimal:
    rate = params.required_decimal("callbackRate")
    if not LEAST_CALLBACK <= rate <= MOST_CALLBACK:
        raise refusal(-2007)
    return rate


def _read_activation(params: Parameters) -> Decimal:
    """A trigger price sent along with a trailing stop is taken for its activation price."""
    return params.decimal("activatePrice") or params.decimal("triggerPrice") or ZERO


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
