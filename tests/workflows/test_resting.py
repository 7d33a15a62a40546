"""Which resting orders stand in the way of a close, or outlive it (R56)."""

from decimal import Decimal

import pytest

from contracts.order import AlgoOrder, OrderSide, OrderState, PositionSide
from contracts.snapshot import PositionHints, Snapshot
from tests.activities.samples import NOW, RULES, order, position
from workflows.resting import reducing, seen_in

LONG, SHORT, BOTH = PositionSide.LONG, PositionSide.SHORT, PositionSide.BOTH
BUY, SELL = OrderSide.BUY, OrderSide.SELL


def resting(order_id: int, side: OrderSide, position_side: PositionSide = BOTH, *, reduce_only: bool) -> OrderState:
    return order(
        order_id, f"web_{order_id}", status="NEW", executed="0", side=side, position_side=position_side,
        reduce_only=reduce_only,
    )  # fmt: skip


def stop(algo_id: int, side: OrderSide, *, reduce_only: bool = False, close_position: bool = False) -> AlgoOrder:
    return AlgoOrder(
        algo_id=algo_id,
        client_algo_id=f"stop-{algo_id}",
        order_type="STOP_MARKET",
        side=side,
        position_side=BOTH,
        trigger_price=Decimal(2800),
        reduce_only=reduce_only,
        close_position=close_position,
    )


def seen(*orders: OrderState, stops: tuple[AlgoOrder, ...] = ()) -> Snapshot:
    return Snapshot(exchange_time_ms=NOW, rules=RULES, hints=PositionHints(), open_orders=orders, algo_orders=stops)


def test_r56_only_what_reduces_the_long_is_in_its_way() -> None:
    orders = (
        resting(1, SELL, reduce_only=True),
        resting(2, SELL, reduce_only=False),
        resting(3, BUY, reduce_only=False),
        resting(4, BUY, reduce_only=True),
    )
    stops = (stop(11, SELL, reduce_only=True), stop(12, SELL, close_position=True), stop(13, SELL), stop(14, BUY))

    found = seen_in(seen(*orders, stops=stops), position("10"))

    assert (found.order_ids, found.algo_ids) == ((1,), (11, 12))


def test_r56_hedge_mode_what_sells_the_long_is_in_its_way_and_what_opens_the_short_is_not() -> None:
    orders = (
        resting(1, SELL, LONG, reduce_only=False),
        resting(2, SELL, SHORT, reduce_only=False),
        resting(3, BUY, LONG, reduce_only=False),
        resting(4, BUY, SHORT, reduce_only=False),
    )

    assert seen_in(seen(*orders), position("10", LONG)).order_ids == (1,)
    assert seen_in(seen(*orders), position("-10", SHORT)).order_ids == (4,)


@pytest.mark.parametrize(("created_ms", "meant"), [(NOW - 1, True), (NOW, True), (NOW + 1, False), (None, False)])
def test_r56_what_may_be_younger_than_the_snapshot_is_left_alone(created_ms: int | None, meant: bool) -> None:
    query = reducing(position("10"), created_until_ms=NOW)

    assert query.means(stop(1, SELL, reduce_only=True).model_copy(update={"created_ms": created_ms})) is meant
