"""The worker that watches dies: another one takes over, misses nothing and doubles nothing."""

import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.names import STREAM_INTENT, key_market_state
from contracts.watch import WatchStatus
from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import Outside, start_second_worker
from tests.watch.watch_lab import CALM

SYMBOL = "ETHUSDT"
TAKEN_OVER_SECONDS = 10.0


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A stack of its own, with two workers that watch in turn, on another's death."""
    settings = {"HARVEST_WATCH": "true", "HARVEST_WATCH_INTERVAL": "0.5"}
    async with Stack(StackConfig(tmp_path, worker_settings=settings)) as stack, await Outside.of(stack) as running:
        await start_second_worker(stack)
        yield running


async def watcher(outside: Outside) -> str:
    """Which worker watches, once it has made a pass."""

    async def told() -> str:
        handle = outside.client.get_workflow_handle(f"watch-{outside.account}")
        status: WatchStatus = await handle.query("status", result_type=WatchStatus)
        return status.worker if status.readable else ""

    return await eventually(told)


async def open_and_reach(outside: Outside, price: str) -> None:
    await outside.redis.hset(key_market_state(SYMBOL), mapping=dict(CALM.items()))
    await outside.call("POST", "/sim/price", symbol=SYMBOL, price="2500")
    await outside.call("POST", "/sim/position", symbol=SYMBOL, side="LONG", quantity="100", entry_price="2500")
    await outside.call("POST", "/sim/price", symbol=SYMBOL, price=price)


async def left(outside: Outside, quantity: str) -> None:
    async def there() -> bool:
        return await outside.position(SYMBOL) == Decimal(quantity)

    await eventually(there)


async def test_r46_the_other_worker_takes_over_within_ten_seconds(outside: Outside) -> None:
    first = await watcher(outside)
    await open_and_reach(outside, "2610")
    await left(outside, "75")

    (victim,) = (child for child in outside.stack.children if first.endswith(f":{child.pid}"))
    victim.kill()
    killed = time.monotonic()
    await outside.call("POST", "/sim/price", symbol=SYMBOL, price="2710")
    await left(outside, "37.5")
    taken = time.monotonic() - killed

    assert taken < TAKEN_OVER_SECONDS, taken
    await outside.call("POST", "/sim/price", symbol=SYMBOL, price="2810")
    await left(outside, "9.375")
    assert await watcher(outside) != first
    assert await outside.executed(SYMBOL) == Decimal("90.625")
    assert len(await outside.requests(SYMBOL)) == 3
    parts = [fields["intent_id"] for fields in await outside.stream(STREAM_INTENT) if fields["rule"] == "tranche"]
    assert [name.rpartition(":")[2] for name in parts] == ["p25", "p50", "p75"]


async def test_who_watches_is_told_at_once_although_no_verdict_has_changed(outside: Outside) -> None:
    first = await watcher(outside)
    (victim,) = (child for child in outside.stack.children if first.endswith(f":{child.pid}"))

    victim.kill()

    async def another() -> bool:
        return await watcher(outside) != first

    await eventually(another)  # well before a turn of a minute ends


async def test_without_redis_it_is_blind_and_says_so_and_goes_on_when_it_is_back(outside: Outside) -> None:
    await watcher(outside)
    await open_and_reach(outside, "2500")
    handle = outside.client.get_workflow_handle(f"watch-{outside.account}")

    await outside.stack.kill_server("redis")

    async def blind() -> str:
        status: WatchStatus = await handle.query("status", result_type=WatchStatus)
        return "" if status.readable else status.problem

    assert "nothing can be decided without it" in await eventually(blind)
    await outside.call("POST", "/sim/price", symbol=SYMBOL, price="2400")
    await outside.stack.start_server("redis")
    await left(outside, "0")
    assert await watcher(outside)
    assert len(await outside.requests(SYMBOL)) == 1
