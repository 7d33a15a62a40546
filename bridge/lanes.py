"""One lane per symbol: decisions of a symbol one after the other, symbols side by side."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

Work = Callable[[], Awaitable[None]]


class Lanes:
    """Entries in work. The work must not raise; it is logged where it happens."""

    def __init__(self, width: int) -> None:
        self._room = asyncio.Semaphore(width)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._last: dict[str, asyncio.Task[None]] = {}
        self._freed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._tasks

    def submit(self, entry_id: str, lane: str, work: Work) -> None:
        """Do this work when everything that was submitted to the lane before is done."""
        task = asyncio.create_task(self._follow(self._last.get(lane), work), name=f"entry {entry_id}")
        self._tasks[entry_id] = task
        self._last[lane] = task
        task.add_done_callback(lambda done: self._forget(entry_id, lane, done))

    async def room(self, limit: int, stop: asyncio.Event) -> None:
        """Return when fewer than `limit` entries are in work, or when it is time to stop."""
        while len(self._tasks) >= limit and not stop.is_set():
            self._freed.clear()
            await _either(self._freed, stop)

    async def drain(self, at_most: timedelta) -> int:
        """Let everything finish, then cancel the rest; returns how many were cancelled."""
        if not self._tasks:
            return 0
        _, late = await asyncio.wait(list(self._tasks.values()), timeout=at_most.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    async def _follow(self, previous: asyncio.Task[None] | None, work: Work) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        async with self._room:
            await work()

    def _forget(self, entry_id: str, lane: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(entry_id, None)
        if self._last.get(lane) is task:
            del self._last[lane]
        self._freed.set()


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    """Wait for one of two events."""
    waiting = [asyncio.create_task(first.wait()), asyncio.create_task(second.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
