"""A server was away for longer than a restart takes: closes go on as soon as it is back, not some time later."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from harvest.stack import Stack, StackConfig
from tests.faults.outside import Outside

AWAY_S = 8.0
"""The SDK's calls for tasks, and everything else that doubles its pauses, would next be tried five seconds later."""
SOON_S = 4.5
"""Sooner than those five seconds. How soon it is on a machine with nothing else to do, ``bench.recovery`` measures."""
SYMBOLS = ("SOLUSDT", "ETHUSDT", "BNBUSDT")


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A stack of its own, whose servers can be killed."""
    async with Stack(StackConfig(tmp_path)) as stack, await Outside.of(stack) as running:
        yield running


async def orders_in_flight(outside: Outside) -> list[str]:
    """A close for each symbol, its order executed and not answered yet."""
    entries = []
    for symbol in SYMBOLS:
        await outside.open(symbol, "LONG", "2")
        await outside.fault("executed_delay", delay_ms=1500, symbol=symbol)
        entries.append(await outside.send(symbol))
        await outside.order_arrived(symbol)
    return entries


async def kill_for_long(outside: Outside, name: str) -> float:
    """Returns when it answered again, of the monotonic clock."""
    await outside.stack.kill_server(name)
    await asyncio.sleep(AWAY_S)
    await outside.stack.start_server(name)
    return time.monotonic()


@pytest.mark.parametrize("name", ["temporal", "redis"])
async def test_closes_under_way_end_soon_after_the_server_is_back(outside: Outside, name: str) -> None:
    entries = await orders_in_flight(outside)

    back = await kill_for_long(outside, name)
    if name == "redis":
        await outside.redis.connection_pool.disconnect()
    outcomes = [(await outside.result(entry))["outcome"] for entry in entries]

    assert time.monotonic() - back < SOON_S
    assert outcomes == ["CLOSED_FLAT"] * len(SYMBOLS)
    assert [len(await outside.requests(symbol)) for symbol in SYMBOLS] == [1, 1, 1]


async def test_a_decision_made_while_temporal_was_away_is_carried_out_soon_after(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "2")
    await outside.stack.kill_server("temporal")
    entry = await outside.send("SOLUSDT")

    back = await kill_for_long(outside, "temporal")

    assert (await outside.result(entry))["outcome"] == "CLOSED_FLAT"
    assert time.monotonic() - back < SOON_S
