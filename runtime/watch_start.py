"""The watch over the account: running while it is switched on, ended while it is off."""

import asyncio
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from contracts.names import WATCH_WORKFLOW, watch_workflow_id
from contracts.watch import WatchRequest
from runtime.settings import Settings

_AGAIN_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


async def arrange_watch(client: Client, settings: Settings) -> None:
    """Start it unless it runs, or end it, and say which; if Temporal is away, until it is back.

    A running one goes on: it has no settings of its own.
    """
    workflow_id = watch_workflow_id(settings.account)
    while True:
        try:
            await (_start(client, settings, workflow_id) if settings.watch else _end(client, workflow_id))
        except RPCError as failed:
            _log.error("the watch is not arranged yet", workflow_id=workflow_id, error=str(failed)[:200])
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return


async def _start(client: Client, settings: Settings, workflow_id: str) -> None:
    await client.start_workflow(
        WATCH_WORKFLOW,
        WatchRequest(account=settings.account),
        id=workflow_id,
        task_queue=settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    _log.info("positions are watched", workflow_id=workflow_id, interval=str(settings.watch_interval))


async def _end(client: Client, workflow_id: str) -> None:
    """A watch that nobody wants any more must not wait for a worker for ever."""
    try:
        await client.get_workflow_handle(workflow_id).cancel()
    except RPCError as refused:
        if refused.status is not RPCStatusCode.NOT_FOUND:
            raise
        return
    _log.warning("the watch is switched off; positions have no exits but those that others decide", id=workflow_id)
