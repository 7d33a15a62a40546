"""All reads lag alike, nothing else tells: a position opened just before the decision is not taken for flat (R52)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from tests.bridge.servers import eventually
from tests.lab import Lab

SYMBOL = "SOLUSDT"
ALL_READS = "GET *"
LAG = timedelta(seconds=3)
LONG_LAG = timedelta(seconds=6)


@pytest.fixture
async def wary(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest live, without a user stream, where reads may lag by three seconds."""
    async with Lab(temporal, redis, read_lag=LAG) as running:
        yield running


async def looks(lab: Lab) -> int:
    """Snapshots that the symbol's close took."""
    await lab.handle(SYMBOL).result()
    history = await lab.handle(SYMBOL).fetch_history()
    text = "\n".join(str(event) for event in history.events if event.HasField("marker_recorded_event_attributes"))
    return text.count("take_snapshot")


@pytest.mark.parametrize(("action", "left"), [("EMERGENCY_CLOSE", 0), ("PARTIAL_25", 75)])
async def test_r52_a_position_that_no_read_shows_yet_is_closed(wary: Lab, action: str, left: int) -> None:
    await wary.fault("read_lag", call=ALL_READS, delay_ms=2500)
    await wary.open(SYMBOL, "LONG", "100")

    result = await wary.close(SYMBOL, action)

    assert Decimal(result["filled_qty"]) == await wary.executed(SYMBOL) == 100 - left
    assert await wary.position(SYMBOL) == left


async def test_a_decision_older_than_reads_may_lag_is_answered_after_two_looks(wary: Lab) -> None:
    result = await wary.close(SYMBOL, timestamp=(datetime.now(UTC) - LAG - timedelta(seconds=6)).isoformat())

    assert result["outcome"] == "ALREADY_FLAT"
    assert await looks(wary) == 2


async def test_r52_a_repeat_about_a_position_opened_meanwhile_does_not_share_the_answer(wary: Lab) -> None:
    flat = await wary.send(SYMBOL, source="first")
    await wary.until(SYMBOL, phase="guard")
    await wary.fault("read_lag", call=ALL_READS, delay_ms=2500)
    await wary.open(SYMBOL, "LONG", "100")
    about_it = await wary.send(SYMBOL, source="second")

    outcomes = [(await wary.result(entry))["outcome"] for entry in (flat, about_it)]

    assert "CLOSED_FLAT" in outcomes
    assert await wary.position(SYMBOL) == 0


async def test_a_stronger_decision_does_not_wait_for_a_weaker_ones_patience(temporal: Client, redis: Redis) -> None:
    async with Lab(temporal, redis, read_lag=LONG_LAG) as lab:
        weak = await lab.send(SYMBOL, "PARTIAL_25")
        await lab.until(SYMBOL, phase="guard")
        await lab.open(SYMBOL, "LONG", "100")
        strong = await lab.close(SYMBOL, "EMERGENCY_CLOSE")

        assert strong["outcome"] == "CLOSED_FLAT"
        (sent, *_) = await lab.requests(SYMBOL)
        assert int(sent["params"]["timestamp"]) < int(weak.split("-")[0]) + LONG_LAG.total_seconds() * 1000 / 2


async def test_hedge_mode_an_emergency_of_one_side_does_not_wait_until_the_other_one_is_believed_to_be_flat(
    temporal: Client, redis: Redis
) -> None:
    async with Lab(temporal, redis, hedge=True, read_lag=LONG_LAG) as lab:
        await lab.open(SYMBOL, "SHORT", "40")
        flat = await lab.send(SYMBOL, side="LONG")
        await lab.until(SYMBOL, phase="guard")

        emergency = await lab.close(SYMBOL, "EMERGENCY_CLOSE", side="SHORT")

        assert (emergency["outcome"], await lab.results(flat)) == ("CLOSED_FLAT", [])
        assert (await lab.result(flat))["outcome"] == "ALREADY_FLAT"
        assert [len(await lab.results(each)) for each in (flat, emergency["entry_id"])] == [1, 1]


async def test_two_looks_are_enough_where_the_user_stream_would_have_told(temporal: Client, redis: Redis) -> None:
    lag = timedelta(milliseconds=600)
    async with Lab(temporal, redis, user_stream=True, read_lag=lag) as lab:
        await lab.stream_connected()
        assert lab.exchange is not None
        feed = lab.exchange.fill_feed

        async def told_long_enough() -> bool:
            return feed.told_for_s() >= lag.total_seconds()

        await eventually(told_long_enough)

        assert (await lab.close(SYMBOL))["outcome"] == "ALREADY_FLAT"
        assert await looks(lab) == 2
