"""Where a chaos drill is fought: the stack, the streams, the exchange's book, and what strikes them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from harvest.drill.audit import Played, Verdict, audit
from harvest.drill.book import ExchangeBook
from harvest.drill.forces import Forces
from harvest.drill.players import Actor, Budget, Lane
from harvest.drill.post import Post
from harvest.drill.strikes import Strike
from harvest.mailbox import Mailbox
from harvest.stack import Stack, StackConfig

SYMBOLS: Final = tuple(f"DRILL{number:02d}USDT" for number in range(36))
ONE_WAY: Final = tuple((symbol, None) for symbol in SYMBOLS)
HEDGE: Final = tuple((symbol, side) for symbol in SYMBOLS[:18] for side in ("LONG", "SHORT"))
LEDGER: Final = "ledger.jsonl"
"""Every order and fill of the exchange, for whoever wants to count again: ``python -m simulator.audit``."""
_ACKNOWLEDGED_S: Final = 30.0

Place = tuple[str, str | None]
"""A symbol, and in hedge mode the side of it."""


class Arena:
    """A whole stack with two workers, files on disk. Use as an async context manager."""

    def __init__(self, folder: Path) -> None:
        self._exits = AsyncExitStack()
        options = ("--unlimited", "--ledger", str(folder / LEDGER))
        # What Redis has confirmed and then lost is no decision that Harvest ever saw.
        self._stack = Stack(StackConfig(folder, worker=False, simulator_options=options, redis_sync="always"))
        self._numbers = count(1)
        self.played: list[Played] = []

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def _open(self) -> None:
        await self._exits.enter_async_context(self._stack)
        self.book = await self._exits.enter_async_context(ExchangeBook(self._stack.exchange_url))
        self.post = await self._exits.enter_async_context(Post(self._stack.redis_url))
        for symbol in SYMBOLS:
            await self.book.list_symbol(symbol)
        self.forces = Forces(self._stack, self.book)
        await self.forces.start_workers()

    async def play(
        self, places: Sequence[Place], seed: int, closes: int, deadline: float | None = None
    ) -> list[Played]:
        """Scenes side by side until enough was decided, or the time is over; then until everything is answered."""
        budget = Budget(closes, self._numbers, deadline)
        lanes = [Lane(Actor(symbol, self.book, self.post), side, seed, budget) for symbol, side in places]
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(lane.run())
        played = [scene for lane in lanes for scene in lane.played]
        self.played += played
        return played

    @asynccontextmanager
    async def under(self, blows: Iterator[Strike]) -> AsyncIterator[None]:
        """Strikes as long as this lasts; afterwards everything is whole again."""
        raging = asyncio.create_task(self.forces.rage(blows))
        try:
            yield
        finally:
            raging.cancel()
            with suppress(asyncio.CancelledError):
                await raging
            await self.forces.calm()

    async def verdict(self) -> Verdict:
        """Everything that was played, judged by the ledger."""
        books = await self.book.books()
        return audit(self.played, books.requests, books.fills, self.post.results, self.post.dead)

    async def pending(self) -> int:
        """Entries that are still not acknowledged some time after the last answer; -1 without a consumer group."""
        async with Mailbox(self._stack.redis_url) as mailbox:
            group = await mailbox.settled_group(timeout_s=_ACKNOWLEDGED_S)
        return group.pending if group else -1
