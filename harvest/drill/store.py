"""What our servers remember, and how a drill makes them forget it."""

import asyncio
import shutil
from typing import Any, Final, cast

from redis.asyncio import Redis
from temporalio.client import Client

from contracts.names import CONSUMER_GROUP, STREAM_INTENT
from harvest.stack import NAMESPACE, Stack

_LOOK_S: Final = 0.2
_QUIET_LOOKS: Final = 5
Stream = list[tuple[str, dict[str, str]]]


class Store:
    """The files of Temporal and Redis."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    async def forget(self, servers: tuple[str, ...]) -> None:
        """Servers lose all their data; of Redis's, the intent stream is put back under its old ids and read from 0."""
        stream = await self._stream()
        for server in servers:
            await self._stack.kill_server(server)
            self._delete(server)
            await self._stack.start_server(server)
        async with self._redis() as redis:
            if "redis" in servers:
                await _restore(redis, stream)
            else:
                await redis.xgroup_destroy(STREAM_INTENT, CONSUMER_GROUP)

    async def replayed(self) -> None:
        """Return when the whole stream was read and acknowledged, and no close runs any more."""
        client = await Client.connect(self._stack.temporal_address, namespace=NAMESPACE)
        quiet = 0
        async with self._redis() as redis:
            while quiet < _QUIET_LOOKS:
                await asyncio.sleep(_LOOK_S)
                running = await client.count_workflows("ExecutionStatus = 'Running'")
                quiet = quiet + 1 if running.count == 0 and await _all_read(redis) else 0

    def _redis(self) -> Redis:
        return Redis.from_url(self._stack.redis_url, decode_responses=True)

    async def _stream(self) -> Stream:
        async with self._redis() as redis:
            return cast("Stream", await redis.xrange(STREAM_INTENT))

    def _delete(self, server: str) -> None:
        folder = self._stack.config.folder
        for path in folder.glob("temporal.db*" if server == "temporal" else "appendonlydir"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


async def _restore(redis: Redis, stream: Stream) -> None:
    for entry_id, fields in stream:
        await redis.xadd(STREAM_INTENT, cast("dict[Any, Any]", fields), id=entry_id)


async def _all_read(redis: Redis) -> bool:
    if not await redis.exists(STREAM_INTENT):
        return False
    last: Any = await redis.xinfo_stream(STREAM_INTENT)
    groups: Any = await redis.xinfo_groups(STREAM_INTENT)
    ours = (group for group in groups if group["name"] == CONSUMER_GROUP)
    return any(group["pending"] == 0 and group["last-delivered-id"] == last["last-generated-id"] for group in ours)
