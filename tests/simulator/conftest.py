"""Simulators on free ports and a client for each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest

from simulator import Simulator, SimulatorConfig
from tests.simulator.client import Client

Started = Callable[[SimulatorConfig], Awaitable[Client]]


@pytest.fixture
async def started() -> AsyncIterator[Started]:
    """Starts simulators as configured and stops them after the test."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def start(config: SimulatorConfig) -> Client:
            simulator = Simulator(config)
            await simulator.start()
            stack.push_async_callback(simulator.stop)
            return Client(session, simulator)

        yield start


@pytest.fixture
async def client(started: Started) -> Client:
    """A one-way account."""
    return await started(SimulatorConfig())


@pytest.fixture
async def hedged(started: Started) -> Client:
    """A hedge-mode account."""
    return await started(SimulatorConfig(hedge=True))
