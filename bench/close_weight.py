"""What closes cost of the address's request weight, by the exchange's own count."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

import aiohttp


@dataclass(frozen=True)
class Counted:
    """What the exchange counted since its start."""

    weight: int
    refused: int
    """Answers 429 and 418: too much weight, too many orders, banned."""


class ExchangeCounts:
    """Asks the simulator for its own counts, which costs no weight."""

    def __init__(self, exchange_url: str) -> None:
        self._url = f"{exchange_url}/sim/limits"

    async def read(self) -> Counted:
        """As they are now."""
        async with aiohttp.ClientSession() as session, session.get(self._url) as answer:
            answer.raise_for_status()
            told = await answer.json()
        return Counted(told["weight"], sum(told["refused"].values()))


async def weight_per_close(exchange_url: str, close: Callable[[], Awaitable[object]], times: int = 5) -> float:
    """The median weight of some closes, one after the other, with nothing else going on.

    Args:
        exchange_url: of the simulator that the closes go to.
        close: makes one close and returns when it has ended, with everything that it reads.
        times: how many to measure.
    """
    counts = ExchangeCounts(exchange_url)
    measured: list[int] = []
    for _ in range(times):
        before = await counts.read()
        await close()
        measured.append((await counts.read()).weight - before.weight)
    return median(measured)
