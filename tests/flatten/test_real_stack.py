"""Panic, freeze and the safety net on a stack whose worker and Redis are processes of their own."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts.names import KEY_FREEZE, KEY_HALT, STREAM_PANIC, panic_group, safety_schedule_id
from harvest.exit_code import ExitCode
from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import Outside, start_server, stop_server
from tests.flatten.orders import positions

pytestmark = pytest.mark.xdist_group("flatten")  # one stack serves them all
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Said:
    """What a command ended with."""

    code: int
    output: str
    problem: str


@pytest.fixture(scope="module")
async def outside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    """One stack for all of them, with the safety net switched on."""
    settings = {"HARVEST_SAFETY": "true", "HARVEST_RECV_WINDOW_MS": "1000"}
    config = StackConfig(tmp_path_factory.mktemp("stack"), worker_settings=settings)
    async with Stack(config) as stack, await Outside.of(stack) as running:
        yield running


async def harvest(outside: Outside, *arguments: str, typed: str = "") -> Said:
    """A command as an operator calls it."""
    environment = {
        **os.environ,
        "TEMPORAL_ADDRESS": outside.stack.temporal_address,
        "HARVEST_REDIS_URL": outside.stack.redis_url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "harvest", *arguments, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    output, problem = await process.communicate(typed.encode())
    return Said(process.returncode or 0, output.decode(), problem.decode())


async def test_panic_asks_for_the_accounts_name_and_closes_everything(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    await outside.open("ETHUSDT", "SHORT", "2")

    refused = await harvest(outside, "panic", typed="yes\n")
    assert (refused.code, "not confirmed" in refused.problem) == (ExitCode.FAILED, True)
    assert len(await positions(outside)) == 2

    done = await harvest(outside, "panic", "--reason", "drill", typed="main\n")
    assert done.code == ExitCode.OK, done.problem
    assert "flat: 2 positions closed, the exchange shows none; new risk is halted" in done.output
    assert await positions(outside) == []
    assert await outside.redis.hget(KEY_HALT, "reason") == b"drill"

    assert "halted by harvest flatten" in (await harvest(outside, "resume")).output
    assert await outside.redis.exists(KEY_HALT) == 0


async def test_a_freeze_is_shown_and_panic_asks_to_lift_it(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    frozen = await harvest(outside, "freeze", "exchange incident")
    assert (frozen.code, "FROZEN" in frozen.output) == (ExitCode.OK, True)
    again = await harvest(outside, "freeze", "another")
    assert "frozen before" in again.output
    assert "exchange incident" in again.output

    assert (await outside.close("SOLUSDT"))["outcome"] == "BLOCKED"
    shown = await harvest(outside, "status", "SOLUSDT")
    assert "ALL CLOSES ARE FROZEN" in shown.problem
    assert "exchange incident" in json.loads(shown.output)["switches"]["frozen_by"]
    await outside.log_says("ALL CLOSES ARE FROZEN")

    refused = await harvest(outside, "panic", "--yes", "main")
    assert (refused.code, "closes are frozen" in refused.problem) == (ExitCode.FAILED, True)
    assert await outside.position("SOLUSDT") == 10

    done = await harvest(outside, "panic", "--yes", "main", "--unfreeze")
    assert done.code == ExitCode.OK, done.problem
    assert await positions(outside) == []
    assert await outside.redis.exists(KEY_FREEZE) == 0
    assert "were not frozen" in (await harvest(outside, "unfreeze")).output


async def test_a_worker_that_dies_in_the_middle_is_followed_by_one_that_ends_it(outside: Outside) -> None:
    symbols = ["SOLUSDT", "ETHUSDT", "XRPUSDT", "ADAUSDT"]
    for symbol in symbols:
        await outside.open(symbol, "LONG", "10")
    before = {symbol: len(await outside.requests(symbol)) for symbol in symbols}
    await outside.fault("executed_delay", delay_ms=30_000, times=2)
    panicking = asyncio.create_task(harvest(outside, "panic", "--yes", "main"))
    await outside.fault_struck("POST /fapi/v1/order")

    await outside.stack.kill_worker()
    await outside.stack.start_worker()

    done = await panicking
    assert done.code == ExitCode.OK, done.problem
    assert await positions(outside) == []
    assert {symbol: len(await outside.requests(symbol)) for symbol in symbols} == {
        symbol: count + 1 for symbol, count in before.items()
    }


async def panic_event(outside: Outside, event_id: str, issuer: str = "watchdog", age_s: int = 0) -> None:
    """Somebody of the original's services panics; returns when the worker has dealt with it."""
    ts = str(int(time.time() * 1000) - age_s * 1000)
    fields = {"event_id": event_id, "issued_by": issuer, "reason": "HEARTBEAT_LOST", "severity": "CRITICAL", "ts": ts}
    entry = await outside.redis.xadd(STREAM_PANIC, dict(fields))  # type: ignore[arg-type]

    async def dealt_with() -> bool:
        groups = await outside.redis.xinfo_groups(STREAM_PANIC)  # none until the worker's bridge has made its own
        return any(group["last-delivered-id"] == entry and group["pending"] == 0 for group in groups)

    await eventually(dealt_with)


async def test_the_originals_panic_stream_flattens_once_for_each_event(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    await panic_event(outside, "e-1")
    result = await outside.client.get_workflow_handle("flatten-main-e-1").result()
    assert (result["flat"], result["issued_by"]) == (True, "watchdog")
    assert await positions(outside) == []

    await outside.open("SOLUSDT", "LONG", "10")
    await panic_event(outside, "e-1")
    await panic_event(outside, "e-2", issuer="somebody")
    await panic_event(outside, "e-3", age_s=3600)
    await outside.log_says("panic event is too old")
    assert await outside.position("SOLUSDT") == 10

    await panic_event(outside, "e-4")
    assert (await outside.client.get_workflow_handle("flatten-main-e-4").result())["flat"]
    assert (await outside.redis.xinfo_groups(STREAM_PANIC))[0]["name"].decode() == panic_group("main")


async def test_the_safety_net_and_panic_close_with_redis_down_also_after_a_restart_of_the_worker(
    outside: Outside,
) -> None:
    await outside.log_says("safety net is up")
    await outside.open("SOLUSDT", "LONG", "10")
    await outside.call("POST", "/sim/price", symbol="SOLUSDT", price="120")
    await stop_server(outside.stack, "redis")
    await outside.stack.kill_worker()
    await outside.stack.start_worker()

    await outside.client.get_schedule_handle(safety_schedule_id("main")).trigger()

    async def flat() -> bool:
        return await outside.position("SOLUSDT") == 0

    await eventually(flat)

    await outside.open("ETHUSDT", "LONG", "1")
    done = await harvest(outside, "panic", "--yes", "main")
    assert done.code == ExitCode.OK, done.problem
    assert "NEW RISK IS NOT HALTED YET" in done.output
    assert await positions(outside) == []

    await start_server(outside.stack, "redis")
    assert (await outside.handle("SOLUSDT").result())["source"] == "bsc"
    assert (await outside.client.get_workflow_handle("flatten-main").result())["halted"]
    assert await outside.redis.hget(KEY_HALT, "halted") == b"true"
