"""The embedded stack leaves nothing behind, whichever way it ends."""

import asyncio
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from contracts.search import ALL
from harvest import servers
from harvest.child import ChildFailed
from harvest.servers import clean_environment
from harvest.stack import NAMESPACE, Stack, StackConfig
from tests.harvest.processes import all_end, is_running


def pids(stack: Stack) -> list[int]:
    return [child.pid for child in stack.children]


async def test_everything_runs_and_everything_ends(tmp_path: Path) -> None:
    async with Stack(StackConfig(tmp_path)) as stack:
        assert [child.name for child in stack.children] == ["redis", "temporal", "simulator", "worker"]
        assert all(child.running for child in stack.children)
        assert {child.log for child in stack.children} == {tmp_path / f"{child.name}.log" for child in stack.children}
    assert not any(is_running(pid) for pid in pids(stack))


async def test_redis_keeps_what_was_written_and_temporal_knows_our_names(tmp_path: Path) -> None:
    async with Stack(StackConfig(tmp_path, worker=False, simulator=False)) as stack:
        redis: Redis = Redis.from_url(stack.redis_url, decode_responses=True)
        settings = await redis.config_get("append*")
        assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "everysec")
        await redis.aclose()
        client = await Client.connect(stack.temporal_address, namespace=NAMESPACE)
        namespace = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=NAMESPACE))
        assert namespace.config.workflow_execution_retention_ttl.seconds == 30 * 24 * 3600
        assert (await client.count_workflows(" AND ".join(f"{key.name} IS NULL" for key in ALL))).count == 0


async def test_an_error_inside_ends_everything(tmp_path: Path) -> None:
    stack = Stack(StackConfig(tmp_path, worker=False, simulator=False))
    with pytest.raises(LookupError, match="on purpose"):
        async with stack:
            raise LookupError("on purpose")
    assert not any(is_running(pid) for pid in pids(stack))


async def test_a_cancellation_while_starting_ends_everything(tmp_path: Path) -> None:
    stack = Stack(StackConfig(tmp_path))
    starting = asyncio.create_task(stack.__aenter__())
    while len(stack.children) < 2:  # noqa: ASYNC110 - a list has no event
        await asyncio.sleep(0.005)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert await all_end(pids(stack))


async def test_a_cancellation_while_stopping_kills_everything(tmp_path: Path) -> None:
    stack = await Stack(StackConfig(tmp_path, worker=False, simulator=False, grace_s=60)).__aenter__()
    stopping = asyncio.create_task(stack.stop())
    await asyncio.sleep(0.01)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert await all_end(pids(stack))


async def test_a_worker_that_refuses_its_settings_is_named_with_its_log_and_ends_everything(tmp_path: Path) -> None:
    stack = Stack(StackConfig(tmp_path, worker_settings={"HARVEST_MODE": "aggressive"}))
    with pytest.raises(ChildFailed, match=r"(?s)worker ended with code 1.*worker\.log.*HARVEST_MODE"):
        async with stack:
            pass
    assert not any(is_running(pid) for pid in pids(stack))


async def test_a_server_that_dies_at_start_is_named_with_its_log_and_ends_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (sys.executable, "-c", "import sys; sys.exit('disk full')")
    monkeypatch.setattr("harvest.stack.redis_command", lambda *_: broken)
    stack = Stack(StackConfig(tmp_path, worker=False))
    with pytest.raises(ChildFailed, match=r"(?s)redis ended with code 1.*disk full"):
        async with stack:
            pass
    assert not any(is_running(pid) for pid in pids(stack))


async def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    async with Stack(StackConfig(tmp_path)) as stack:
        dead = await stack.kill_worker()
        assert not is_running(dead.pid)
        with pytest.raises(LookupError, match="no worker is running"):
            await stack.kill_worker()
        successor = await stack.start_worker()
        assert stack.worker is successor
        assert successor.pid != dead.pid


async def test_two_stacks_run_side_by_side(tmp_path: Path) -> None:
    config = StackConfig(tmp_path / "one", worker=False, simulator=False, usual_ports=True)
    async with Stack(config) as one, Stack(StackConfig(tmp_path / "two", worker=False, simulator=False)) as two:
        assert one.redis_url != two.redis_url
        assert one.temporal_address != two.temporal_address


def test_no_key_and_no_switch_of_this_shell_reaches_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HARVEST_VENUE", "HARVEST_API_KEY", "TEMPORAL_API_KEY", "BINANCE_TESTNET", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "from the shell")
    environment = clean_environment({"HARVEST_MODE": "live"})
    assert "from the shell" not in environment.values()
    assert environment["HARVEST_MODE"] == "live"
    assert environment["PYTHONPATH"] == str(servers.SOURCE)
