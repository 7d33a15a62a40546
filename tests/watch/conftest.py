"""A running watch for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from contracts.mode import Mode
from tests.watch.watch_lab import WatchLab


@pytest.fixture
async def watched(temporal: Client, redis: Redis) -> AsyncIterator[WatchLab]:
    """Harvest live, with a watch, on a one-way account."""
    async with WatchLab(temporal, redis) as running:
        yield running


@pytest.fixture
async def suggesting(temporal: Client, redis: Redis) -> AsyncIterator[WatchLab]:
    """Harvest in shadow mode, with a watch."""
    async with WatchLab(temporal, redis, mode=Mode.SHADOW) as running:
        yield running
