"""What the watch remembers, kept in Redis beside what it writes: both in one step, or neither (R11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis

from activities.watch_intents import Entry
from contracts.names import KEY_CONFIG_VERSIONS, key_watch
from contracts.watch import PositionMemory

_CONFIG: Final = "config:"

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an earlier life left behind."""

    memories: Mapping[str, PositionMemory]
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a pass writes."""

    entries: Sequence[Entry] = ()
    memories: Mapping[str, PositionMemory] = field(default_factory=dict)
    gone: Sequence[str] = ()
    configs: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.entries or self.memories or self.gone or self.configs or self.versions)


class WatchStore:
    """One hash for an account."""

    def __init__(self, redis: Redis, account: str) -> None:
        self._redis = redis
        self._key = key_watch(account)

    async def load(self) -> Loaded:
        """Everything kept. What cannot be read is left out: the exchange knows it, too. Raises ``RedisError``."""
        kept: dict[bytes, bytes] = await self._redis.hgetall(self._key)  # type: ignore[assignment]  # not decoded
        texts = {name.decode(errors="replace"): value for name, value in kept.items()}
        configs = {
            name.removeprefix(_CONFIG): raw.decode(errors="replace")
            for name, raw in texts.items()
            if name.startswith(_CONFIG)
        }
        memories = {name: _memory(name, raw) for name, raw in texts.items() if not name.startswith(_CONFIG)}
        return Loaded({name: memory for name, memory in memories.items() if memory is not None}, configs)

    async def write(self, changes: Changes) -> None:
        """All of it in one transaction. Raises ``RedisError``."""
        if not changes:
            return
        pipeline = self._redis.pipeline(transaction=True)
        for entry in changes.entries:
            added: dict[Any, Any] = {**entry.fields}
            pipeline.xadd(entry.stream, added, maxlen=entry.keep, approximate=True)
        kept: dict[Any, Any] = {name: memory.model_dump_json() for name, memory in changes.memories.items()}
        kept |= {f"{_CONFIG}{symbol}": written for symbol, written in changes.configs.items()}
        if kept:
            pipeline.hset(self._key, mapping=kept)
        if changes.gone:
            pipeline.hdel(self._key, *changes.gone)
        for version, rules in changes.versions.items():
            pipeline.hsetnx(KEY_CONFIG_VERSIONS, version, rules)
        await pipeline.execute()


def _memory(name: str, raw: bytes) -> PositionMemory | None:
    try:
        return PositionMemory.model_validate_json(raw)
    except ValidationError as error:
        _log.warning(
            "a memory cannot be read and is found again at the exchange", position=name, error=str(error)[:200]
        )
        return None
