"""All reads lag alike: position and trades agree with each other, and show what is gone."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from kernel.identity import parse_client_order_id
from tests.lab import Lab

SYMBOL = "SOLUSDT"
ALL_READS = "GET *"
POSITION = "GET /fapi/v3/positionRisk"
TRADES = "GET /fapi/v1/userTrades"


@pytest.fixture
async def stream_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest live with a user stream that is connected."""
    async with Lab(temporal, redis, user_stream=True) as running:
        await running.stream_connected()
        yield running


async def replace_unseen(lab: Lab, before: str, after: str, quantity: str, reads: str = ALL_READS) -> None:
    """30 are closed, and others opened in their place; reads show the 30 for 2.5 s."""
    await lab.open(SYMBOL, before, "30")
    await lab.fault("read_lag", call=reads, delay_ms=2500)
    await lab.open(SYMBOL, before, "-30")
    await lab.open(SYMBOL, after, quantity)


@pytest.mark.parametrize(
    ("before", "after", "action", "left"), [("LONG", "SHORT", "CLOSE", 0), ("SHORT", "LONG", "PARTIAL_50", 50)]
)
async def test_a_position_turned_over_just_before_a_decision_that_names_no_side_is_closed(
    lab: Lab, before: str, after: str, action: str, left: int
) -> None:
    """Found by a drill: the run began on the side that it was shown, was refused, and ended with nothing executed."""
    await replace_unseen(lab, before, after, "100")

    result = await lab.close(SYMBOL, action)

    assert (result["outcome"], result["position_side"]) == ("REDUCED" if left else "CLOSED_FLAT", after)
    assert Decimal(result["filled_qty"]) == 100 - left
    assert abs(await lab.position(SYMBOL)) == left
    assert await lab.executed(SYMBOL) == 100 - left


async def test_a_side_that_was_named_is_not_replaced_by_the_other_one(lab: Lab) -> None:
    await replace_unseen(lab, "LONG", "SHORT", "100")

    result = await lab.close(SYMBOL, side="LONG")

    assert result["outcome"] == "CLOSED_ELSEWHERE"
    assert await lab.position(SYMBOL) == -100


async def test_a_decision_older_than_the_position_that_was_turned_over_leaves_it_alone(lab: Lab) -> None:
    await replace_unseen(lab, "LONG", "SHORT", "100")
    before = (datetime.now(UTC) - timedelta(seconds=8)).isoformat()

    result = await lab.close(SYMBOL, timestamp=before)

    assert result["outcome"] == "SKIPPED_STALE"
    assert await lab.position(SYMBOL) == -100


async def test_r39_a_position_turned_over_after_the_first_look_is_left_alone_although_its_trades_lag(lab: Lab) -> None:
    await lab.open(SYMBOL, "LONG", "10")
    await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.", times=2)
    entry = await lab.send(SYMBOL)
    await lab.until(SYMBOL, attempts=1)
    await lab.fault("read_lag", call=TRADES, delay_ms=2500)
    await lab.open(SYMBOL, "SHORT", "25")

    result = await lab.result(entry)

    assert result["outcome"] == "CLOSED_ELSEWHERE"
    assert result["position_side"] == "LONG"
    assert await lab.position(SYMBOL) == -15
    assert await lab.executed(SYMBOL) == 0


async def test_a_position_opened_just_before_the_decision_is_closed_if_the_stream_told_of_it(stream_lab: Lab) -> None:
    await stream_lab.fault("read_lag", call=ALL_READS, delay_ms=2500)
    await stream_lab.open(SYMBOL, "LONG", "100")

    result = await stream_lab.close(SYMBOL)

    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_FLAT", Decimal(100))
    assert await stream_lab.position(SYMBOL) == 0


@pytest.mark.parametrize(("action", "left"), [("CLOSE", 0), ("PARTIAL_25", 75)])
async def test_a_position_replaced_just_before_the_decision_is_closed_by_its_own_size_and_name_if_the_stream_told(
    stream_lab: Lab, action: str, left: int
) -> None:
    await replace_unseen(stream_lab, "LONG", "LONG", "100")

    result = await stream_lab.close(SYMBOL, action)

    assert Decimal(result["filled_qty"]) == await stream_lab.executed(SYMBOL) == 100 - left
    assert await stream_lab.position(SYMBOL) == left
    assert named_by(result) == await opened_last(stream_lab)


@pytest.mark.parametrize("after", ["LONG", "SHORT"])
async def test_a_position_that_is_still_shown_although_its_trades_closed_it_is_not_what_is_closed(
    lab: Lab, after: str
) -> None:
    await replace_unseen(lab, "LONG", after, "100", reads=POSITION)

    result = await lab.close(SYMBOL, "EMERGENCY_CLOSE")

    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_FLAT", Decimal(100))
    assert (await lab.orders_executed(SYMBOL), named_by(result)) == (1, await opened_last(lab))


def named_by(result: Mapping[str, str]) -> int:
    """The position that the order was named by."""
    name = parse_client_order_id(result["client_order_id"])
    assert name is not None
    return name.generation


async def opened_last(lab: Lab) -> int:
    """Trade that opened the position, by the exchange's ledger."""
    ledger = await lab.call("GET", "/sim/ledger", symbol=SYMBOL)
    (*_, opening) = (fill["trade_id"] for fill in ledger["fills"] if Decimal(fill["position_before"]) == 0)
    return int(opening)
