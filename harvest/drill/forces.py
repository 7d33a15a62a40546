"""Carrying out the strikes: on processes by signal, on the exchange by its control route."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress

from harvest.child import Child
from harvest.drill.book import ExchangeBook
from harvest.drill.strikes import WORKERS, Strike
from harvest.stack import Stack

_ARMED_AT_MOST = 4
"""Faults that wait for their call at a time: a close must have a chance."""


class Forces:
    """What strikes, until it is told to be calm. Strikes overlap; one on a process that is down already is left out."""

    def __init__(self, stack: Stack, book: ExchangeBook) -> None:
        self._stack = stack
        self._book = book
        self._workers: dict[str, Child] = {}
        self._busy: set[str] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self.struck: list[Strike] = []

    async def start_workers(self) -> None:
        """Start all workers, and wait until they work."""
        await asyncio.gather(*(self._start_worker(name) for name in WORKERS))
        for name in WORKERS:
            await self._stack.worker_ready(self._workers[name])

    async def rage(self, strikes: Iterator[Strike]) -> None:
        """Strike at the appointed times, until cancelled."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for strike in strikes:
            await asyncio.sleep(max(0.0, began + strike.at_s - loop.time()))
            task = asyncio.create_task(self._strike(strike))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def calm(self) -> None:
        """Let what is under way end, then nothing is down, frozen or faulty any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        await self._book.calm()
        for name, worker in self._workers.items():
            if not worker.running:
                await self._start_worker(name)

    async def _strike(self, strike: Strike) -> None:
        if strike.target in self._busy and strike.target != "exchange":
            return
        self._busy.add(strike.target)
        try:
            if await self._blow(strike):
                self.struck.append(strike)
        finally:
            self._busy.discard(strike.target)

    async def _blow(self, strike: Strike) -> bool:
        """Carry it out; False if there was no room for it."""
        if strike.kind == "kill_worker":
            await self._kill_worker(strike)
        elif strike.kind == "freeze_worker":
            await self._freeze(strike)
        elif strike.kind in ("kill_temporal", "kill_redis"):
            await self._stack.kill_server(strike.target)
            await asyncio.sleep(strike.lasts_s)
            await self._stack.start_server(strike.target)
        elif strike.kind == "clock_skew":
            await self._skew(strike)
        else:
            return await self._arm(strike)
        return True

    async def _arm(self, strike: Strike) -> bool:
        if await self._book.armed() >= _ARMED_AT_MOST:
            return False
        await self._book.strike(strike.body or {})
        return True

    async def _skew(self, strike: Strike) -> None:
        await self._book.skew(strike.skew_ms)
        await asyncio.sleep(strike.lasts_s)
        await self._book.skew(0)

    async def _kill_worker(self, strike: Strike) -> None:
        worker = self._workers[strike.target]
        worker.kill()
        await worker.wait()
        await asyncio.sleep(strike.lasts_s)
        await self._start_worker(strike.target)

    async def _freeze(self, strike: Strike) -> None:
        worker = self._workers[strike.target]
        with suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGSTOP)
            await asyncio.sleep(strike.lasts_s)
            os.kill(worker.pid, signal.SIGCONT)

    async def _start_worker(self, name: str) -> None:
        self._workers[name] = await self._stack.spawn_worker(name)
