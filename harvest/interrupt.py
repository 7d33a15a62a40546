"""Running a coroutine so that Ctrl-C, SIGTERM and a closed terminal all end it in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """A signal asked us to stop, and everything was cleaned up."""


def run(work: Coroutine[object, object, T]) -> T:
    """Run to the end, or to a signal: the work is cancelled and may clean up.

    Raises:
        Interrupted: a signal came.
    """
    try:
        return asyncio.run(_watched(work))
    except asyncio.CancelledError:
        raise Interrupted from None


async def _watched(work: Coroutine[object, object, T]) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in _SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
