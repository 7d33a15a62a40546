"""Pauses between tries."""

from typing import Final

LONGEST: Final = 1.0
"""A dependency that is back is noticed within this time: a close may be waiting."""


def pause_after(tries: int, first: float = 0.1) -> float:
    """Seconds to pause after this many failed tries: doubles from `first` up to one second."""
    return min(LONGEST, first * 2.0 ** min(max(tries, 1) - 1, 16))
