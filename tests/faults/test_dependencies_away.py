"""Redis or Temporal is away: nothing is lost, nothing is said twice (R24, R79)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.service import RPCError

from contracts.names import STREAM_INTENT
from harvest.child import Child
from harvest.servers import worker_command
from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import READY, Outside, start_server, stop_server


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A stack of its own, whose servers can be stopped and started."""
    async with Stack(StackConfig(tmp_path)) as stack, await Outside.of(stack) as running:
        yield running


async def test_redis_is_away_when_the_result_is_due_and_gets_it_once_when_it_is_back(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    await outside.fault("executed_delay", delay_ms=1500)
    entry = await outside.send("SOLUSDT")
    await outside.order_arrived("SOLUSDT")

    await stop_server(outside.stack, "redis")
    await waits_for_redis(outside)
    assert await outside.position("SOLUSDT") == 0
    await start_server(outside.stack, "redis")

    result = await outside.result(entry)
    await outside.handle("SOLUSDT").result()
    assert result["outcome"] == "CLOSED_FLAT"
    assert len(await outside.results(entry)) == 1
    assert len(await outside.trades_closed()) == 1
    assert len(await outside.requests("SOLUSDT")) == 1


async def waits_for_redis(outside: Outside) -> None:
    """Return when the close says that it cannot publish."""

    async def waits() -> bool:
        try:
            status = await outside.handle("SOLUSDT").query("status")
        except RPCError:
            return False
        return "redis" in status["waiting_for"]

    await eventually(waits)


async def test_r28_redis_is_away_for_the_hints_and_the_close_goes_on_without_them(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    await outside.fault("error", code=-1008, msg="overloaded", times=4)
    entry = await outside.send("SOLUSDT")
    await outside.order_arrived("SOLUSDT")

    await stop_server(outside.stack, "redis")
    await outside.order_arrived("SOLUSDT", count=5)
    await waits_for_redis(outside)
    assert await outside.position("SOLUSDT") == 0
    await start_server(outside.stack, "redis")

    result = await outside.result(entry)
    assert result["outcome"] == "CLOSED_FLAT"
    assert "advisory:redis_unreadable" in result["reason_codes"]


async def test_r79_the_bridge_reads_again_after_redis_was_away(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    await outside.open("ETHUSDT", "LONG", "1")
    await outside.close("ETHUSDT")

    await stop_server(outside.stack, "redis")
    await outside.log_says("waiting for Redis")
    await start_server(outside.stack, "redis")

    assert (await outside.close("SOLUSDT"))["outcome"] == "CLOSED_FLAT"
    await outside.all_acknowledged()


async def test_temporal_is_away_when_an_intent_arrives_which_waits_unacknowledged_and_is_started_later(
    outside: Outside,
) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    await stop_server(outside.stack, "temporal")

    entry = await outside.send("SOLUSDT")
    await outside.log_says("waiting for Temporal")
    assert await outside.unacknowledged() == 1
    assert await outside.requests("SOLUSDT") == []
    await start_server(outside.stack, "temporal")

    assert (await outside.result(entry))["outcome"] == "CLOSED_FLAT"
    assert len(await outside.results(entry)) == 1
    await outside.all_acknowledged()


async def test_temporal_goes_away_with_an_order_in_flight_and_the_close_ends_when_it_is_back(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "100")
    await outside.fault("executed_delay", delay_ms=1500)
    entry = await outside.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await outside.order_arrived("SOLUSDT")

    await stop_server(outside.stack, "temporal")
    await start_server(outside.stack, "temporal")

    assert (await outside.result(entry))["outcome"] == "REDUCED"
    assert len(await outside.requests("SOLUSDT")) == 1
    assert await outside.position("SOLUSDT") == 50


async def test_both_are_away_when_the_worker_starts_which_says_so_and_works_when_they_come(tmp_path: Path) -> None:
    async with Stack(StackConfig(tmp_path, worker=False)) as stack, await Outside.of(stack) as outside:
        await outside.open("SOLUSDT", "LONG", "10")
        entry = await outside.send("SOLUSDT")
        await stop_server(stack, "temporal")
        await stop_server(stack, "redis")

        worker = await stack._spawn("worker", worker_command(), stack._worker_environment())
        await says(worker, "waiting for Redis")
        await start_server(stack, "redis")
        await says(worker, "waiting for Temporal")
        await start_server(stack, "temporal")
        await says(worker, READY)

        assert (await outside.result(entry))["outcome"] == "CLOSED_FLAT"
        assert await outside.redis.xlen(STREAM_INTENT) == 1


async def says(worker: Child, words: str) -> None:
    await eventually(lambda: worker.says(words))
    assert worker.running
