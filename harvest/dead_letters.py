"""Dead letters seen by an operator: what they were, and how they get back on the stream."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from redis import Redis

from contracts.errors import HarvestError
from contracts.names import KEY_REQUEUED, STREAM_DEAD, STREAM_INTENT

LINK: Final = b"requeued_from"
"""Field of an entry that was put back: the dead letter it comes from."""

_REQUEUE_ONCE: Final = """
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before then return {before, 0} end
local entry = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('HSET', KEYS[1], ARGV[1], entry)
return {entry, 1}
"""
"""Entry and mark in one step: the same letter is put back once, however often it is asked for."""

_Entries = list[tuple[bytes, dict[bytes, bytes]]]


@dataclass(frozen=True)
class Letter:
    """One dead letter."""

    id: str
    fields: Mapping[str, str]
    requeued_as: str | None
    """The entry it was put back as."""

    @property
    def entry_id(self) -> str:
        """The entry it was."""
        return self.fields["entry_id"]


@dataclass(frozen=True)
class Requeued:
    """An entry that was put back."""

    entry_id: str
    now: bool
    """False: it was put back before, and this is the entry of then."""


class DeadLetterBox:
    """The stream of dead letters and the way back. Errors of Redis pass through."""

    def __init__(self, redis: Redis) -> None:
        """The client must return bytes: a dead letter's original is not always text."""
        self._redis = redis
        self._requeue_once = redis.register_script(_REQUEUE_ONCE)

    def newest(self, count: int) -> list[Letter]:
        """At most so many, the newest first."""
        return [self._letter(entry) for entry in cast("_Entries", self._redis.xrevrange(STREAM_DEAD, count=count))]

    def letter(self, letter_id: str) -> Letter:
        """One by its id.

        Raises:
            HarvestError: there is none.
        """
        found = cast("_Entries", self._redis.xrange(STREAM_DEAD, letter_id, letter_id))
        if not found:
            raise HarvestError(f"there is no dead letter {letter_id}; `harvest dead list` shows their ids")
        return self._letter(found[0])

    def original(self, letter: Letter) -> dict[bytes, bytes] | None:
        """The fields as the producer sent them, byte for byte; None if nobody has them any more."""
        stream = letter.fields.get("stream", STREAM_INTENT)
        entries = cast("_Entries", self._redis.xrange(stream, letter.entry_id, letter.entry_id))
        if entries:
            return entries[0][1]
        if letter.fields.get("raw_exact") != "true":
            return None
        raw = json.loads(letter.fields["raw"])
        return {name.encode(): value.encode() for name, value in raw.items()} or None

    def requeue(self, letter: Letter, fields: Mapping[bytes, bytes]) -> Requeued:
        """Put these fields on the intent stream as an entry that names the letter; once for each letter."""
        linked = {**fields, LINK: letter.id.encode()}
        arguments: list[Any] = [letter.id, *(part for pair in linked.items() for part in pair)]
        entry_id, new = cast("tuple[bytes, int]", self._requeue_once([KEY_REQUEUED, STREAM_INTENT], arguments))
        return Requeued(entry_id.decode(), bool(new))

    def _letter(self, entry: tuple[bytes, Mapping[bytes, bytes]]) -> Letter:
        letter_id = entry[0].decode()
        fields = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in entry[1].items()}
        mark = cast("bytes | None", self._redis.hget(KEY_REQUEUED, letter_id))
        return Letter(letter_id, fields, mark.decode() if mark else None)
