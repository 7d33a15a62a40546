"""The lengths of candles, and where each begins. Times are minutes since the epoch."""

from collections.abc import Iterator
from datetime import UTC, datetime

HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
MONDAY = 4 * DAY  # the epoch was a Thursday
PLAIN = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30,
    "1h": HOUR, "2h": 2 * HOUR, "4h": 4 * HOUR, "6h": 6 * HOUR, "8h": 8 * HOUR, "12h": 12 * HOUR,
    "1d": DAY, "3d": 3 * DAY, "1w": WEEK,
}  # fmt: skip
MONTH = "1M"
NAMES = (*PLAIN, MONTH)


def opening(name: str, minute: int) -> int:
    """When the candle began that holds this minute."""
    if name == MONTH:
        day = datetime.fromtimestamp(minute * 60, UTC)
        return _first(day.year, day.month)
    shift = MONDAY if name == "1w" else 0
    return (minute - shift) // PLAIN[name] * PLAIN[name] + shift


def following(name: str, start: int) -> int:
    """When the next candle begins."""
    if name == MONTH:
        day = datetime.fromtimestamp(start * 60, UTC)
        return _first(day.year + day.month // 12, day.month % 12 + 1)
    return start + PLAIN[name]


def upwards(name: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end of every candle that begins between `start` and `end`, both included."""
    begins = opening(name, start)
    if begins < start:
        begins = following(name, begins)
    while begins <= end:
        after = following(name, begins)
        yield begins, after
        begins = after


def downwards(name: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The same, newest first."""
    begins = opening(name, end)
    while begins >= start:
        yield begins, following(name, begins)
        begins = opening(name, begins - 1)


def _first(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) // 60
