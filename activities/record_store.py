"""The user's position records in Redis: read by name, changed only while they are what they were judged by.

No key is searched for by a pattern (R32, R33): of each symbol that the exchange lists, or that was open before, each
kind of record is asked for by its name.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis

from activities.record_fields import MOVING, SHAPES, text_of
from contracts.names import (
    KEY_RECORDS_OWNER,
    STREAM_RECONCILE_EVENTS,
    key_open_positions,
    key_position_claim,
    key_reconcile_told,
)
from contracts.reconcile import RecordKind

KEEP_EVENTS: Final = 10_000
"""Events that the stream keeps, about. The original's had one for every second that a drift went on."""
_AT_ONCE: Final = 200
"""Symbols a script call: what else waits for Redis goes in between."""

_READ: Final = """
local found = {}
for _, symbol in ipairs(ARGV) do
  for kind, prefix in ipairs(KEYS) do
    local is = redis.call('TYPE', prefix .. symbol).ok
    if is == 'hash' then
      found[#found + 1] = {symbol, kind, redis.call('HGETALL', prefix .. symbol)}
    elseif is ~= 'none' then
      found[#found + 1] = {symbol, kind, is}
    end
  end
end
return found
"""

_CHANGE: Final = """
local told = cjson.decode(ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 1 then return 'claimed' end
local is = redis.call('TYPE', KEYS[1]).ok
if is ~= 'hash' and is ~= 'none' then return 'a ' .. is end
local stream = redis.call('TYPE', KEYS[3]).ok
if stream ~= 'stream' and stream ~= 'none' then return redis.error_reply(KEYS[3] .. ' is a ' .. stream) end
local moving = {}
for _, name in ipairs(told.moving) do moving[name] = true end
local flat = redis.call('HGETALL', KEYS[1])
local values, names = {}, {}
for i = 1, #flat, 2 do
  if not moving[flat[i]] then
    names[#names + 1] = flat[i]
    values[flat[i]] = flat[i + 1]
  end
end
table.sort(names)
local parts = {}
for _, name in ipairs(names) do
  parts[#parts + 1] = #name .. ':' .. name .. #values[name] .. ':' .. values[name]
end
local digest = is == 'none' and '' or redis.sha1hex(table.concat(parts))
if digest ~= told.digest then return 'changed' end
if told.delete then redis.call('DEL', KEYS[1]) end
for _, name in ipairs(told.drop) do redis.call('HDEL', KEYS[1], name) end
for _, pair in ipairs(told.set) do redis.call('HSET', KEYS[1], pair[1], pair[2]) end
if #told.event > 0 and redis.call('HGET', KEYS[4], told.id) ~= told.again then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', told.keep, '*', unpack(told.event))
  redis.call('HSET', KEYS[4], told.id, told.again)
end
return 'done'
"""
"""Compare, change and tell in one step: what another service wrote meanwhile is not lost, and what was done is told
(R11, R33). A claim says that an entry service is making this record right now. The same repair again, because somebody
writes the same untruth every minute, is made again and not told again."""

_REFRESH: Final = """
if redis.call('TYPE', KEYS[1]).ok == 'hash' then redis.call('HSET', KEYS[1], unpack(ARGV)) end
"""

_TELL: Final = """
local still = {}
for _, told in ipairs(cjson.decode(ARGV[1])) do
  still[told.id] = true
  if redis.call('HGET', KEYS[1], told.id) ~= told.digest then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', unpack(told.event))
    redis.call('HSET', KEYS[1], told.id, told.digest)
  end
end
for _, id in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not still[id] then redis.call('HDEL', KEYS[1], id) end
end
"""
"""What goes on is told when it begins or becomes another, not every minute."""

