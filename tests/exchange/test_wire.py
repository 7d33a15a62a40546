"""JSON of the exchange -> values; and what is not JSON of the exchange."""

import json
from decimal import Decimal

import pytest

from contracts.order import OrderSide, PositionSide
from exchange import wire
from exchange.wire import UnreadableAnswer
from tests.exchange.samples import algo_row, order_row, position_row, symbol_row, trade_row


def test_order_of_a_post_has_no_average_price() -> None:
    order = wire.order_state(order_row())
    assert order.average_price is None
    assert order.executed_quantity == Decimal("0.100")
    assert (order.created_ms, order.updated_ms) == (None, 1_800_000_000_200)
    assert order.reduce_only


@pytest.mark.parametrize("nothing", ["", None, "0", "0.00000", 0])
def test_an_average_price_of_nothing_is_none(nothing: object) -> None:
    assert wire.order_state(order_row(avgPrice=nothing)).average_price is None


def test_order_of_a_get() -> None:
    order = wire.order_state(order_row(avgPrice="3000.15", time=1_800_000_000_100))
    assert (order.average_price, order.created_ms) == (Decimal("3000.15"), 1_800_000_000_100)


def test_partial_fill_then_expired_is_read_as_it_is() -> None:
    order = wire.order_state(order_row(status="EXPIRED", executedQty="0.040"))
    assert order.final
    assert order.executed_quantity == Decimal("0.040")


@pytest.mark.parametrize(
    "field", ["orderId", "clientOrderId", "status", "side", "positionSide", "origQty", "executedQty"]
)
def test_a_missing_field_of_an_order_is_named(field: str) -> None:
    row = order_row()
    del row[field]
    with pytest.raises(UnreadableAnswer, match=field):
        wire.order_state(row)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1,5", "", None, True, [], {}, "0x10"])
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(UnreadableAnswer, match="positionAmt"):
        wire.position(position_row(positionAmt=value))


def test_numbers_are_exact_even_if_they_come_as_json_numbers() -> None:
    row = json.loads('{"x": 0.1}', parse_float=Decimal)
    assert wire.decimal(row, "x") == Decimal("0.1")


def test_trade() -> None:
    fill = wire.trade(trade_row(5))
    assert (fill.trade_id, fill.side, fill.commission) == (5, OrderSide.SELL, Decimal("0.075"))
    assert fill.realized_pnl == Decimal("-1.25")
    assert fill.signed_quantity == Decimal("-0.050")


@pytest.mark.parametrize("field", ["commission", "realizedPnl", "price", "qty", "time", "maker"])
def test_a_trade_without_a_number_is_no_trade_of_zero(field: str) -> None:
    row = trade_row(1)
    del row[field]
    with pytest.raises(UnreadableAnswer, match=field):
        wire.trade(row)


def test_short_has_a_negative_amount() -> None:
    found = wire.position(position_row(positionSide="SHORT", positionAmt="-0.5"))
    assert (found.amount, found.size, found.side) == (Decimal("-0.5"), Decimal("0.5"), PositionSide.SHORT)
    assert found.liquidation_price is None


@pytest.mark.parametrize(("side", "amount"), [("SHORT", "0.5"), ("LONG", "-0.5")])
def test_sign_and_side_that_contradict_each_other_are_not_acted_on(side: str, amount: str) -> None:
    """R39: the side of a close was once derived from a wrong sign."""
    with pytest.raises(UnreadableAnswer, match=side):
        wire.position(position_row(positionSide=side, positionAmt=amount))


def test_symbol_rules() -> None:
    rules = wire.symbol_rules(symbol_row())
    assert (rules.step, rules.market_step) == (Decimal("0.001"), Decimal("0.002"))
    assert (rules.market_max_quantity, rules.tick) == (Decimal(2000), Decimal("0.01"))


def without(name: str) -> list[object]:
    return [each for each in symbol_row()["filters"] if each["filterType"] != name]


def test_symbol_without_a_filter() -> None:
    with pytest.raises(UnreadableAnswer, match="LOT_SIZE"):
        wire.symbol_rules(symbol_row(filters=without("LOT_SIZE")))


def test_where_market_orders_have_no_filter_of_their_own_the_general_one_is_theirs() -> None:
    rules = wire.symbol_rules(symbol_row(filters=without("MARKET_LOT_SIZE")))
    assert (rules.market_step, rules.market_max_quantity) == (Decimal("0.001"), Decimal(10000))


def test_conditional_orders() -> None:
    assert wire.algo_order(algo_row()).trigger_price == Decimal(2800)
    closing = wire.algo_order(algo_row(closePosition=True, quantity="0", reduceOnly="false", orderType="TRAILING"))
    assert (closing.quantity, closing.close_position, closing.reduce_only) == (None, True, False)


@pytest.mark.parametrize(("raw", "meaning"), [(True, True), ("false", False), ("True", True), (False, False)])
def test_flags_may_be_strings(raw: object, meaning: bool) -> None:
    assert wire.flag({"dualSidePosition": raw}, "dualSidePosition") is meaning


@pytest.mark.parametrize("raw", [None, 0, 1, "", "yes"])
def test_flags_are_never_guessed(raw: object) -> None:
    with pytest.raises(UnreadableAnswer):
        wire.flag({"dualSidePosition": raw}, "dualSidePosition")


@pytest.mark.parametrize("answer", [{}, None, "text", 5, [1], [[]], [None]])
def test_not_a_list_of_objects(answer: object) -> None:
    with pytest.raises(UnreadableAnswer):
        wire.rows(answer, "trades", wire.trade)
