"""Best and worst mark since a position was opened, from candles: for a watch that was not there."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from activities.market import MINUTE_MS
from contracts.market import Candle
from exchange.watch_port import WatchPort

COST: Final = 4
"""Weight of both reads."""
_MOST: Final = 498
_INTERVALS: Final = (("1m", 1), ("5m", 5), ("15m", 15), ("1h", 60), ("4h", 240), ("1d", 1440))


async def extremes_since(
    exchange: WatchPort, symbol: str, opened_ms: int, now_ms: int
) -> tuple[Decimal, Decimal] | None:
    """Highest and lowest mark since the minute after the opening; None if no candle has begun since.

    Candles that fit into one read; where those are longer than a minute, the first one's rest is read in minutes. The
    opening's own minute is left out: its prices may be from before.

    Raises:
        ExchangeError: a read failed.
    """
    name, minutes = _interval(now_ms - opened_ms)
    candles: Sequence[Candle] = await exchange.mark_candles(symbol, name, opened_ms + 1)
    if minutes > 1:
        first = await exchange.mark_candles(symbol, "1m", opened_ms + 1)
        until = candles[0].open_ms if candles else now_ms
        candles = [*(candle for candle in first if candle.open_ms < until), *candles]
    if not candles:
        return None
    return max(candle.high for candle in candles), min(candle.low for candle in candles)


def _interval(age_ms: int) -> tuple[str, int]:
    fits = ((name, minutes) for name, minutes in _INTERVALS if age_ms < _MOST * minutes * MINUTE_MS)
    return next(fits, _INTERVALS[-1])
