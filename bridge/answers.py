"""Answers to many entries at once: one record, one mark for each entry and all acknowledgements, in one atomic step."""

import time
from collections.abc import Mapping, Sequence
from typing import Final, cast

from redis.asyncio import Redis

from contracts.names import STREAM_INTENT, STREAM_RESULT, key_answered, key_published
from contracts.wire_out import KEEP_RESULTS

REMEMBER_MS: Final = 14 * 24 * 3600 * 1000
"""How long an answer is remembered, as that of a close is."""
_AT_ONCE: Final = 1000
"""Entries a script call: Lua passes on some thousands of arguments at most."""

_ANSWERED: Final = """
local function answered(ids, first)
  local found = {}
  for i = first, #ids do
    if redis.call('ZSCORE', KEYS[1], ids[i]) or redis.call('EXISTS', KEYS[2] .. ids[i]) == 1 then
      found[#found + 1] = ids[i]
    end
  end
  return found
end
"""

_WHICH: Final = _ANSWERED + "return answered(ARGV, 1)"

_ANSWER: Final = (
    _ANSWERED
    + """
local group, keep, now, forget, count = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local first = 6 + count
local again = answered(ARGV, first)
if #again > 0 then return again end
local kind = redis.call('TYPE', KEYS[4]).ok
if kind ~= 'stream' and kind ~= 'none' then return redis.error_reply(KEYS[4] .. ' is a ' .. kind) end
local marks = {}
for i = first, #ARGV do
  marks[#marks + 1] = now
  marks[#marks + 1] = ARGV[i]
end
redis.call('XACK', KEYS[3], group, unpack(ARGV, first))
redis.call('ZADD', KEYS[1], unpack(marks))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', forget)
redis.call('XADD', KEYS[4], 'MAXLEN', '~', keep, '*', unpack(ARGV, 6, first - 1))
return {}
"""
)
"""The question is asked again inside: between asking and answering another bridge, or our own command that a broken
connection repeated, may have answered. Then nothing is done, and the caller makes a record without those."""


class BulkAnswers:
    """Which entries have an answer already, and an answer for many others.

    Marked are the answers that are given here and those that closes have published: an entry that comes again, after
    the group was lost or the stream was put in anew, is not answered a second time by a range that it lies in.
    """

    def __init__(self, redis: Redis, group: str, account: str) -> None:
        self._redis = redis
        self._group = group
        self._keys = [key_answered(account), key_published(f"{account}:")]
        self._which = redis.register_script(_WHICH)
        self._answer = redis.register_script(_ANSWER)

    async def already(self, entry_ids: Sequence[str]) -> set[str]:
        """Those of the entries that were answered before. Raises ``RedisError``."""
        found: list[bytes] = []
        for start in range(0, len(entry_ids), _AT_ONCE):
            found += cast("list[bytes]", await self._which(self._keys, entry_ids[start : start + _AT_ONCE]))
        return {entry_id.decode() for entry_id in found}

    async def give(self, record: Mapping[str, str], entry_ids: Sequence[str]) -> set[str]:
        """Publish the record and acknowledge these entries; at most a thousand.

        Returns:
            Empty if it was done. Otherwise nothing was done, because these have an answer already.
        """
        now = time.time_ns() // 1_000_000
        fields = [part for pair in record.items() for part in pair]
        settings: list[str | int] = [self._group, KEEP_RESULTS, now, now - REMEMBER_MS, len(fields)]
        again = await self._answer([*self._keys, STREAM_INTENT, STREAM_RESULT], [*settings, *fields, *entry_ids])
        return {entry_id.decode() for entry_id in cast("list[bytes]", again)}
