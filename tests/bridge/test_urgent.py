"""The most urgent decision goes first, and a backlog of any kind does not hide an emergency."""

from dataclasses import replace

from redis.asyncio import Redis
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from bridge.entry import Entry
from bridge.lookout import Lookout
from bridge.reader import Reader
from bridge.stats import BridgeStats
from contracts.names import STREAM_INTENT
from tests.bridge.rig import QUICK, Rig
from tests.bridge.servers import eventually
from tests.bridge.stub_close import StubClose
from tests.bridge.test_outages import MakeRig


async def _flood(rig: Rig, count: int) -> None:
    async with rig.redis.pipeline(transaction=False) as pipe:
        for number in range(count):
            pipe.xadd(STREAM_INTENT, {"symbol": f"SYM{number % 30}", "action": "PARTIAL_25", "intent_id": str(number)})
        await pipe.execute()


async def test_an_emergency_behind_a_flood_of_partial_closes(
    redis: Redis, temporal: WorkflowEnvironment, make_rig: MakeRig
) -> None:
    """Everything in the stream is fresh. The bridge is full of it, and the emergency still overtakes most of it."""
    rig = make_rig(redis, temporal.client, replace(QUICK, read_count=20, max_in_flight=40, concurrency=4))
    async with rig.worker():
        await _flood(rig, 600)
        emergency = await rig.add(symbol="ETHUSDT", action="EMERGENCY_CLOSE")
        rig.run()
        handle = rig.handle("ETHUSDT")
        await _started(rig, "ETHUSDT")
        assert rig.bridge.stats.started + rig.bridge.stats.joined < 200
        await rig.settled()
        assert [intent.entry_id for intent in await handle.query(StubClose.intents)] == [emergency]
        assert rig.bridge.stats.started + rig.bridge.stats.joined == 601
        await rig.finish()


async def test_within_a_symbol_the_emergency_is_next(
    redis: Redis, temporal: WorkflowEnvironment, make_rig: MakeRig
) -> None:
    rig = make_rig(redis, temporal.client, replace(QUICK, concurrency=1))
    async with rig.worker():
        parts = [await rig.add(action="PARTIAL_25", intent_id=str(number)) for number in range(10)]
        full = await rig.add(action="CLOSE")
        emergency = await rig.add(action="EMERGENCY_CLOSE")
        rig.run()
        await rig.settled()
        intents = await rig.handle().query(StubClose.intents)
        assert [intent.entry_id for intent in intents] == [emergency, full, *parts]
        await rig.finish()


async def test_the_lookout_sees_every_entry_once_the_newest_first(redis: Redis) -> None:
    reader = Reader(redis, QUICK, BridgeStats())
    lookout = Lookout(reader)

    async def write(first: int, last: int) -> None:
        async with redis.pipeline(transaction=False) as pipe:
            for number in range(first, last):
                pipe.xadd(STREAM_INTENT, {"a": "b"}, id=f"{number}-0")
            await pipe.execute()

    await write(1, 4001)
    seen: list[Entry] = await lookout.look("100-0")
    assert seen[0].id == "4000-0"
    await write(4001, 4011)
    second = await lookout.look("200-0")
    assert [entry.id for entry in second[:10]] == [f"{number}-0" for number in range(4010, 4000, -1)]
    seen += second
    while page := await lookout.look("300-0"):
        seen += page
    numbers = [int(entry.id.partition("-")[0]) for entry in seen]
    assert sorted(numbers) == list(range(301, 4011))
    lookout.forget()
    assert len(await lookout.look("4000-0")) == 10


async def _started(rig: Rig, symbol: str) -> None:
    handle = rig.handle(symbol)

    async def there() -> bool:
        try:
            return bool(await handle.describe())
        except RPCError:
            return False

    await eventually(there)
