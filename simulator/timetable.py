"""What is due at a time of the exchange's clock: order expiries, countdowns, funding."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from simulator.clock import Clock

Action = Callable[[], None]
LONGEST_NAP_S = 0.5
"""The clock may be set or drift while nobody calls."""


class Timetable:
    """Actions by exchange time. A key names an entry: a second one under the same key replaces the first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[tuple[int, int, str]] = []
        self._actions: dict[str, tuple[int, Action]] = {}
        self._numbers = count()
        self.planned: Action | None = None
        """Told whenever something new is planned."""

    def at(self, due_ms: int, key: str, action: Action) -> None:
        """Do this as soon as the clock shows `due_ms`."""
        number = next(self._numbers)
        self._actions[key] = (number, action)
        heappush(self._entries, (due_ms, number, key))
        if self.planned is not None:
            self.planned()

    def drop(self, key: str) -> None:
        """Do it no more."""
        self._actions.pop(key, None)

    def wait_ms(self) -> int | None:
        """How long until something may be due; None while nothing is planned."""
        return max(0, self._entries[0][0] - self._clock.now_ms()) if self._entries else None

    def run(self) -> None:
        """Do everything that is due, in order."""
        while self._entries and self._entries[0][0] <= self._clock.now_ms():
            _, number, key = heappop(self._entries)
            planned, action = self._actions.get(key, (None, None))
            if planned == number and action is not None:
                del self._actions[key]
                action()


class Ticker:
    """Wakes up when something is due, so that it happens although nobody calls; costs nothing while nothing is."""

    def __init__(self, timetable: Callable[[], Timetable]) -> None:
        self._timetable = timetable
        self._nap: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look after the present timetable from now on."""
        self._timetable().planned = self._sleep
        self._sleep()

    def halt(self) -> None:
        """Stop."""
        self._timetable().planned = None
        if self._nap is not None:
            self._nap.cancel()

    def _sleep(self) -> None:
        if self._nap is not None:
            self._nap.cancel()
        wait_ms = self._timetable().wait_ms()
        if wait_ms is not None:
            self._nap = asyncio.get_running_loop().call_later(min(wait_ms / 1000, LONGEST_NAP_S), self._wake)

    def _wake(self) -> None:
        self._timetable().run()
        self._sleep()
