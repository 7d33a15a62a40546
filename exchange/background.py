"""Reads that no close waits for. They get what closes leave over of the request weight."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_BACKGROUND: Final[ContextVar[bool]] = ContextVar("background", default=False)


@contextmanager
def in_background() -> Iterator[None]:
    """Every call made in here, also by tasks that are started in here, can wait."""
    token = _BACKGROUND.set(True)
    try:
        yield
    finally:
        _BACKGROUND.reset(token)


def is_background() -> bool:
    """Whether a call made now can wait."""
    return _BACKGROUND.get()
