"""Waiting for the user stream's word, never longer than one would have waited without it."""

import asyncio
from typing import Final

from exchange.port import FillFeed

EARLY_READ_SECONDS: Final = 0.5
"""A read that takes longer is not early any more."""


class News:
    """What is new about a symbol since this was made, in a few doses.

    Args:
        feed: who tells; None if nobody does.
        symbol: the symbol.
        doses: how often at most: a stream that rings all the time must not cost a close its request weight.
    """

    def __init__(self, feed: FillFeed | None, symbol: str, doses: int) -> None:
        self._feed = feed
        self._symbol = symbol
        self._left = doses
        self._mark = feed.mark(symbol) if feed else 0
        self._end = 0.0

    def pause(self, seconds: float) -> None:
        """Begin a pause."""
        self._end = asyncio.get_running_loop().time() + seconds

    async def break_pause(self) -> bool:
        """True as soon as there is news. False at the pause's end, no sooner, if there is none."""
        loop = asyncio.get_running_loop()
        rest = self._end - loop.time()
        if self._feed and self._left and rest > 0 and await self._feed.news(self._symbol, self._mark, rest):
            self._mark = self._feed.mark(self._symbol)
            self._left -= 1
            return True
        await asyncio.sleep(max(0.0, self._end - loop.time()))
        return False


def early() -> asyncio.Timeout:
    """Raises TimeoutError around a read that comes too late to be early."""
    return asyncio.timeout(EARLY_READ_SECONDS)
