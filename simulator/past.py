"""The past that a simulated market pretends to have, the same for the same seed.

Each day's open, high, low and close are drawn first; a day is then divided into hours and an hour into minutes that
together have exactly the open, high, low, close and volume of the whole. So candles of any length agree.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

HOUR, DAY = 60, 24 * 60  # minutes
DAILY = 0.03
"""Standard deviation of a day's logarithmic return."""
BROWNIAN_RANGE = 1.6
"""Expected range of a random walk, in standard deviations of its end."""
REMEMBERED_HOURS = 1024


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of the pretended past: prices relative to each other, volume in smallest steps of quantity."""

    open: float
    high: float
    low: float
    close: float
    volume: int
    trades: int


class Past:
    """One symbol's days, hours and minutes, numbered from the epoch, before the minute `end`."""

    def __init__(self, name: str, end: int, daily_volume: int) -> None:
        self.end = end
        self._name = name
        self._daily_volume = daily_volume
        self._today = end // DAY
        self._opens = [1.0]  # of today and of each day before it
        self._hours = lru_cache(REMEMBERED_HOURS)(self._divided_day)
        self._minutes = lru_cache(REMEMBERED_HOURS)(self._divided_hour)
        self.last = self.minute(end - 1).close

    def minute(self, number: int) -> Bar:
        """One minute."""
        return self._minutes(number // HOUR)[number % HOUR]

    def span(self, start: int, end: int) -> Bar:
        """The minutes from `start` until before `end`, which must lie in the past."""
        return joined(list(self._pieces(start, end)))

    def _pieces(self, start: int, end: int) -> Iterator[Bar]:
        while start < end:
            if start % DAY == 0 and start + DAY <= end:
                yield self._day(start // DAY)
                start += DAY
            elif start % HOUR == 0 and start + HOUR <= end:
                yield self._hours(start // DAY)[start // HOUR % 24]
                start += HOUR
            else:
                yield self.minute(start)
                start += 1

    def _day(self, number: int) -> Bar:
        random = self._random("day", number)
        start = self._open_of(number)
        end = start * math.exp(random.gauss(0, DAILY))
        high = max(start, end) * math.exp(abs(random.gauss(0, DAILY / 2)))
        low = min(start, end) * math.exp(-abs(random.gauss(0, DAILY / 2)))
        volume = int(self._daily_volume * math.exp(random.gauss(0, 0.3)))
        return Bar(start, high, low, end, volume, DAY)

    def _open_of(self, number: int) -> float:
        while len(self._opens) <= self._today - number:
            before = self._today - len(self._opens)
            gain = self._random("day", before).gauss(0, DAILY)
            self._opens.append(self._opens[-1] / math.exp(gain))
        return self._opens[self._today - number]

    def _divided_day(self, number: int) -> tuple[Bar, ...]:
        return divided(self._day(number), 24, self._random("hours", number))

    def _divided_hour(self, number: int) -> tuple[Bar, ...]:
        return divided(self._hours(number // 24)[number % 24], 60, self._random("minutes", number))

    def _random(self, kind: str, number: int) -> Random:
        return Random(f"{self._name}:{kind}:{number}")  # noqa: S311 - reproducible, not secret


def joined(bars: Sequence[Bar]) -> Bar:
    """One bar of several that follow each other."""
    return Bar(
        bars[0].open,
        max(bar.high for bar in bars),
        min(bar.low for bar in bars),
        bars[-1].close,
        sum(bar.volume for bar in bars),
        sum(bar.trades for bar in bars),
    )


def divided(whole: Bar, parts: int, random: Random) -> tuple[Bar, ...]:
    """Bars that follow each other and join to the whole again: a random walk that ends where the whole does."""
    sigma = math.log(whole.high / whole.low) / (BROWNIAN_RANGE * math.sqrt(parts))
    ends = _ends(whole, parts, sigma, random)
    starts = [whole.open, *ends[:-1]]
    bodies = list(zip(starts, ends, strict=True))
    highs = [min(whole.high, max(body) * math.exp(abs(random.gauss(0, sigma / 2)))) for body in bodies]
    lows = [max(whole.low, min(body) * math.exp(-abs(random.gauss(0, sigma / 2)))) for body in bodies]
    highs[highs.index(max(highs))] = whole.high
    lows[lows.index(min(lows))] = whole.low
    volumes = _shares(whole.volume, [0.2 + random.random() for _ in range(parts)])
    trades = whole.trades // parts
    return tuple(Bar(*row, trades) for row in zip(starts, highs, lows, ends, volumes, strict=True))


def _ends(whole: Bar, parts: int, sigma: float, random: Random) -> list[float]:
    steps = [random.gauss(0, sigma) for _ in range(parts)]
    drift = (math.log(whole.close / whole.open) - sum(steps)) / parts
    ends, at = [], math.log(whole.open)
    for step in steps:
        at += step + drift
        ends.append(min(whole.high, max(whole.low, math.exp(at))))
    ends[-1] = whole.close
    return ends


def _shares(total: int, weights: list[float]) -> list[int]:
    """Whole shares that add up to the total."""
    each = total / sum(weights)
    shares = [int(each * weight) for weight in weights]
    shares[0] += total - sum(shares)
    return shares
