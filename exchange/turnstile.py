"""Lets calls out: the more urgent order first, and none before the exchange allows it."""

import asyncio
import itertools
import time
from bisect import insort
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from exchange.call import Call
from exchange.limits import Limits, Passage, Wait

_SHORTEST_S: Final = 0.001
_OVERTAKEN: Final = Wait(50, "more urgent orders go first")


@dataclass(order=True, slots=True)
class _Waiter:
    """Somebody with an order in hand. Sorted by urgency, then by arrival."""

    rank: tuple[int, int]
    turned: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Turnstile:
    """One for all calls of an address and account. Belongs to the event loop it is used in."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._orders: list[_Waiter] = []
        self._numbers = itertools.count()

    async def enter(self, call: Call) -> Passage | Wait:
        """A passage, or how long the call has to stay away because that is more than its patience."""
        until = time.monotonic() + call.patience_s
        if call.places_order:
            return await self._order(call, until)
        while (wait := self._limits.wait(call)).ms:
            if time.monotonic() + wait.ms / 1000 > until:
                return wait
            await asyncio.sleep(wait.ms / 1000)
        return self._limits.take(call)

    def nudge(self) -> None:
        """Something was given back: the first in the queue looks again."""
        if self._orders:
            self._orders[0].turned.set()

    async def _order(self, call: Call, until: float) -> Passage | Wait:
        """Whoever is first takes what is free; nobody who is not first overtakes."""
        waiter = _Waiter((-call.urgency, next(self._numbers)))
        insort(self._orders, waiter)
        try:
            while (wait := self._limits.wait(call)).ms or self._orders[0] is not waiter:
                left_s = until - time.monotonic()
                if left_s <= 0 or (self._orders[0] is waiter and wait.ms / 1000 > left_s):
                    return self._limits.promise(call, wait) if wait.ms else _OVERTAKEN
                waiter.turned.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(_SHORTEST_S, min(left_s, wait.ms / 1000 or left_s))):
                        await waiter.turned.wait()
            return self._limits.take(call)
        finally:
            self._orders.remove(waiter)
            self.nudge()
