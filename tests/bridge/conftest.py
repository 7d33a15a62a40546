"""One Redis and one Temporal for all tests of the bridge."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from bridge.settings import BridgeSettings
from runtime.redis_client import connect_redis
from runtime.temporal import ensure_search_attributes
from tests.bridge.rig import QUICK, Rig
from tests.bridge.servers import RedisServer, start_temporal


@pytest.fixture(scope="session", autouse=True)
def tracing() -> None:
    """Trace ids, as every process of ours has them."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """One that a test may kill."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    environment = await start_temporal()
    await ensure_search_attributes(environment.client)
    yield environment
    await environment.shutdown()


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    client = connect_redis(redis_server.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def make_rig() -> AsyncIterator[Callable[..., Rig]]:
    """Bridges that are stopped when the test is over, however it ends."""
    made: list[Rig] = []

    def make(redis: Redis, client: Client, settings: BridgeSettings = QUICK) -> Rig:
        made.append(Rig(redis, client, settings))
        return made[-1]

    yield make
    for rig in made:
        await rig.finish()


@pytest.fixture
async def rig(redis: Redis, temporal: WorkflowEnvironment, make_rig: Callable[..., Rig]) -> AsyncIterator[Rig]:
    """A bridge that is not running yet, with a worker that is."""
    made = make_rig(redis, temporal.client)
    async with made.worker():
        yield made
        await made.finish()
