"""Two workers on one stack, and whoever of them holds a close killed at the worst moment."""

import asyncio
import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from temporalio.client import Client

from contracts.names import close_workflow_id
from harvest.child import Child
from harvest.stack import NAMESPACE, Stack

NAMES = ("first", "second")
_LOOK_EVERY_S = 0.005
_PATIENCE_S = 10.0
_ENDS_WITHIN = timedelta(seconds=30)


class Crew:
    """Use as an async context manager on a stack that was started without a worker."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._workers: dict[str, Child] = {}

    async def __aenter__(self) -> Self:
        self._temporal = await Client.connect(self._stack.temporal_address, namespace=NAMESPACE)
        for name in NAMES:
            self._workers[name] = await self._stack.spawn_worker(name)
        for worker in self._workers.values():
            await self._stack.worker_ready(worker)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The stack stops them."""

    async def owner(self, symbol: str) -> str:
        """The worker that is sending the symbol's order now, by Temporal's record.

        Raises:
            TimeoutError: nobody is.
        """
        handle = self._temporal.get_workflow_handle(close_workflow_id(self._stack.config.account, symbol))
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                pending = (await handle.describe()).raw_description.pending_activities
                if pending and pending[0].last_worker_identity:
                    return pending[0].last_worker_identity.split()[0]
                await asyncio.sleep(_LOOK_EVERY_S)

    async def kill(self, name: str) -> int:
        """SIGKILL; when, in epoch milliseconds."""
        self._workers[name].kill()
        killed_ms = time.time_ns() // 1_000_000
        await self._workers[name].wait()
        return killed_ms

    async def replace(self, name: str) -> None:
        """Start one in place of the dead, and wait until it works."""
        self._workers[name] = await self._stack.spawn_worker(name)
        await self._stack.worker_ready(self._workers[name])

    async def ended(self, symbol: str) -> None:
        """Return when the symbol's close has ended."""
        handle = self._temporal.get_workflow_handle(close_workflow_id(self._stack.config.account, symbol))
        await asyncio.wait_for(handle.result(), _ENDS_WITHIN.total_seconds())
