"""The outside world of a stack whose worker is a process of its own, so that it can be killed."""

from collections.abc import Mapping
from typing import Any, Self

import aiohttp
from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.names import CONSUMER_GROUP, STREAM_INTENT
from harvest.child import Child
from harvest.servers import worker_command
from harvest.stack import NAMESPACE, Stack
from runtime.redis_client import connect_redis
from tests.bridge.servers import eventually
from tests.lab import Lab

READY = "worker ready"


class Outside(Lab):
    """What a test sees and does of a :class:`Stack`: producers, streams, the exchange's control calls."""

    def __init__(self, stack: Stack, client: Client, redis: Redis) -> None:
        super().__init__(client, redis)
        self.stack = stack
        self.account = stack.config.account

    @classmethod
    async def of(cls, stack: Stack) -> Self:
        """Connect to everything that runs."""
        client = await Client.connect(
            stack.temporal_address, namespace=NAMESPACE, data_converter=pydantic_data_converter
        )
        return cls(stack, client, connect_redis(stack.redis_url))

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self.redis.aclose)
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession(self.stack.exchange_url))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def order_arrived(self, symbol: str, count: int = 1) -> None:
        """Return when so many order requests of ours are in the exchange's ledger, answered or not."""

        async def arrived() -> bool:
            return len(await self.requests(symbol)) >= count

        await eventually(arrived)

    async def fault_struck(self, call: str) -> None:
        """Return when a fault of this call has been injected."""

        async def struck() -> bool:
            injected = (await self.call("GET", "/sim/faults"))["injected"]
            return any(entry["call"] == call for entry in injected)

        await eventually(struck)

    async def unacknowledged(self) -> int:
        """Entries that were delivered to a consumer and not acknowledged."""
        pending: Any = await self.redis.xpending(STREAM_INTENT, CONSUMER_GROUP)
        return int(pending["pending"])

    async def all_acknowledged(self) -> None:
        """Return when no entry waits for its acknowledgement."""

        async def none_waits() -> bool:
            return await self.unacknowledged() == 0

        await eventually(none_waits)

    async def log_says(self, words: str) -> None:
        """Return when the worker's log contains some words."""
        worker = self.stack.worker
        assert worker is not None
        await eventually(lambda: worker.says(words))


async def start_second_worker(stack: Stack, settings: Mapping[str, str] | None = None) -> Child:
    """Another worker beside the first, as on another machine."""
    environment = {**stack._worker_environment(), "HARVEST_CONSUMER": "bridge-second", **(settings or {})}
    return await stack.start_program("worker", worker_command(), environment, READY)


async def stop_server(stack: Stack, name: str) -> None:
    """Stop a server of the stack in its own good time."""
    (server,) = (child for child in stack.children if child.name == name and child.running)
    await server.stop(grace_s=10)


async def start_server(stack: Stack, name: str) -> None:
    """Start it again: same port, same files."""
    child = await stack._spawn(name, stack._command(name), {})
    await stack._server_ready(name, child)
