"""One lane per symbol: decisions of a symbol one after the other, symbols side by side, the most urgent ones first."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

Work = Callable[[], Awaitable[None]]


class _Job(NamedTuple):
    """Sorts by urgency, then by arrival; the arrival is never the same."""

    urgency: int
    arrival: int
    lane: str
    entry_id: str
    work: Work


class Lanes:
    """Entries in work. The work must not raise; it is logged where it happens.

    What waits is taken up by its urgency, not by its place in the stream: an emergency behind a burst of partial
    closes does not wait for them, neither for their slots nor in its own symbol's lane.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._arrivals = count()
        self._entries: set[str] = set()
        self._waiting: defaultdict[str, list[_Job]] = defaultdict(list)
        self._next: list[_Job] = []
        """The first of each lane that is not busy, and leftovers that :meth:`_admit` passes over."""
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._freed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._entries

    def submit(self, entry_id: str, lane: str, work: Work, urgency: int = 0) -> None:
        """Do this work as soon as its lane and a slot are free; a lower number goes first."""
        job = _Job(urgency, next(self._arrivals), lane, entry_id, work)
        self._entries.add(entry_id)
        heappush(self._waiting[lane], job)
        if lane not in self._busy:
            heappush(self._next, job)
        self._admit()

    async def room(self, limit: int, stop: asyncio.Event) -> None:
        """Return when fewer than `limit` entries are in work, or when it is time to stop."""
        while len(self._entries) >= limit and not stop.is_set():
            self._freed.clear()
            await _either(self._freed, stop)

    async def drain(self, at_most: timedelta) -> int:
        """Let everything finish, then give up the rest; returns how many entries were left."""
        try:
            async with asyncio.timeout(at_most.total_seconds()):
                await self.room(1, asyncio.Event())
        except TimeoutError:
            pass
        left, running = len(self._entries), list(self._busy.values())
        self._next.clear()
        self._waiting.clear()
        self._entries.clear()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        return left

    def _admit(self) -> None:
        while self._next and len(self._busy) < self._width:
            job = heappop(self._next)
            waiting = self._waiting.get(job.lane)
            if job.lane in self._busy or not waiting or waiting[0] is not job:
                continue  # it comes again when its lane is free, or it was here twice
            heappop(waiting)
            task = asyncio.create_task(_done(job.work), name=f"entry {job.entry_id}")
            self._busy[job.lane] = task
            task.add_done_callback(lambda _, job=job: self._ended(job))  # type: ignore[misc]

    def _ended(self, job: _Job) -> None:
        self._entries.discard(job.entry_id)
        del self._busy[job.lane]
        waiting = self._waiting.get(job.lane)
        if waiting:
            heappush(self._next, waiting[0])
        else:
            self._waiting.pop(job.lane, None)
        self._freed.set()
        self._admit()


async def _done(work: Work) -> None:
    await work()


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    """Wait for one of two events."""
    waiting = [asyncio.create_task(first.wait()), asyncio.create_task(second.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
