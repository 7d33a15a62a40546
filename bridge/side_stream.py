"""Reading a stream beside the intents': panics, the reconciler's closes.

A reader of its own for each, so that nothing that is wrong with the intent stream holds it up.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from temporalio.service import RPCError

from bridge.backoff import pause_after
from bridge.settings import BridgeSettings

FIRST: Final = "0"
NEW: Final = ">"

RawEntry = tuple[bytes, dict[bytes, bytes] | None]
"""Id and fields; no fields where the entry was trimmed while it was pending."""
Take = Callable[[RawEntry], Awaitable[None]]
"""Deals with an entry and acknowledges it. Raises RedisError or RPCError if it has to come again."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Which stream is read, and as which group."""

    stream: str
    group: str
    page: int
    """Entries read at a time."""


class SideStream:
    """One consumer. The group begins at the stream's beginning: old entries are judged by whoever takes them (R15)."""

    def __init__(self, redis: Redis, source: Source, settings: BridgeSettings, take: Take) -> None:
        self._redis = redis
        self._source = source
        self._settings = settings
        self._take = take
        self._ready = False
        self._next_claim = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; Redis or Temporal may be away meanwhile."""
        errors = 0
        while not stop.is_set():
            try:
                await self._turn()
                errors = 0
                continue
            except (RedisError, RPCError) as error:
                self._ready = False
                why = str(error)[:200] or type(error).__name__
                _log.warning("a stream is not read: %s", why, stream=self._source.stream)
            except Exception:
                _log.exception("a reader stumbled and goes on", stream=self._source.stream)
            errors += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_after(errors))

    async def _turn(self) -> None:
        """What was delivered and not dealt with first, of us and of readers that died (R24); then what is new."""
        if not self._ready:
            await self._ensure_group()
            await self._own_pending()
            self._ready = True
        if time.monotonic() >= self._next_claim:
            await self._each(await self._claim())
            self._next_claim = time.monotonic() + self._settings.claim_every.total_seconds()
        await self._each(await self._read(NEW, int(self._settings.block.total_seconds() * 1000)))

    async def _own_pending(self) -> None:
        after = FIRST
        while entries := await self._read(after, None):
            await self._each(entries)
            after = entries[-1][0].decode()

    async def _each(self, entries: Sequence[RawEntry]) -> None:
        for entry in entries:
            await self._take(entry)

    async def _ensure_group(self) -> None:
        try:
            await self._redis.xgroup_create(self._source.stream, self._source.group, id=FIRST, mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _read(self, after: str, block: int | None) -> Sequence[RawEntry]:
        source, consumer = self._source, self._settings.consumer
        answer = await self._redis.xreadgroup(
            source.group, consumer, {source.stream: after}, count=source.page, block=block
        )
        streams = cast("Sequence[tuple[bytes, Sequence[RawEntry]]]", answer)
        return streams[0][1] if streams else ()

    async def _claim(self) -> Sequence[RawEntry]:
        source, consumer = self._source, self._settings.consumer
        idle = int(self._settings.claim_idle.total_seconds() * 1000)
        answer = await self._redis.xautoclaim(source.stream, source.group, consumer, idle, count=source.page)
        return cast("Sequence[RawEntry]", answer[1])
