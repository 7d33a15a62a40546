"""Pauses between tries."""

from typing import Final

LONGEST: Final = 5.0


def pause_after(tries: int, first: float = 0.1) -> float:
    """Seconds to pause after this many failed tries: doubles from `first` up to five seconds."""
    return min(LONGEST, first * 2.0 ** min(max(tries, 1) - 1, 16))
