"""The streams, seen from outside: put a decision in, wait for its result, look at what was consumed."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Self, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from contracts.names import CONSUMER_GROUP, STREAM_DEAD, STREAM_INTENT, STREAM_RESULT
from harvest.proofs import GroupEvidence

Fields = dict[str, str]
_BLOCK_MS = 200
_LOOK_INTERVAL_S = 0.02


def entry_ms(entry_id: str) -> int:
    """Epoch milliseconds at which Redis took an entry."""
    return int(entry_id.partition("-")[0])


class Result:
    """One record of ``apply.result``."""

    def __init__(self, stream_id: str, fields: Fields) -> None:
        self.fields = fields
        self.published_ms = entry_ms(stream_id)

    @property
    def outcome(self) -> str:
        """How the decision ended."""
        return self.fields.get("outcome", "")

    @property
    def order_ids(self) -> tuple[int, ...]:
        """The exchange's ids of the decision's orders."""
        return tuple(int(text) for text in self.fields.get("order_id", "").split(",") if text)


class Mailbox:
    """A producer and an observer of the streams. Use as an async context manager."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Redis = Redis.from_url(redis_url, decode_responses=True)
        self._results: dict[str, Result] = {}
        self._last_result = "0-0"
        self.sent: list[str] = []
        """Ids of all entries that were added here."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._redis.aclose()

    async def send(self, fields: Mapping[str, str]) -> str:
        """Add a decision to the stream; the entry's id."""
        entry: dict[Any, Any] = dict(fields)
        entry_id = cast("str", await self._redis.xadd(STREAM_INTENT, entry))
        self.sent.append(entry_id)
        return entry_id

    async def result_of(self, entry_id: str, *, timeout_s: float) -> Result | None:
        """The result of an entry, or None if none came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while entry_id not in self._results:
                    await self._read_results()
        except TimeoutError:
            return None
        return self._results[entry_id]

    async def dead_letter_of(self, entry_id: str, *, timeout_s: float) -> Fields | None:
        """The dead letter that came of an entry, or None if none came in time."""
        last = "0-0"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    for stream_id, fields in await self._read(STREAM_DEAD, last):
                        last = stream_id
                        if entry_id in fields.values():
                            return fields
        except TimeoutError:
            return None

    async def count_on_stream(self, entry_ids: Iterable[str]) -> int:
        """How many of these entries the stream has."""
        found = [await self._redis.xrange(STREAM_INTENT, entry_id, entry_id) for entry_id in entry_ids]
        return sum(len(entries or ()) for entries in found)

    async def settled_group(self, *, timeout_s: float) -> GroupEvidence | None:
        """The consumer group once nothing is waiting in it, or as it is when the time is over.

        A result may be seen a moment before its entry is acknowledged.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            group = await self.group()
            if (group and not group.lag and not group.pending) or asyncio.get_running_loop().time() > deadline:
                return group
            await asyncio.sleep(_LOOK_INTERVAL_S)

    async def group(self) -> GroupEvidence | None:
        """What Redis says of the consumer group; None if it does not exist."""
        try:
            groups = await self._redis.xinfo_groups(STREAM_INTENT)
        except ResponseError:  # no such stream
            return None
        ours = next((group for group in groups if group["name"] == CONSUMER_GROUP), None)
        if ours is None:
            return None
        return GroupEvidence(len(self.sent), ours.get("entries-read"), ours.get("lag"), ours["pending"])

    async def _read_results(self) -> None:
        for stream_id, fields in await self._read(STREAM_RESULT, self._last_result):
            self._last_result = stream_id
            self._results.setdefault(fields.get("entry_id", ""), Result(stream_id, fields))

    async def _read(self, stream: str, after: str) -> list[tuple[str, Fields]]:
        answer = await self._redis.xread({stream: after}, block=_BLOCK_MS)
        return [entry for _, entries in entries_of(answer) for entry in entries]


def entries_of(answer: object) -> Iterable[tuple[str, list[tuple[str, Fields]]]]:
    """An XREAD answer: a list of pairs in RESP2, a mapping in RESP3."""
    if isinstance(answer, dict):
        return [(name, [entry for part in parts for entry in part]) for name, parts in answer.items()]
    return cast("list[tuple[str, list[tuple[str, Fields]]]]", answer or [])
