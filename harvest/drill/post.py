"""The drill's own way to the streams: it outlives every restart of Redis, as a good producer does."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from contracts.names import STREAM_DEAD, STREAM_INTENT, STREAM_RESULT
from runtime.beside import end

Record = dict[str, str]
MARK: Final = "drill"
"""Field that tells one copy of an entry from the next, so that a lost XADD answer does not add it twice."""
_PAUSE_S: Final = 0.05
_BLOCK_MS: Final = 200
_LOOK_BACK: Final = 2000
_AWAY = (RedisError, OSError)


class Post:
    """Adds entries and collects everything that is answered. Use as an async context manager."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Redis = Redis.from_url(redis_url, decode_responses=True, socket_timeout=3, retry=None)
        self._seen = {STREAM_RESULT: "0-0", STREAM_DEAD: "0-0"}
        self._news = asyncio.Event()
        self._collector: asyncio.Task[None] | None = None
        self.results: list[Record] = []
        self.dead: list[Record] = []

    async def __aenter__(self) -> Self:
        self._collector = asyncio.create_task(self._collect())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._collector is not None:
            await end(self._collector)
        await self._redis.aclose()

    async def add(self, fields: Mapping[str, str], mark: str) -> str:
        """Add one entry, once, however often Redis dies meanwhile; its id."""
        entry: dict[Any, Any] = {**fields, MARK: mark}
        while True:
            try:
                return cast("str", await self._redis.xadd(STREAM_INTENT, entry))
            except _AWAY:
                if known := await self._added(mark):
                    return known

    async def _added(self, mark: str) -> str | None:
        """The entry that was added although the answer got lost."""
        while True:
            await asyncio.sleep(_PAUSE_S)
            try:
                latest: Any = await self._redis.xrevrange(STREAM_INTENT, count=_LOOK_BACK)
            except _AWAY:
                continue
            return next((entry_id for entry_id, fields in latest if fields.get(MARK) == mark), None)

    async def answered(self, entry_ids: set[str], timeout_s: float) -> bool:
        """Wait until each entry has a result or a dead letter; whether that came to be in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while entry_ids - self._answered():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _answered(self) -> set[str]:
        return {record.get("entry_id", "") for record in (*self.results, *self.dead)}

    async def _collect(self) -> None:
        while True:
            try:
                answer: Any = await self._redis.xread(cast("dict[Any, Any]", self._seen), block=_BLOCK_MS)
            except _AWAY:
                await asyncio.sleep(_PAUSE_S)
                continue
            for stream, entries in _pairs(answer):
                for entry_id, fields in entries:
                    self._seen[stream] = entry_id
                    (self.results if stream == STREAM_RESULT else self.dead).append(fields)
            if answer:
                self._news.set()


def _pairs(answer: Any) -> list[tuple[str, list[tuple[str, Record]]]]:  # noqa: ANN401 - RESP2 or RESP3
    if isinstance(answer, dict):
        return [(name, [entry for part in parts for entry in part]) for name, parts in answer.items()]
    return list(answer or [])
