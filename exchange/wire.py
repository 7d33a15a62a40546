"""JSON of the exchange -> values of the vocabulary.

Unknown fields are ignored. A missing or malformed required one is an error that names it: a default there would be a
made-up position or fill.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from contracts.errors import ExchangeUnavailable
from contracts.order import AlgoOrder, OrderSide, OrderState, PositionSide, Trade
from contracts.snapshot import Position, SymbolRules
from contracts.stop import StopState
from exchange.digits import whole
from exchange.failure import without_secrets

Row = Mapping[str, Any]
T = TypeVar("T")


class UnreadableAnswer(ExchangeUnavailable):
    """The exchange answered 2xx with something that cannot be what was asked for."""


def rows(answer: object, of: str, parse: Callable[[Row], T]) -> tuple[T, ...]:
    """Every element of a JSON array, parsed.

    Args:
        answer: the decoded JSON.
        of: what it should be a list of, for the error.
        parse: one of the functions below.

    Raises:
        UnreadableAnswer: not an array of objects, or a row that cannot be read.
    """
    if not isinstance(answer, list):
        raise UnreadableAnswer(f"expected a list of {of}, got {type(answer).__name__}")
    return tuple(parse(row(element, of)) for element in answer)


def row(answer: object, of: str) -> Row:
    """The answer as a JSON object. Raises UnreadableAnswer if it is none."""
    if not isinstance(answer, dict):
        raise UnreadableAnswer(f"expected {of}, got {type(answer).__name__}")
    return answer


def order_state(row: Row) -> OrderState:
    """An order, from the answer of a POST, a GET or a DELETE; the first and the last may lack the average price."""
    return OrderState(
        order_id=integer(row, "orderId"),
        client_order_id=text(row, "clientOrderId"),
        status=text(row, "status"),
        side=_side(row),
        position_side=_position_side(row),
        original_quantity=decimal(row, "origQty"),
        executed_quantity=decimal(row, "executedQty"),
        average_price=_price(row, "avgPrice"),
        executed_quote=_price(row, "cumQuote"),
        reduce_only=_flag_or_false(row, "reduceOnly"),
        close_position=_flag_or_false(row, "closePosition"),
        created_ms=integer(row, "time") if "time" in row else None,
        updated_ms=integer(row, "updateTime") if "updateTime" in row else None,
    )


def algo_order(row: Row) -> AlgoOrder:
    """A resting conditional order. One with closePosition has no quantity."""
    return AlgoOrder(
        algo_id=integer(row, "algoId"),
        client_algo_id=text(row, "clientAlgoId"),
        order_type=text(row, "orderType"),
        side=_side(row),
        position_side=_position_side(row),
        trigger_price=_price(row, "triggerPrice"),
        quantity=_price(row, "quantity"),
        reduce_only=_flag_or_false(row, "reduceOnly"),
        close_position=_flag_or_false(row, "closePosition"),
        created_ms=integer(row, "createTime") if "createTime" in row else None,
    )


def stop_state(row: Row) -> StopState:
    """A conditional order of any state, from the answer of a POST or a GET."""
    return StopState(**algo_order(row).model_dump(), status=text(row, "algoStatus"))


def trade(row: Row) -> Trade:
    """One fill."""
    return Trade(
        trade_id=integer(row, "id"),
        order_id=integer(row, "orderId"),
        side=_side(row),
        position_side=_position_side(row),
        price=decimal(row, "price"),
        quantity=decimal(row, "qty"),
        realized_pnl=decimal(row, "realizedPnl"),
        commission=decimal(row, "commission"),
        commission_asset=text(row, "commissionAsset"),
        maker=flag(row, "maker"),
        time_ms=integer(row, "time"),
    )


def position(row: Row) -> Position:
    """A position row; the amount may be zero.

    Raises:
        UnreadableAnswer: also when sign and side contradict each other (R39).
    """
    found = Position(
        symbol=text(row, "symbol"),
        position_side=_position_side(row),
        amount=decimal(row, "positionAmt"),
        entry_price=decimal(row, "entryPrice"),
        mark_price=decimal(row, "markPrice"),
        unrealized_pnl=decimal(row, "unRealizedProfit"),
        liquidation_price=_price(row, "liquidationPrice"),
        updated_ms=integer(row, "updateTime") if "updateTime" in row else None,
    )
    wrong = {PositionSide.LONG: found.amount < 0, PositionSide.SHORT: found.amount > 0}
    if wrong.get(found.position_side, False):
        raise UnreadableAnswer(f"{found.symbol}: {found.position_side.value} with the amount {found.amount}")
    return found


def symbol_rules(row: Row) -> SymbolRules:
    """The filters of one symbol of exchangeInfo. Where MARKET orders have no filter of their own, it is LOT_SIZE."""
    filters = {entry.get("filterType"): entry for entry in row.get("filters", ()) if isinstance(entry, dict)}
    try:
        lot, price = filters["LOT_SIZE"], filters["PRICE_FILTER"]
    except KeyError as missing:
        raise UnreadableAnswer(f"{row.get('symbol')}: the filter {missing} is missing") from None
    market_lot = filters.get("MARKET_LOT_SIZE", lot)
    return SymbolRules(
        symbol=text(row, "symbol"),
        status=text(row, "status"),
        min_quantity=decimal(lot, "minQty"),
        max_quantity=decimal(lot, "maxQty"),
        step=decimal(lot, "stepSize"),
        market_min_quantity=decimal(market_lot, "minQty"),
        market_max_quantity=decimal(market_lot, "maxQty"),
        market_step=decimal(market_lot, "stepSize"),
        tick=decimal(price, "tickSize"),
    )


def text(row: Row, field: str) -> str:
    """A non-empty string."""
    value = row.get(field)
    if not isinstance(value, str) or not value:
        raise _unreadable(row, field, "text")
    return value


def integer(row: Row, field: str) -> int:
    """A whole number, also as digits in a string."""
    value = row.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and (number := whole(value)) is not None:
        return number
    raise _unreadable(row, field, "a whole number")


def decimal(row: Row, field: str) -> Decimal:
    """A finite number."""
    value = row.get(field)
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise _unreadable(row, field, "a number") from None
        if number.is_finite():
            return number
    raise _unreadable(row, field, "a number")


def flag(row: Row, field: str) -> bool:
    """A boolean, also as a string: demo servers have answered "false", which is true to Python."""
    value = row.get(field)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise _unreadable(row, field, "true or false")


def _flag_or_false(row: Row, field: str) -> bool:
    return flag(row, field) if field in row else False


def _price(row: Row, field: str) -> Decimal | None:
    """A number whose absence, emptiness or zero means that there is none."""
    if row.get(field) in (None, ""):
        return None
    return decimal(row, field) or None


def _side(row: Row) -> OrderSide:
    try:
        return OrderSide(text(row, "side"))
    except ValueError:
        raise _unreadable(row, "side", "BUY or SELL") from None


def _position_side(row: Row) -> PositionSide:
    try:
        return PositionSide(text(row, "positionSide"))
    except ValueError:
        raise _unreadable(row, "positionSide", "BOTH, LONG or SHORT") from None


def _unreadable(row: Row, field: str, wanted: str) -> UnreadableAnswer:
    found = without_secrets(repr(row.get(field)))
    return UnreadableAnswer(f"the field {field} should be {wanted}, not {found}; the answer is not usable")
