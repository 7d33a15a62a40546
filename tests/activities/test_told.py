"""Told fills against what the exchange answers: every number that a result takes from them must be borne out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.told import borne_out, complete
from contracts.order import OrderSide, OrderState, PositionSide, Trade
from tests.activities.samples import NOW, order, trade

ENTRY = Decimal(3000)
TOLD = (
    trade(11, "-4", order_id=7, price="3001.5", realized="6.00000000", time_ms=NOW - 5),
    trade(12, "-6", order_id=7, price="3001.25", realized="7.50000000", time_ms=NOW),
)
SEEN = order(7, "hv-a-full-1", original="10")
READ = SEEN.model_copy(update={"executed_quote": Decimal("30013.5"), "updated_ms": NOW})


def changed(which: int, **changes: object) -> tuple[Trade, ...]:
    """The told fills with something else in one of them."""
    return tuple(fill.model_copy(update=changes) if place == which else fill for place, fill in enumerate(TOLD))


def test_the_truth_is_borne_out() -> None:
    assert complete(TOLD, SEEN)
    assert borne_out(TOLD, SEEN, READ, ENTRY)


@pytest.mark.parametrize("told", [(), TOLD[:1], (*TOLD, trade(13, "-1", order_id=7))])
def test_fills_are_complete_by_quantity(told: tuple[Trade, ...]) -> None:
    assert not complete(told, SEEN)


@pytest.mark.parametrize(("status", "executed"), [("PARTIALLY_FILLED", "10"), ("NEW", "0"), ("EXPIRED", "0")])
def test_an_open_order_or_one_that_executed_nothing_has_no_complete_fills(status: str, executed: str) -> None:
    open_order = order(7, "hv-a-full-1", status=status, original="10", executed=executed)

    assert not complete(TOLD if executed == "10" else (), open_order)


@pytest.mark.parametrize(
    "lie",
    [
        {"price": Decimal("3001.26")},
        {"quantity": Decimal("6.001")},
        {"realized_pnl": Decimal("7.50000010")},
        {"time_ms": NOW - 1},
        {"time_ms": NOW + 1},
        {"side": OrderSide.BUY},
        {"position_side": PositionSide.LONG},
        {"order_id": 8},
    ],
)
def test_any_lie_shows(lie: dict[str, object]) -> None:
    assert not borne_out(changed(1, **lie), SEEN, READ, ENTRY)


@pytest.mark.parametrize(
    "read",
    [
        {"order_id": 8},
        {"client_order_id": "hv-b-full-1"},
        {"status": "EXPIRED"},
        {"executed_quantity": Decimal(4)},
        {"executed_quote": None},
        {"executed_quote": Decimal("30013.50000001")},
        {"updated_ms": None},
        {"updated_ms": NOW + 1},
        {"side": OrderSide.BUY},
        {"position_side": PositionSide.SHORT},
    ],
)
def test_an_answer_that_says_anything_else_bears_nothing_out(read: dict[str, object]) -> None:
    assert not borne_out(TOLD, SEEN, READ.model_copy(update=read), ENTRY)


@pytest.mark.parametrize("entry", [None, Decimal("3000.00001"), Decimal(2999), Decimal(0)])
def test_the_profit_has_to_fit_the_entry_price(entry: Decimal | None) -> None:
    assert not borne_out(TOLD, SEEN, READ, entry)


def test_a_short_gains_where_the_price_fell() -> None:
    told = (trade(11, "10", order_id=7, price="2990", realized="100", time_ms=NOW),)
    seen = order(7, "hv-a-full-1", original="10", side=OrderSide.BUY)
    read = seen.model_copy(update={"executed_quote": Decimal(29900), "updated_ms": NOW})

    assert borne_out(told, seen, read, ENTRY)
    assert not borne_out(
        tuple(fill.model_copy(update={"realized_pnl": Decimal(-100)}) for fill in told), seen, read, ENTRY
    )


PRICES = st.decimals("0.00001", "100000", places=5)
QUANTITIES = st.decimals("0.001", "1000", places=3)


@given(
    fills=st.lists(st.tuples(PRICES, QUANTITIES), min_size=1, max_size=5),
    opened=st.lists(st.tuples(PRICES, QUANTITIES), min_size=1, max_size=4),
    short=st.booleans(),
)
def test_what_an_exchange_computes_is_always_borne_out(
    fills: list[tuple[Decimal, Decimal]], opened: list[tuple[Decimal, Decimal]], *, short: bool
) -> None:
    held = sum(quantity for _, quantity in opened)
    average = sum((price * quantity for price, quantity in opened), Decimal(0)) / held
    side = OrderSide.BUY if short else OrderSide.SELL
    told = tuple(_executed(place, fill, average, side) for place, fill in enumerate(fills))
    seen, read = _orders(told, side)

    assert complete(told, seen)
    assert borne_out(told, seen, read, average.quantize(Decimal("1e-11")))


def _executed(place: int, fill: tuple[Decimal, Decimal], average: Decimal, side: OrderSide) -> Trade:
    price, quantity = fill
    gain = (price - average if side is OrderSide.SELL else average - price) * quantity
    sold = trade(place + 1, f"-{quantity}", order_id=7, price=str(price), time_ms=NOW)
    return sold.model_copy(update={"side": side, "realized_pnl": gain.quantize(Decimal("1e-8"))})


def _orders(told: tuple[Trade, ...], side: OrderSide) -> tuple[OrderState, OrderState]:
    quantity = sum((fill.quantity for fill in told), Decimal(0))
    quote = sum((fill.price * fill.quantity for fill in told), Decimal(0))
    seen = order(7, "hv-a-full-1", original=str(quantity), side=side)
    return seen, seen.model_copy(update={"executed_quote": quote, "updated_ms": NOW})
