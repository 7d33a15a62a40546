"""Entries that cannot be understood: kept with their raw fields and the reason, never dropped (R23)."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import structlog
from redis.asyncio import Redis

from bridge.answers import REMEMBER_MS
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.trace import consuming
from bridge.validate import Rejected
from contracts.names import STREAM_DEAD, STREAM_INTENT, key_answered

KEPT: Final = 100_000
"""Dead letters kept at most, about."""
_TEXT_LIMIT: Final = 4096
_FIELDS_LIMIT: Final = 64
_RAW_LIMIT: Final = 16 * 1024
"""Characters of a letter's raw fields together: a hundred thousand letters have to fit into Redis."""
_NAMED_AT_ONCE: Final = 5
"""A flood of dirt is one line in the log, not thousands."""

_BURY: Final = """
local buried = 0
local next = 6
while next <= #ARGV do
  local entry, count = ARGV[next], tonumber(ARGV[next + 1])
  if redis.call('ZADD', KEYS[3], 'NX', ARGV[3], ARGV[5] .. entry) == 1 then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(ARGV, next + 2, next + 1 + count))
    buried = buried + 1
  end
  redis.call('XACK', KEYS[1], ARGV[1], entry)
  next = next + 2 + count
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[4])
return buried
"""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class DeadLetters:
    """The stream of dead letters, for entries of one stream."""

    _stream = STREAM_INTENT

    def __init__(
        self, redis: Redis, account: str, settings: BridgeSettings, stats: BridgeStats, stream: str = STREAM_INTENT
    ) -> None:
        self._stream = stream
        # Two streams may give the same id, and one letter each is due.
        self._mark = "" if stream == STREAM_INTENT else f"{stream} "
        self._answered = key_answered(account)
        self._settings = settings
        self._stats = stats
        self._bury = redis.register_script(_BURY)

    async def bury(self, *rejected: Rejected) -> None:
        """Record the entries and acknowledge them, all or none; one that has its letter already gets no second one."""
        now = time.time_ns() // 1_000_000
        arguments: list[str | int] = [self._settings.group, KEPT, now, now - REMEMBER_MS, self._mark]
        for each in rejected:
            fields = [part for pair in self._traced_letter(each).items() for part in pair]
            arguments += [each.entry.id, len(fields), *fields]
        self._stats.dead += int(await self._bury([self._stream, STREAM_DEAD, self._answered], arguments))
        _tell(rejected)

    def _traced_letter(self, rejected: Rejected) -> dict[str, str]:
        raw_parent = rejected.entry.fields.get(b"traceparent", b"")[:64].decode(errors="replace")
        with consuming(rejected.entry.id, raw_parent or None):
            return self._letter(rejected)

    def _letter(self, rejected: Rejected) -> dict[str, str]:
        raw = raw_text(rejected.entry.fields)
        return {
            "entry_id": rejected.entry.id,
            "stream": self._stream,
            "field": rejected.field,
            "reason": rejected.problem,
            "raw": raw.text,
            "raw_truncated": "true" if raw.cut else "false",
            "raw_exact": "true" if raw.exact else "false",
            "build": self._settings.build,
            "timestamp": str(time.time_ns() // 1_000_000),
        }


class Raw(NamedTuple):
    """Fields as one JSON object."""

    text: str
    cut: bool
    """Whether something was too long or too much."""
    exact: bool
    """Whether the fields can be made from the text again, byte for byte."""


def raw_text(fields: Mapping[bytes, bytes]) -> Raw:
    """The fields as a JSON object; bytes that are no text become \\xNN."""
    kept: dict[str, str] = {}
    room, cut = _RAW_LIMIT, False
    for name, value in fields.items():
        limit = min(_TEXT_LIMIT, room)
        if limit == 0 or len(kept) == _FIELDS_LIMIT:
            cut = True
            break
        cut = cut or max(len(name), len(value)) > limit
        kept[_readable(name[:limit])] = _readable(value[:limit])
        room = max(0, room - len(name) - len(value))
    exact = not cut and {name.encode(): value.encode() for name, value in kept.items()} == dict(fields)
    return Raw(json.dumps(kept, ensure_ascii=False), cut, exact)


def _readable(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")


def _tell(rejected: Sequence[Rejected]) -> None:
    for each in rejected[:_NAMED_AT_ONCE]:
        _log.warning("dead letter: %s: %s", each.field, each.problem, entry_id=each.entry.id, stream=STREAM_DEAD)
    if len(rejected) > _NAMED_AT_ONCE:
        _log.warning("and more dead letters", count=len(rejected) - _NAMED_AT_ONCE, stream=STREAM_DEAD)
