"""Real servers for all tests, started once; a fresh Harvest for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings
from redis.asyncio import Redis
from temporalio.client import Client

from contracts.mode import Mode
from harvest.stack import Stack, StackConfig
from runtime.settings import Settings
from runtime.telemetry import Telemetry, start_telemetry
from runtime.temporal import connect_temporal, ensure_search_attributes
from tests.lab import Lab

# Properties are judged by what they find, not by how long a busy machine takes for one example.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Temporal and Redis, the real ones."""
    folder = tmp_path_factory.mktemp("servers")
    async with Stack(StackConfig(folder=folder, worker=False, simulator=False)) as stack:
        yield stack


@pytest.fixture(scope="session")
def telemetry() -> Telemetry:
    """One tracer provider and one Temporal runtime for the test process."""
    return start_telemetry(Settings())


@pytest.fixture(scope="session")
async def temporal(servers: Stack, telemetry: Telemetry) -> Client:
    """A client as the worker has it."""
    environment = {"TEMPORAL_ADDRESS": servers.temporal_address, "TEMPORAL_NAMESPACE": "default"}
    client = await connect_temporal(Settings(), telemetry, environment=environment)
    await ensure_search_attributes(client)
    return client


@pytest.fixture(scope="session")
async def redis(servers: Stack) -> AsyncIterator[Redis]:
    """A client as the worker has it."""
    client: Redis = Redis.from_url(servers.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest live on a one-way account."""
    async with Lab(temporal, redis) as running:
        yield running


@pytest.fixture
async def hedge_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest live on an account that keeps long and short apart."""
    async with Lab(temporal, redis, hedge=True) as running:
        yield running


@pytest.fixture
async def shadow_lab(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest in shadow mode."""
    async with Lab(temporal, redis, mode=Mode.SHADOW) as running:
        yield running
