"""The worker dies between the new stop and the old one: something always rests, and in the end exactly one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from contracts.mode import Venue
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import Outside
from tests.stops.stage import POST, SOL, move, resting, until_resting

DELETE = "DELETE /fapi/v1/algoOrder"
FOR_EVER_MS = 30_000


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A stack with a worker that can be killed, and eyes of our own at its exchange."""
    settings = {"HARVEST_RECV_WINDOW_MS": "1000", "HARVEST_ORDER_TIMEOUT": "10"}
    async with Stack(StackConfig(tmp_path, worker_settings=settings)) as stack, await Outside.of(stack) as running:
        keys = {"api_key": SecretStr("sim-key"), "api_secret": SecretStr("sim-secret")}
        endpoint = ExchangeEndpoint(venue=Venue.SIMULATOR, base_url=stack.exchange_url, **keys)
        running.exchange = await BinanceExchange.connect(endpoint)
        yield running
        await running.exchange.close()


@asynccontextmanager
async def never_without(outside: Outside) -> AsyncIterator[None]:
    """Whoever looks meanwhile sees a stop."""
    counts: list[int] = []

    async def watch() -> None:
        while True:
            counts.append(len(await resting(outside)))
            await asyncio.sleep(0.03)

    watching = asyncio.create_task(watch())
    yield
    watching.cancel()
    assert len(counts) > 20
    assert min(counts) == 1
    assert max(counts) == 2


async def test_killed_before_the_old_one_is_cancelled_and_before_the_new_one_is_answered(outside: Outside) -> None:
    await outside.open(SOL, "LONG", "100")
    assert (await move(outside, "140"))["outcome"] == "STOP_MOVED"

    async with never_without(outside):
        await kill_while(outside, DELETE, "141")
        await kill_while(outside, POST, "142")


async def kill_while(outside: Outside, call: str, level: str) -> None:
    """The worker dies in the middle of this call; the next one ends the move."""
    await outside.fault("executed_delay" if call == POST else "refused_hang", call, delay_ms=FOR_EVER_MS)
    entry = await outside.send(SOL, "PROFIT_LOCK_SL", new_sl_proposed=level)
    await outside.fault_struck(call)
    await eventually(lambda: two_rest(outside))

    await outside.stack.kill_worker()
    await outside.stack.start_worker()

    assert (await outside.result(entry))["outcome"] == "STOP_MOVED"
    await until_resting(outside, ("SELL", level, "100"))
    assert len(await outside.results(entry)) == 1


async def two_rest(outside: Outside) -> bool:
    return len(await resting(outside)) == 2
