"""What the watch decided and how each decision ended, read off the streams while the market moves."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self, cast

from redis.asyncio import Redis

from contracts.names import STREAM_INTENT, STREAM_RESULT
from harvest.mailbox import Fields, Result, entries_of, entry_ms

WATCH = "harvest_watch"
"""How the watch signs what it writes."""
_BLOCK_MS = 100


@dataclass
class Decision:
    """One decision of the watch. Written again under the same name it is the same one."""

    intent: Fields
    entry_ids: list[str] = field(default_factory=list)
    result: Result | None = None
    """The answer to the entry that was written first; those of its repeats say no more."""

    @property
    def symbol(self) -> str:
        """What it is about."""
        return self.intent["symbol"]

    @property
    def rule(self) -> str:
        """Which rule fired."""
        return self.intent.get("rule", "")

    @property
    def name(self) -> str:
        """Its name within the position."""
        return self.intent["intent_id"].rpartition(":")[2]

    @property
    def written_ms(self) -> int:
        """When it was written first, epoch milliseconds."""
        return entry_ms(self.entry_ids[0])

    @property
    def moves_stop(self) -> bool:
        """Whether it is about the stop and closes nothing."""
        return "new_sl_proposed" in self.intent

    def number(self, name: str) -> Decimal | None:
        """A number of the decision."""
        return Decimal(self.intent[name]) if self.intent.get(name) else None


class Tape:
    """Reads both streams from now on. Use as an async context manager."""

    def __init__(self, redis_url: str, show: Callable[[Decision], None]) -> None:
        self._redis: Redis = Redis.from_url(redis_url, decode_responses=True)
        self._show = show
        self._after: dict[Any, Any] = {}
        self._by_id: dict[str, Decision] = {}
        self._results: dict[str, Result] = {}
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._leaving = False

    async def __aenter__(self) -> Self:
        self._after = {stream: await self._last(stream) for stream in (STREAM_INTENT, STREAM_RESULT)}
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leaving = True
        try:
            if self._reading is not None:
                await self._reading  # what broke it is told here
        finally:
            await self._redis.aclose()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Everything so far, in the order in which it was written first."""
        return tuple(self._by_id.values())

    async def ended(self, wanted: Iterable[tuple[str, str]], *, timeout_s: float) -> bool:
        """Whether these decisions, by symbol and name, were all made and answered in time."""
        missing = set(wanted)
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(lambda: missing <= self._answered())
        except TimeoutError:
            return False
        return missing <= self._answered()

    def _answered(self) -> set[tuple[str, str]]:
        return {(one.symbol, one.name) for one in self.decisions if one.result is not None}

    async def _last(self, stream: str) -> str:
        newest = cast("list[tuple[str, Fields]]", await self._redis.xrevrange(stream, count=1))
        return newest[0][0] if newest else "0-0"

    async def _read(self) -> None:
        while not self._leaving:
            answer = await self._redis.xread(self._after, block=_BLOCK_MS)
            for stream, entries in entries_of(answer):
                for entry_id, fields in entries:
                    self._after[stream] = entry_id
                    self._learn(stream, entry_id, fields)
            self._answer()
            async with self._news:
                self._news.notify_all()

    def _learn(self, stream: str, entry_id: str, fields: Fields) -> None:
        if stream == STREAM_RESULT:
            self._results[fields.get("entry_id", "")] = Result(entry_id, fields)
        elif fields.get("source") == WATCH:
            self._by_id.setdefault(fields["intent_id"], Decision(fields)).entry_ids.append(entry_id)

    def _answer(self) -> None:
        for decision in self.decisions:
            if decision.result is None and (result := self._results.get(decision.entry_ids[0])):
                decision.result = result
                self._show(decision)
