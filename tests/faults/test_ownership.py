"""Two installations and one exchange account: real workers, one Redis, one exchange. Only one of them ever sends."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest

from contracts.names import key_owner
from harvest.child import Child
from harvest.exit_code import ExitCode
from harvest.servers import worker_command
from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import READY, Outside, start_second_worker

ROOT = Path(__file__).resolve().parents[2]
KEY = key_owner("simulator", "SimAlias")
OTHER_NAMESPACE = "other"


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """One installation at work."""
    config = StackConfig(tmp_path, worker_settings={"HARVEST_RECV_WINDOW_MS": "1000"})
    async with Stack(config) as stack, await Outside.of(stack) as running:
        yield running


async def other_worker(outside: Outside, **settings: str) -> Child:
    """A worker of another installation, started and not waited for."""
    environment = {**outside.stack._worker_environment(), "HARVEST_CONSUMER": "bridge-other", **settings}
    return await outside.stack._spawn("other", worker_command(), environment)


async def ended(child: Child) -> int:
    async with asyncio.timeout(30):
        return await child.wait()


async def harvest_owner(outside: Outside, *arguments: str, **settings: str) -> tuple[int, dict[str, object], str]:
    environment = {**os.environ, **outside.stack._worker_environment(), **settings}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harvest", "owner", "--json", *arguments),
        cwd=ROOT,
        env=environment,
        stdout=PIPE,
        stderr=PIPE,
    )
    output, problem = await process.communicate()
    return process.returncode or 0, json.loads(output or "{}"), problem.decode()


async def test_r08_r10_another_name_for_the_same_account_is_refused_at_the_start(outside: Outside) -> None:
    other = await other_worker(outside, HARVEST_ACCOUNT="second")

    assert await ended(other) == 1
    assert "are sent by main@default" in other.output()
    assert "which is alive" in other.output()
    assert READY not in other.output()
    await outside.open("SOLUSDT", "LONG", "10")
    assert (await outside.close("SOLUSDT"))["outcome"] == "CLOSED_FLAT"
    assert len(await outside.requests("SOLUSDT")) == 1


async def test_r10_another_temporal_namespace_is_refused_at_the_start(outside: Outside) -> None:
    period = Duration()
    period.FromTimedelta(timedelta(days=1))
    await outside.client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=OTHER_NAMESPACE, workflow_execution_retention_period=period)
    )
    other = await other_worker(outside, TEMPORAL_NAMESPACE=OTHER_NAMESPACE)

    assert await ended(other) == 1
    assert f"we are main@{OTHER_NAMESPACE}" in other.output()


async def test_r10_a_shadow_beside_it_and_more_workers_of_the_same_are_welcome(outside: Outside) -> None:
    shadow = await other_worker(outside, HARVEST_ACCOUNT="paper", HARVEST_MODE="shadow")
    await outside.stack.worker_ready(shadow)
    await start_second_worker(outside.stack)

    assert await outside.redis.get(KEY) is not None
    assert shadow.running


async def test_after_a_death_another_installation_takes_over_without_a_human(outside: Outside) -> None:
    await outside.stack.kill_worker()
    other = await other_worker(outside, HARVEST_ACCOUNT="second")

    await outside.stack.worker_ready(other)

    assert "waiting whether its owner lives" in other.output()
    assert b"second@default" in (await outside.redis.get(KEY) or b"")


async def test_while_the_account_is_anothers_no_order_leaves_and_then_the_close_goes_on(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "10")
    await outside.redis.set(KEY, "stranger@elsewhere", px=5_000)
    entry = await outside.send("SOLUSDT")

    status = await outside.until("SOLUSDT", needs_human=True)
    assert "stranger@elsewhere" in json.dumps(status)
    assert await outside.requests("SOLUSDT") == []

    assert (await outside.result(entry))["outcome"] == "CLOSED_FLAT"
    assert len(await outside.requests("SOLUSDT")) == 1


async def test_an_account_that_is_taken_by_hand_changes_over_and_nothing_is_sent_twice(outside: Outside) -> None:
    first = outside.stack.worker
    assert first is not None
    code, before, _ = await harvest_owner(outside)
    assert (code, before["is_this"], before["account_alias"]) == (ExitCode.OK, True, "SimAlias")

    code, taken, told = await harvest_owner(outside, "--take", HARVEST_ACCOUNT="second")
    assert (code, taken["is_this"]) == (ExitCode.OK, True)
    assert "taken from main@default" in told
    second = await other_worker(outside, HARVEST_ACCOUNT="second")
    await outside.stack.worker_ready(second)

    assert await ended(first) == 1
    assert "belongs to another installation now" in first.output()
    code, after, _ = await harvest_owner(outside)
    assert (after["is_this"], str(after["owner"]).startswith("second@default")) == (False, True)

    await outside.open("SOLUSDT", "LONG", "10")
    entry = await outside.send("SOLUSDT")
    assert (await outside.result(entry))["account"] == "second"
    assert len(await outside.requests("SOLUSDT")) == 1


async def test_a_worker_without_redis_starts_all_the_same(outside: Outside) -> None:
    await outside.stack.kill_worker()
    await outside.stack.kill_server("redis")

    await outside.stack.start_worker()
    await outside.stack.start_server("redis")

    async def claimed() -> bool:
        return b"main@default" in (await outside.redis.get(KEY) or b"")

    await eventually(claimed)
