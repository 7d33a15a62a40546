"""Spans of time, counts and short lists, as a reader says them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

_NAMED: Final = 5
_STEPS: Final = ((86_400, "d"), (3600, "h"), (60, "min"))


def span(time: timedelta) -> str:
    """In the largest unit of which there are two."""
    seconds = max(0.0, time.total_seconds())
    for size, unit in _STEPS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def counted(number: int, one: str, more: str) -> str:
    """A number of things."""
    return f"{number} {one if number == 1 else more}"


def some(names: Sequence[str]) -> str:
    """The first few by name, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
