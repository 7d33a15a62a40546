"""One background chore: repeated for ever, sooner after a failure, stopped with its owner."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from contracts.errors import ExchangeError

_log = structlog.get_logger(__name__)


class Upkeep:
    """Runs a chore at once and then periodically.

    Args:
        chore: what to do; an ExchangeError from it is logged and tried again.
        every_s: seconds between successful runs.
        retry_s: seconds after a failed one.
    """

    def __init__(self, chore: Callable[[], Awaitable[None]], *, every_s: float, retry_s: float) -> None:
        self._chore = chore
        self._every_s = every_s
        self._retry_s = retry_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running loop."""
        self._task = asyncio.create_task(self._run(), name="exchange-upkeep")
        self._task.add_done_callback(_report)

    async def stop(self) -> None:
        """End it and wait until it has ended. Raises what a defective chore raised."""
        if self._task is None:
            return
        self._task.cancel()
        [ended] = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended

    async def _run(self) -> None:
        while True:
            wait_s = self._every_s if await self._succeeds() else self._retry_s
            await asyncio.sleep(wait_s)

    async def _succeeds(self) -> bool:
        try:
            await self._chore()
        except ExchangeError as error:
            _log.warning("exchange upkeep failed, will retry", error=str(error), retry_s=self._retry_s)
            return False
        return True


def _report(task: asyncio.Task[None]) -> None:
    """A defect ends the chore; that must be seen when it happens, not when the process ends."""
    if not task.cancelled() and (error := task.exception()):
        _log.error("exchange upkeep ended", error=repr(error))
