"""Accounts with room for many positions."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from tests.flatten.orders import list_symbols
from tests.lab import Lab


@pytest.fixture
async def crowd(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Harvest live on a one-way account of an exchange with twenty more symbols."""
    async with list_symbols(Lab(temporal, redis)) as running:
        yield running


@pytest.fixture
async def hedge_crowd(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """The same on an account that keeps long and short apart."""
    async with list_symbols(Lab(temporal, redis, hedge=True)) as running:
        yield running
