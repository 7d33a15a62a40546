"""Waiting for something that may be given up."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unless(stop: asyncio.Event, starting: Coroutine[Any, Any, T]) -> T | None:
    """The result, or None if ``stop`` came first: waiting for a dependency must not outlive a SIGTERM."""
    task = asyncio.create_task(starting)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait({task})
        return None
    finally:
        stopping.cancel()
