"""The scenes of a drill, played one after the other by lanes that run side by side."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from harvest.drill.audit import Played
from harvest.drill.book import ExchangeBook
from harvest.drill.post import Post
from harvest.drill.scenes import Move, Say, Scene, scene

SCENE_TIMEOUT_S = 240.0
"""A decision without an answer for so long is not reported at all."""

Entries = tuple[tuple[Say, str], ...]


@dataclass(frozen=True)
class Performance:
    """A scene as it was played, before anybody looked at what is left."""

    opened_by: int
    entries: Entries

    @property
    def entry_ids(self) -> set[str]:
        """Of all its decisions."""
        return {entry_id for _, entry_id in self.entries}


@dataclass(frozen=True)
class Actor:
    """Plays scenes on one symbol."""

    symbol: str
    book: ExchangeBook
    post: Post

    async def perform(self, drawn: Scene) -> Performance:
        """Open the position, make the decisions; returns without waiting for the last answers."""
        opened = await self.book.trade(self.symbol, drawn.side, drawn.size)
        entries: list[tuple[Say, str]] = []
        for number, step in enumerate(drawn.steps):
            await asyncio.sleep(step.after_s)
            if isinstance(step, Move):
                await self.book.trade(self.symbol, drawn.side, step.quantity)
            else:
                entries += await self._say(drawn, number, step)
        return Performance(opened[0], tuple(entries))

    async def _say(self, drawn: Scene, number: int, say: Say) -> list[tuple[Say, str]]:
        """Every copy is the same decision, made at the same moment."""
        fields = {**say.fields, "symbol": self.symbol, "timestamp": datetime.now(UTC).isoformat()}
        added = []
        for copy in range(say.copies):
            mark = f"{self.symbol}-{drawn.number}-{number}-{copy}"
            added.append((say, await self.post.add(fields, mark)))
        if say.wait:
            await self.post.answered({entry_id for _, entry_id in added}, SCENE_TIMEOUT_S)
        return added


@dataclass
class Budget:
    """How many decisions are still to be made, shared by all lanes."""

    closes: int
    numbers: "count[int]"
    deadline: float | None
    """Of the monotonic clock."""

    def take(self, scene: Scene) -> None:
        """Count a scene's decisions."""
        self.closes -= len(scene.says)

    @property
    def left(self) -> bool:
        """Whether another scene may begin."""
        return self.closes > 0 and (self.deadline is None or time.monotonic() < self.deadline)


@dataclass
class Lane:
    """One symbol in one-way mode, or one side of one in hedge mode: never two scenes at a time."""

    actor: Actor
    side: str | None
    seed: int
    budget: Budget
    played: list[Played] = field(default_factory=list)

    async def run(self) -> None:
        """Play until the budget is used up. What a scene leaves is closed by somebody else before the next begins."""
        book, symbol = self.actor.book, self.actor.symbol
        while self.budget.left:
            drawn = scene(self.seed, next(self.budget.numbers), self.side)
            self.budget.take(drawn)
            done = await self.actor.perform(drawn)
            await self.actor.post.answered(done.entry_ids, SCENE_TIMEOUT_S)
            left = await book.size(symbol, drawn.side)
            if left:
                await book.trade(symbol, drawn.side, -left)
            self.played.append(Played(drawn, symbol, done.opened_by, self.side is not None, done.entries, left))
