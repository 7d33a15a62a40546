"""Labs that reconcile."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from contracts.mode import Mode
from tests.reconcile.desk import Desk


@pytest.fixture
async def desk(temporal: Client, redis: Redis) -> AsyncIterator[Desk]:
    """Live on a one-way account."""
    async with Desk(temporal, redis) as running:
        yield running


@pytest.fixture
async def hedge_desk(temporal: Client, redis: Redis) -> AsyncIterator[Desk]:
    """Live on an account that keeps long and short apart."""
    async with Desk(temporal, redis, hedge=True) as running:
        yield running


@pytest.fixture
async def shadow_desk(temporal: Client, redis: Redis) -> AsyncIterator[Desk]:
    """In shadow mode."""
    async with Desk(temporal, redis, mode=Mode.SHADOW) as running:
        yield running
