"""The incident: a group comes back to a backlog of old decisions, and fresh emergencies are written behind it.

Everything is real here but the exchange, and that is the simulator. `python -m bench.backlog` is the same with the
incident's 164,515 entries.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from redis.asyncio import Redis
from temporalio.testing import WorkflowEnvironment

from contracts.names import CONSUMER_GROUP, STREAM_INTENT
from tests.bridge.servers import eventually
from tests.contracts.test_wire_in import AUTONOMOUS_EXIT
from tests.lab import Lab

ENTRIES: Final = 20_000
WITHIN_S: Final = 2.0
"""Twice what is promised: this machine has other things to do."""
OPEN: Final = {"AEVOUSDT": "64606.4", "SOLUSDT": "12.5", "FLOWUSDT": "600.5"}
GONE: Final = ("BTCUSDT", "XRPUSDT")
EMERGENCIES: Final = ("ETHUSDT", "BNBUSDT", "ADAUSDT", "INJUSDT")


@pytest.fixture
async def lab(redis: Redis, temporal: WorkflowEnvironment) -> AsyncIterator[Lab]:
    async with Lab(temporal.client, redis) as running:
        await running.stop()  # it comes back when the backlog is there
        yield running


async def _backlog(redis: Redis, recent_ids: bool) -> dict[str, str]:
    """Fill the stream; the newest entry of each symbol."""
    symbols = (*OPEN, *GONE)
    newest: dict[str, str] = {}
    decided = time.time() - 3 * 24 * 3600
    for start in range(0, ENTRIES, 2000):
        async with redis.pipeline(transaction=False) as pipe:
            for number in range(start, start + 2000):
                moment = decided + number
                said: dict[Any, Any] = {
                    **AUTONOMOUS_EXIT,
                    "symbol": symbols[number % len(symbols)],
                    "timestamp": datetime.fromtimestamp(moment, UTC).isoformat(),
                }
                pipe.xadd(STREAM_INTENT, said, id="*" if recent_ids else f"{int(moment * 1000)}-0")
            ids = [entry_id.decode() for entry_id in await pipe.execute()]
        newest |= {symbols[(start + place) % len(symbols)]: entry_id for place, entry_id in enumerate(ids)}
    return newest


async def _emergency_s(lab: Lab, symbol: str) -> float:
    """Seconds from the XADD to the order at the exchange."""
    began = time.time()
    result = await lab.close(symbol, reason="emergency_stop_loss (R=-2.21)")
    assert result["outcome"] == "CLOSED_FLAT"
    (order,) = await lab.requests(symbol)
    return float(order["arrived_ns"] / 1e9 - began)


@pytest.mark.parametrize("recent_ids", [False, True], ids=["old ids", "recent ids"])
async def test_emergencies_overtake_a_backlog(lab: Lab, redis: Redis, recent_ids: bool) -> None:
    for symbol, quantity in OPEN.items():
        await lab.open(symbol, "LONG", quantity)
    for symbol in EMERGENCIES:
        await lab.open(symbol, "LONG", "10")
    newest = await _backlog(redis, recent_ids)
    waiting = asyncio.create_task(_emergency_s(lab, EMERGENCIES[0]))
    await eventually(lambda: _written(redis, ENTRIES + 1))
    await lab.start()
    took = [await _emergency_s(lab, symbol) for symbol in EMERGENCIES[1:]]
    assert await _unanswered(redis) > ENTRIES / 10  # all of this happened while it was being answered
    assert max(took) < WITHIN_S
    await waiting
    await eventually(lambda: _all_answered(redis), 60)
    await _each_answered_once(lab, newest)


async def _each_answered_once(lab: Lab, newest: dict[str, str]) -> None:
    """The newest of each symbol by a look at today's facts, which ask for nothing here; all others in bulk."""
    looked_at = [await lab.result(entry_id) for entry_id in newest.values()]
    assert {result["outcome"] for result in looked_at} == {"SKIPPED_STALE"}
    records = [record for record in await lab.stream("quantum:stream:apply.result") if "count" in record]
    assert sum(int(record["count"]) for record in records) == ENTRIES - len(newest)
    for symbol, quantity in OPEN.items():
        assert await lab.position(symbol) == Decimal(quantity)


async def _written(redis: Redis, entries: int) -> bool:
    return bool(await redis.xlen(STREAM_INTENT) == entries)


async def _unanswered(redis: Redis) -> int:
    groups = await redis.xinfo_groups(STREAM_INTENT)
    return next(int(group["lag"] or 0) for group in groups if group["name"] == CONSUMER_GROUP.encode())


async def _all_answered(redis: Redis) -> bool:
    (group,) = await redis.xinfo_groups(STREAM_INTENT)
    return not group["lag"] and not group["pending"]
