"""What moves by itself: prices, by a seeded random walk and scripts, and whatever a plan does at set times."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random

from simulator.acts import Act
from simulator.config import PriceStep
from simulator.exchange import Exchange
from simulator.fault_plan import TimedAct


class Movers:
    """Runs walks and scripts in the background."""

    def __init__(self, exchange: Callable[[], Exchange]) -> None:
        self._exchange = exchange  # asked each time: a reset replaces it
        self._tasks: set[asyncio.Task[None]] = set()

    def walk(self, seed: int, interval_ms: int, bps: float) -> None:
        """Walk all prices until stopped, the same way for the same seed."""
        self._start(self._walking(seed, interval_ms, bps))

    def play(self, script: tuple[PriceStep, ...]) -> None:
        """Play a script once, from now."""
        self._start(self._playing(script))

    def perform(self, acts: tuple[TimedAct, ...], do: Callable[[Act], None]) -> None:
        """Do what a plan wants done, from now."""
        self._start(self._performing(acts, do))

    async def played(self) -> None:
        """Wait until everything has ended; a walk never does."""
        if self._tasks:
            await asyncio.gather(*self._tasks)

    def stop(self) -> None:
        """Let prices rest."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def _start(self, moving: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(moving)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _walking(self, seed: int, interval_ms: int, bps: float) -> None:
        random = Random(seed)  # noqa: S311 - reproducible, not secret
        while True:
            await asyncio.sleep(interval_ms / 1000)
            self._exchange().step_walk(random, bps)

    async def _playing(self, script: tuple[PriceStep, ...]) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for step in sorted(script, key=lambda step: step.at_ms):
            await asyncio.sleep(max(0.0, start + step.at_ms / 1000 - loop.time()))
            self._exchange().move(step.symbol, step.price)

    async def _performing(self, acts: tuple[TimedAct, ...], do: Callable[[Act], None]) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for timed in sorted(acts, key=lambda timed: timed.at_ms):
            await asyncio.sleep(max(0.0, start + timed.at_ms / 1000 - loop.time()))
            do(timed.act)
