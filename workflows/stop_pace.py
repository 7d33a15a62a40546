"""How often a symbol's stops are looked at."""

from datetime import timedelta
from typing import Final

PATROL: Final = timedelta(seconds=60)
"""Between two looks when nothing is going on: 6 of request weight each."""
SOON: Final = timedelta(seconds=2)
"""The first look after a close, or after a stop whose fate was doubtful; the next ones take four times as long each."""
NAKED: Final = timedelta(seconds=5)
"""The longest between two looks while a stop that a close swept away does not rest again."""
AT_EASE: Final = 3
"""Looks after which the pauses have grown to a patrol's."""


def pause_after(looks: int, *, owed: bool) -> timedelta:
    """Until the next look, after so many since something happened."""
    factor: int = 4 ** min(looks, AT_EASE)
    return min(NAKED if owed else PATROL, SOON * factor)
