"""What a close costs of the address's request weight, by the exchange's own counter."""

from collections.abc import Awaitable, Callable
from statistics import median

import aiohttp

_COUNTER = "X-MBX-USED-WEIGHT-1M"
_PROBE = "/fapi/v1/time"
_PROBE_COSTS = 1
_MINUTE_MS = 60_000


async def weight_per_close(exchange_url: str, close: Callable[[], Awaitable[object]], times: int = 5) -> float:
    """The median weight of some closes, one after the other, with nothing else going on.

    Args:
        exchange_url: of the simulator that the closes go to.
        close: makes one close and returns when it has ended, with everything that it reads.
        times: how many to measure. One during which the counter began anew is not counted, but made again.
    """
    measured: list[int] = []
    async with aiohttp.ClientSession(exchange_url) as session:
        while len(measured) < times:
            minute, before = await _probe(session)
            await close()
            same_minute, after = await _probe(session)
            if minute == same_minute:
                measured.append(after - before - _PROBE_COSTS)
    return median(measured)


async def _probe(session: aiohttp.ClientSession) -> tuple[int, int]:
    """The exchange's minute, and the weight it has counted in it."""
    async with session.get(_PROBE) as answer:
        answer.raise_for_status()
        return (await answer.json())["serverTime"] // _MINUTE_MS, int(answer.headers[_COUNTER])
