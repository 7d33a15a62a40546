"""Work that goes on beside other work, and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog

_AGAIN_S: Final = 2.0
"""Longer than any of our work takes to clean up."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these until they end, or until the block is left. One that fails says so, and stops nothing else."""
    tasks = [asyncio.create_task(_told(each)) for each in work]
    try:
        yield
    finally:
        await end(*tasks)


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel these and return when they have ended, whatever they end with.

    One cancellation may not be enough: before Python 3.12 ``asyncio.wait_for`` loses one that comes just as the awaited
    is done, and redis-py sends each command within one. What loops for ever then goes on for ever.
    """
    while going := {task for task in tasks if not task.done()}:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=_AGAIN_S)


async def _told(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        _log.exception("work beside the bridge has ended", work=getattr(work, "__qualname__", "unnamed"))
