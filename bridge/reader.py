"""Reading the intent stream as one consumer of the group, so that nothing is lost (R16, R24, R79)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bridge.entry import Entry
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from contracts.names import STREAM_INTENT

FIRST: Final = "0-0"
_RawEntry = tuple[bytes, dict[bytes, bytes] | None]

_KEEP: Final = """
local kept = {}
for i = 3, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    kept[#kept + 1] = ARGV[i]
  end
end
return kept
"""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class Reader:
    """Every way to get at entries. Errors of Redis pass through."""

    def __init__(self, redis: Redis, settings: BridgeSettings, stats: BridgeStats) -> None:
        self._redis = redis
        self._keep = redis.register_script(_KEEP)
        self._settings = settings
        self._stats = stats

    async def ensure_group(self) -> None:
        """Create stream and group if they are missing.

        From the stream's beginning: nothing that waits there is lost, and the age limit keeps old backlog out of the
        market (R15).
        """
        try:
            await self._redis.xgroup_create(STREAM_INTENT, self._settings.group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
            return
        self._stats.groups_created += 1
        _log.info("consumer group created", stream=STREAM_INTENT, group=self._settings.group)

    async def new(self, block: timedelta | None) -> list[Entry]:
        """Entries that no consumer of the group has seen; waits for the first one if `block` is given."""
        milliseconds = None if block is None else max(1, int(block.total_seconds() * 1000))
        return await self._read(">", milliseconds)

    async def pending(self, after: str) -> list[Entry]:
        """Entries that were delivered to us and never acknowledged, in order."""
        return await self._read(after, None)

    async def claim(self, start: str) -> tuple[str, list[Entry]]:
        """Take over entries of dead consumers; returns where to go on (``0-0``: that was all)."""
        idle = int(self._settings.claim_idle.total_seconds() * 1000)
        answer = await self._redis.xautoclaim(
            STREAM_INTENT, self._settings.group, self._settings.consumer, idle, start, count=self._settings.read_count
        )
        entries = _entries(answer[1])
        # Of what was trimmed meanwhile only the ids are told, and only this once.
        entries += [Entry(entry_id.decode(), {}) for entry_id in answer[2:] and answer[2]]
        self._stats.claimed += len(entries)
        return answer[0].decode(), entries

    async def newest(self, after: str, before: str, count: int) -> list[Entry]:
        """Entries between two ids, the newest first, whoever they will be delivered to."""
        upper = before if before == "+" else f"({before}"
        raw = await self._redis.xrevrange(STREAM_INTENT, upper, f"({after}", count=count)
        return _entries(cast("Sequence[_RawEntry]", raw))

    async def still_ours(self, entry_ids: Sequence[str]) -> set[str]:
        """Which of these are still pending with us; for those our time begins anew.

        What lay here for long, while we held it back or were stopped, another bridge may have taken over.
        """
        if not entry_ids:
            return set()
        kept = await self._keep([STREAM_INTENT], [self._settings.group, self._settings.consumer, *entry_ids])
        return {entry_id.decode() for entry_id in cast("list[bytes]", kept)}

    async def acknowledge(self, *entry_ids: str) -> None:
        """Tell Redis that these are dealt with for good."""
        await self._redis.xack(STREAM_INTENT, self._settings.group, *entry_ids)
        self._stats.acknowledged += len(entry_ids)

    async def _read(self, after: str, block: int | None) -> list[Entry]:
        answer = await self._redis.xreadgroup(
            self._settings.group,
            self._settings.consumer,
            {STREAM_INTENT: after},
            count=self._settings.read_count,
            block=block,
        )
        streams = cast("Sequence[tuple[bytes, Sequence[_RawEntry]]]", answer)
        return _entries(streams[0][1]) if streams else []


def group_is_missing(error: Exception) -> bool:
    """Whether the group went away: Redis lost its data, or somebody deleted it."""
    return isinstance(error, ResponseError) and str(error).startswith(("NOGROUP", "UNBLOCKED"))


def _entries(raw: Sequence[_RawEntry]) -> list[Entry]:
    return [Entry(entry_id.decode(), fields or {}) for entry_id, fields in raw]