_PUBLISH: Final = """
redis.call('DEL', KEYS[1])
if #ARGV > 0 then redis.call('HSET', KEYS[1], unpack(ARGV)) end
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One record. `fields` is None where the key holds no hash."""

    symbol: str
    kind: RecordKind
    fields: Mapping[str, str] | None
    key_type: str = "hash"


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to one record, if it still is what it was."""

    symbol: str
    kind: RecordKind
    digest: str
    """Empty: there is none."""
    put: Mapping[str, str]
    """Nothing: the record goes."""
    drop: Sequence[str] = ()
    told: "Ongoing | None" = None
    """None: nobody is told."""


@dataclass(frozen=True, slots=True)
class Ongoing:
    """Something that is told when it begins, and not again while it goes on."""

    name: str
    digest: str
    """With another one it is something else."""
    event: Mapping[str, str]


class RecordStore:
    """One account's. Errors of Redis pass through."""

    def __init__(self, redis: Redis, account: str) -> None:
        self._redis = redis
        self._index = key_open_positions(account)
        self._told = key_reconcile_told(account)
        self._read = redis.register_script(_READ)
        self._change = redis.register_script(_CHANGE)
        self._refresh = redis.register_script(_REFRESH)
        self._tell = redis.register_script(_TELL)
        self._publish = redis.register_script(_PUBLISH)

    async def owner(self) -> str | None:
        """Whose the records are; None if nobody's yet."""
        said = cast("bytes | None", await self._redis.get(KEY_RECORDS_OWNER))
        return said.decode(errors="replace") if said is not None else None

    async def own(self, name: str) -> None:
        """Take them, if nobody has."""
        await self._redis.set(KEY_RECORDS_OWNER, name, nx=True)

    async def known_symbols(self) -> frozenset[str]:
        """Symbols that had a position when they were published last, listed at the exchange or no more."""
        names = cast("list[bytes]", await self._redis.hkeys(self._index))
        return frozenset(text_of(name).rpartition(":")[0] for name in names)

    async def read(self, symbols: Iterable[str]) -> tuple[Found, ...]:
        """Every record there is of these symbols."""
        wanted, kinds = sorted(symbols), tuple(SHAPES)
        prefixes = [SHAPES[kind].key("") for kind in kinds]
        found: list[Found] = []
        for start in range(0, len(wanted), _AT_ONCE):
            answer: Any = await self._read(prefixes, wanted[start : start + _AT_ONCE])
            found += [_found(symbol, kinds[number - 1], content) for symbol, number, content in answer]
        return tuple(found)

    async def change(self, change: Change) -> str:
        """``done``, or why not: ``changed``, ``claimed``, or the type of what is there instead of a record."""
        event = change.told.event if change.told else {}
        told = {
            "id": change.told.name if change.told else "",
            "again": change.told.digest if change.told else "",
            "digest": change.digest,
            "delete": not change.put,
            "drop": list(change.drop),
            "set": list(change.put.items()),
            "event": [part for pair in event.items() for part in pair],
            "keep": KEEP_EVENTS,
            "moving": sorted(MOVING),
        }
        record, claim = SHAPES[change.kind].key(change.symbol), key_position_claim(change.symbol)
        keys = [record, claim, STREAM_RECONCILE_EVENTS, self._told]
        return cast("bytes", await self._change(keys, [json.dumps(told)])).decode()

    async def refresh(self, symbol: str, kind: RecordKind, fields: Mapping[str, str]) -> None:
        """Prices and times of a record that is true; one that is not there stays away."""
        key = SHAPES[kind].key(symbol)
        await self._refresh([key], [part for pair in fields.items() for part in pair])

    async def tell(self, ongoing: Sequence[Ongoing]) -> None:
        """Tell what is new of these, and forget what is not among them any more."""
        listed = [
            {"id": each.name, "digest": each.digest, "event": [part for pair in each.event.items() for part in pair]}
            for each in ongoing
        ]
        await self._tell([self._told, STREAM_RECONCILE_EVENTS], [json.dumps(listed), KEEP_EVENTS])

    async def publish_open(self, amounts: Mapping[str, str]) -> None:
        """What is open at the exchange, for whoever wants to count it."""
        await self._publish([self._index], [part for pair in amounts.items() for part in pair])


def _found(symbol: bytes, kind: RecordKind, content: bytes | list[bytes]) -> Found:
    if isinstance(content, bytes):
        return Found(text_of(symbol), kind, None, content.decode())
    parts = [text_of(part) for part in content]
    return Found(text_of(symbol), kind, dict(zip(parts[::2], parts[1::2], strict=True)))
