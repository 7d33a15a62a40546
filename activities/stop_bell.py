"""Telling whoever holds a symbol's stops that a close of ours changed its position."""

import asyncio
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from contracts.names import STOP_LOOK, stop_workflow_id

_PATIENCE: Final = timedelta(seconds=2)


class StopBell:
    """Rings beside the close, which does not wait for it. If a ring is lost, the next look is a minute away."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._account = account
        self._ringing: set[asyncio.Task[None]] = set()

    def ring(self, symbol: str) -> None:
        """Let the stops be looked at soon."""
        task = asyncio.create_task(self._ring(symbol))
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _ring(self, symbol: str) -> None:
        handle = self._client.get_workflow_handle(stop_workflow_id(self._account, symbol))
        try:
            await handle.signal(STOP_LOOK, rpc_timeout=_PATIENCE)
        except RPCError:
            return  # most symbols have no stop of ours, and Temporal says so
