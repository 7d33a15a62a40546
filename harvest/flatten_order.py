"""Ordering a flatten at Temporal, and following it."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from contracts.errors import DependencyUnavailable, HarvestError
from contracts.flatten import FlattenRequest, FlattenStatus
from contracts.names import FLATTEN_WORKFLOW, QUERY_STATUS, TASK_QUEUE, flatten_workflow_id

Handle = WorkflowHandle[object, FlattenStatus]

_EVERY_S: Final = 0.3
_RPC_TIMEOUT: Final = timedelta(seconds=5)
_OVER: Final = frozenset({"FAILED", "CANCELED", "TERMINATED", "TIMED_OUT"})


async def order_flatten(client: Client, account: str, reason: str, by: str) -> Handle:
    """Start the account's flatten, or join the one that a human started before. From here on it is durable.

    Raises:
        DependencyUnavailable: Temporal does not take it.
    """
    try:
        return await client.start_workflow(
            FLATTEN_WORKFLOW,
            FlattenRequest(account=account, reason=reason, issued_by=by, event_id=uuid4().hex),
            id=flatten_workflow_id(account),
            task_queue=os.environ.get("HARVEST_TASK_QUEUE") or TASK_QUEUE,
            task_timeout=timedelta(seconds=2),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"close everything - {reason[:100]} ({by})",
            result_type=FlattenStatus,
            rpc_timeout=_RPC_TIMEOUT,
        )
    except RPCError as error:
        raise DependencyUnavailable(f"Temporal does not take the order: {error.message}") from error


async def progress(handle: Handle) -> AsyncIterator[FlattenStatus | None]:
    """Its status again and again, until it has ended; None while Temporal or a worker cannot answer.

    Raises:
        HarvestError: it was ended from outside.
    """
    while True:
        status = await _ask(handle)
        yield status
        if status is not None and status.ended_at is not None:
            return
        if (how := await _ended_from_outside(handle)) is not None:
            raise HarvestError(f"{handle.id} was ended from outside ({how}): positions may be open")
        await asyncio.sleep(_EVERY_S)


async def _ask(handle: Handle) -> FlattenStatus | None:
    try:
        status: FlattenStatus = await handle.query(
            QUERY_STATUS, result_type=FlattenStatus, rpc_timeout=timedelta(seconds=2)
        )
    except RPCError:
        return None  # a worker that died is followed by another one, and the flatten goes on there
    return status


async def _ended_from_outside(handle: Handle) -> str | None:
    """How, if it was."""
    try:
        seen = await handle.describe(rpc_timeout=_RPC_TIMEOUT)
    except RPCError:
        return None
    return seen.status.name if seen.status is not None and seen.status.name in _OVER else None
