"""Which stop is in force, and what is remembered of the risk once taken."""

from decimal import Decimal
from typing import Any

import pytest

from activities.watch_hints import PositionRecord
from activities.watch_stops import recorded, stop_at_exchange
from contracts.names import key_position
from contracts.order import AlgoOrder, OrderSide, PositionSide
from contracts.snapshot import Position
from tests.watch.test_harvesting import SYMBOL, climb, opened
from tests.watch.watch_lab import WatchLab


def position(amount: str = "10", side: PositionSide = PositionSide.BOTH) -> Position:
    return Position(
        symbol=SYMBOL,
        position_side=side,
        amount=Decimal(amount),
        entry_price=Decimal(100),
        mark_price=Decimal(103),
        unrealized_pnl=Decimal(30),
    )


def stop(price: str, **changed: Any) -> AlgoOrder:
    plain = {
        "algo_id": 1,
        "client_algo_id": "a",
        "order_type": "STOP_MARKET",
        "side": OrderSide.SELL,
        "position_side": PositionSide.BOTH,
        "trigger_price": price,
        "reduce_only": True,
    }
    return AlgoOrder.model_validate(plain | changed)


def test_the_tightest_stop_that_reduces_this_position_is_in_force() -> None:
    orders = [
        stop("95"),
        stop("97"),
        stop("99", side=OrderSide.BUY),
        stop("99", order_type="TAKE_PROFIT_MARKET"),
        stop("99", reduce_only=False),
        stop("99", position_side=PositionSide.LONG),
    ]

    assert stop_at_exchange(position(), orders) == 97
    assert stop_at_exchange(position("-10"), [stop("105", side=OrderSide.BUY), stop("103", side=OrderSide.BUY)]) == 103
    assert stop_at_exchange(position("10", PositionSide.LONG), orders) == 99
    assert stop_at_exchange(position(), []) is None


@pytest.mark.parametrize(
    ("record", "believed"),
    [
        (PositionRecord("LONG", Decimal(100), Decimal(98)), True),
        (PositionRecord("BUY", Decimal("100.4"), Decimal(101)), True),
        (PositionRecord("", None, Decimal(98)), True),
        (PositionRecord("SHORT", Decimal(100), Decimal(98)), False),
        (PositionRecord("LONG", Decimal(110), Decimal(105)), False),
        (PositionRecord("", None, Decimal(105)), False),
    ],
)
def test_a_record_of_another_position_is_not_believed(record: PositionRecord, believed: bool) -> None:
    found, _, stranger = recorded(position(), record)

    assert (found == record.stop_loss) is believed
    assert stranger is not believed


async def test_the_risk_unit_is_the_one_of_first_sight_wherever_the_stop_goes(watched: WatchLab) -> None:
    record: dict[Any, Any] = {"side": "LONG", "entry_price": "2500", "stop_loss": "2400"}
    await watched.redis.hset(key_position(SYMBOL), mapping=record)
    await opened(watched)
    await watched.until_report(SYMBOL, rule="none")

    await watched.redis.hset(key_position(SYMBOL), "stop_loss", "2490")
    await watched.price(SYMBOL, "2610")
    report = await watched.until_told(SYMBOL, lambda report: report.mark_price == 2610)

    assert report.r_net == Decimal("1.075")
    assert "fallback_stop_used" not in report.notes
    await climb(watched, "2703", "75", "p25")
