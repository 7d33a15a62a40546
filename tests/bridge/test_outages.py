"""Whatever goes away and comes back, no decision is lost (R24, R79)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs
from temporalio.testing import WorkflowEnvironment

from contracts.names import CONSUMER_GROUP, STREAM_INTENT, STREAM_RESULT
from runtime.redis_client import connect_redis
from tests.bridge.rig import QUICK, Rig
from tests.bridge.servers import RedisServer, connect, eventually, free_port, start_temporal
from tests.bridge.stub_close import StubClose

MakeRig = Callable[..., Rig]


async def test_acknowledged_only_after_temporal_has_it(redis: Redis, tmp_path: Path, make_rig: MakeRig) -> None:
    port, database = free_port(), tmp_path / "temporal.db"
    environment = await start_temporal(port, database)
    rig = make_rig(redis, await connect(environment))
    await environment.shutdown()

    ids = [await rig.add(), await rig.add(symbol="BTCUSDT")]
    rig.run()
    with capture_logs() as lines:
        await eventually(lambda: _temporal_errors(rig))
    assert any("waiting for Temporal" in line["event"] for line in lines)
    assert await rig.pending() == 2

    environment = await start_temporal(port, database)  # without our search attributes: no reason to wait for them
    async with rig.worker():
        await rig.settled()
        (intent,) = await rig.handle().query(StubClose.intents)
        assert intent.entry_id == ids[0]
    assert rig.bridge.stats.started == 2
    await rig.finish()
    await environment.shutdown()


async def _temporal_errors(rig: Rig) -> bool:
    return rig.bridge.stats.temporal_errors > 0


async def test_stopping_without_temporal_leaves_the_entry_pending(redis: Redis, make_rig: MakeRig) -> None:
    environment = await start_temporal()
    rig = make_rig(redis, await connect(environment))
    await environment.shutdown()
    await rig.add()
    rig.run()
    await eventually(rig.pending)
    await rig.finish()
    assert await rig.pending() == 1


async def test_redis_restarts(own_redis_server: RedisServer, temporal: WorkflowEnvironment, make_rig: MakeRig) -> None:
    redis = connect_redis(own_redis_server.url)
    rig = make_rig(redis, temporal.client)
    async with rig.worker():
        rig.run()
        await rig.add(symbol="BEFOREUSDT")
        await rig.settled()
        own_redis_server.kill()
        await eventually(lambda: _redis_errors(rig))
        await asyncio.to_thread(own_redis_server.start)
        await rig.add(symbol="AFTERUSDT")
        await rig.settled()
        assert rig.bridge.stats.started == 2
        await rig.finish()
    await redis.aclose()


async def test_redis_fails_over_to_an_empty_instance(
    own_redis_server: RedisServer, temporal: WorkflowEnvironment, make_rig: MakeRig
) -> None:
    """Neither stream nor group: both are made again, and what is written there is closed."""
    redis = connect_redis(own_redis_server.url)
    rig = make_rig(redis, temporal.client)
    async with rig.worker():
        rig.run()
        await rig.add(symbol="BEFOREUSDT")
        await rig.settled()
        own_redis_server.kill()
        await eventually(lambda: _redis_errors(rig))
        own_redis_server.forget()
        await asyncio.to_thread(own_redis_server.start)
        await rig.add(symbol="AFTERUSDT")
        await rig.settled()
        assert (rig.bridge.stats.started, rig.bridge.stats.groups_created) == (2, 2)
        assert len(await rig.handle("AFTERUSDT").query(StubClose.intents)) == 1
        await rig.finish()
    await redis.aclose()


async def test_the_stream_is_deleted(rig: Rig, redis: Redis) -> None:
    rig.run()
    await rig.add()
    await rig.settled()
    await redis.delete(STREAM_INTENT)
    await eventually(lambda: redis.exists(STREAM_INTENT))  # the bridge makes it again, with its group
    await rig.add(symbol="BTCUSDT")
    await rig.settled()
    assert (rig.bridge.stats.started, rig.bridge.stats.groups_created) == (2, 2)


async def _redis_errors(rig: Rig) -> int:
    return rig.bridge.stats.redis_errors


@pytest.mark.parametrize("loss", ["group", "everything"])
async def test_the_group_is_created_again(rig: Rig, redis: Redis, loss: str) -> None:
    rig.run()
    await rig.add()
    await rig.settled()
    if loss == "group":
        await redis.xgroup_destroy(STREAM_INTENT, CONSUMER_GROUP)
    else:
        await redis.flushall()
    await rig.add(symbol="BTCUSDT")
    await rig.settled()
    assert len(await rig.handle("BTCUSDT").query(StubClose.intents)) == 1
    assert len(await rig.handle().query(StubClose.intents)) == 1  # read once more, recognised
    assert rig.bridge.stats.groups_created == 2


async def test_entries_of_a_dead_consumer_are_claimed(rig: Rig, redis: Redis) -> None:
    """R24: thirteen consumers, one for each restart, and nobody ever claimed what they had left behind."""
    await rig.bridge._reader.ensure_group()
    ids = [await rig.add(symbol=f"SYM{number}") for number in range(3)]
    await redis.xreadgroup(CONSUMER_GROUP, "host_4711", {STREAM_INTENT: ">"})
    rig.run()
    await rig.settled()
    assert (rig.bridge.stats.claimed, rig.bridge.stats.started) == (len(ids), 3)


async def test_a_consumer_that_died_in_a_mixed_batch_leaves_nothing(rig: Rig, redis: Redis) -> None:
    """Old ones, dirt, good ones and one that was trimmed since: all of them find their end."""
    await rig.bridge._reader.ensure_group()
    for number in range(40):
        await rig.add_old(symbol=f"OLD{number % 4}")
        await rig.add(symbol=f"SYM{number}")
        await rig.add({"symbol": "", "action": "CLOSE"})
    trimmed = await rig.add(symbol="TRIMMED")
    await redis.xreadgroup(CONSUMER_GROUP, "host_4711", {STREAM_INTENT: ">"}, count=1000)
    await redis.xdel(STREAM_INTENT, trimmed)
    rig.run()
    await eventually(lambda: _all_done(rig, 121))
    stats = rig.bridge.stats
    assert (stats.started, stats.stale, stats.dead) == (44, 36, 41)
    assert await rig.pending() == 0


async def _all_done(rig: Rig, entries: int) -> bool:
    stats = rig.bridge.stats
    return stats.started + stats.joined + stats.stale + stats.dead == entries and await rig.pending() == 0


async def test_several_bridges_share_a_stream(redis: Redis, temporal: WorkflowEnvironment, make_rig: MakeRig) -> None:
    """Each entry is dealt with once, whoever reads it, also while both look ahead of a backlog."""
    alive = replace(QUICK, claim_idle=timedelta(seconds=30))  # on a busy machine nobody is taken for dead
    rigs = [make_rig(redis, temporal.client, replace(alive, consumer=f"bridge-{number}")) for number in range(3)]
    for rig in rigs[1:]:
        rig.settings = replace(rig.settings, task_queue=rigs[0].name)
        rig.policy = rigs[0].policy
        rig.bridge = rig.fresh()
    old = 3000
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(old):
            pipe.xadd(STREAM_INTENT, {"symbol": f"OLD{number % 5}", "action": "CLOSE", "timestamp": "1771371476"})
        await pipe.execute()
    fresh = {await rigs[0].add(symbol=f"SYM{number % 20}", reason=str(number)) for number in range(100)}
    async with rigs[0].worker():
        for rig in rigs:
            rig.run()
        await rigs[0].settled()
        given = [await rigs[0].handle(f"SYM{number}").query(StubClose.intents) for number in range(20)]
        held = [await rigs[0].handle(f"OLD{number}").query(StubClose.intents) for number in range(5)]
        for rig in rigs:
            await rig.finish()
    assert {intent.entry_id for intents in given for intent in intents} == fresh
    records = [record for record in await rigs[0].records(STREAM_RESULT) if record["outcome"] == "SKIPPED_STALE"]
    answered = sum(int(record["count"]) for record in records)
    assert answered + len({intent.entry_id for intents in held for intent in intents}) == old
    assert sum(rig.bridge.stats.stale for rig in rigs) == answered
    assert all(rig.bridge.stats.read for rig in rigs)


async def test_old_entries_that_come_again_are_answered_once(rig: Rig, redis: Redis) -> None:
    """The group was lost, or the stream was put in again: no range speaks of what was answered before."""
    for number in range(30):
        await rig.add_old(symbol=f"OLD{number % 3}")
    rig.run()
    await rig.settled()
    await redis.xgroup_destroy(STREAM_INTENT, CONSUMER_GROUP)
    later = await rig.add_old(symbol="OLD0", action="HOLD")
    await rig.settled()
    first, second = await rig.records(STREAM_RESULT)
    assert (first["count"], second["count"], second["first_id"]) == ("27", "1", later)


async def test_own_pending_entries_come_first_after_a_restart(rig: Rig, redis: Redis) -> None:
    await rig.bridge._reader.ensure_group()
    first = await rig.add()
    await redis.xreadgroup(CONSUMER_GROUP, rig.settings.consumer, {STREAM_INTENT: ">"})
    second = await rig.add()
    rig.run()
    await rig.settled()
    intents = await rig.handle().query(StubClose.intents)
    assert [intent.entry_id for intent in intents] == [first, second]


async def test_an_answer_that_a_broken_connection_swallowed_is_found(rig: Rig, redis: Redis) -> None:
    rig.run()
    await rig.add()
    await rig.settled()
    await rig.finish()
    rig.run()
    lost = await rig.add(symbol="BTCUSDT")
    await redis.xreadgroup(CONSUMER_GROUP, rig.settings.consumer, {STREAM_INTENT: ">"})  # delivered, never arrived
    await rig.settled()
    (intent,) = await rig.handle("BTCUSDT").query(StubClose.intents)
    assert intent.entry_id == lost


async def test_reading_pauses_when_too_much_is_in_work(redis: Redis, make_rig: MakeRig) -> None:
    environment = await start_temporal()
    rig = make_rig(redis, await connect(environment), replace(QUICK, read_count=10, max_in_flight=20))
    await environment.shutdown()
    for number in range(60):
        await rig.add(symbol=f"SYM{number}")
    rig.run()
    await eventually(lambda: _temporal_errors(rig))
    assert 20 <= await rig.pending() < 40
    await rig.finish()
