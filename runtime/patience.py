"""Waiting for a dependency: back-off between tries, and one log line a try that says what is waited for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from contracts.errors import DependencyUnavailable

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0
"""Seconds between tries; doubles from the first to the longest."""

_T = TypeVar("_T")
_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


def pauses(tries: int) -> float:
    """Seconds to pause after this many failed tries."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 16))


async def patiently(
    what: str,
    attempt: Callable[[], Awaitable[_T]],
    errors: tuple[type[Exception], ...],
    deadline: timedelta | None = None,
) -> _T:
    """What the attempt returns, however long it takes, or until the deadline.

    Args:
        what: the dependency and its address, for the log.
        errors: what means "not there yet"; anything else is raised at once.
        deadline: how long to wait at most; None waits for ever.

    Raises:
        DependencyUnavailable: the deadline passed.
    """
    give_up = None if deadline is None else time.monotonic() + deadline.total_seconds()
    tries = 0
    while True:
        try:
            return await attempt()
        except errors as error:
            tries += 1
            reason = first_line(error)
            if give_up is not None and time.monotonic() + pauses(tries) > give_up:
                raise DependencyUnavailable(f"{what} did not answer within {deadline}: {reason}") from error
            _log.warning("waiting for %s: %s", what, reason, tries=tries, next_try_s=pauses(tries))
        await asyncio.sleep(pauses(tries))


def first_line(error: BaseException) -> str:
    """An error's first line, short enough for a log."""
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
