"""A decision starts its symbol's close, or joins the one that is running."""

import asyncio
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.common import Priority, TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from bridge.backoff import pause_after
from bridge.card import details, summary
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.stop_door import hand_to_stop, moves_a_stop
from bridge.urgency import urgency
from contracts.close import ClosePolicy, CloseRequest
from contracts.intent import CloseIntent
from contracts.names import CLOSE_WORKFLOW, SIGNAL_SUBMIT, close_workflow_id
from contracts.search import start_attributes

TASK_TIMEOUT: Final = timedelta(seconds=2)
"""After a worker died its close goes on elsewhere within this time."""
_RPC_TIMEOUT: Final = timedelta(seconds=5)
_QUICK_TRIES: Final = 5
"""A close that ends between our start and our signal is no trouble; what lasts longer is logged."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class Taken(StrEnum):
    """How Temporal took a decision. Either way it is durable."""

    STARTED = "started"
    JOINED = "joined"


class Starter:
    """Hands decisions to Temporal, and does not give up."""

    def __init__(self, client: Client, policy: ClosePolicy, settings: BridgeSettings, stats: BridgeStats) -> None:
        self._client = client
        self._policy = policy
        self._settings = settings
        self._stats = stats

    async def start_or_submit(self, intent: CloseIntent) -> Taken:
        """Return when Temporal holds the decision, however long that takes."""
        tries, labelled = 0, True
        while True:
            try:
                return await self._once(intent, labelled)
            except RPCError as error:
                tries += 1
                # A missing label must not stand between a decision and its close.
                labelled = labelled and error.status is not RPCStatusCode.INVALID_ARGUMENT
                await self._pause(intent, error, tries)

    async def _once(self, intent: CloseIntent, labelled: bool) -> Taken:
        if moves_a_stop(intent):
            return await self._hand_to_stop(intent, labelled)
        workflow_id = close_workflow_id(self._policy.account, intent.symbol)
        try:
            await self._start(intent, workflow_id, labelled)
        except WorkflowAlreadyStartedError:
            await self._submit(intent, workflow_id)
            return Taken.JOINED
        self._stats.started += 1
        _log.info("close started", workflow_id=workflow_id, **_brief(intent))
        return Taken.STARTED

    async def _start(self, intent: CloseIntent, workflow_id: str, labelled: bool) -> None:
        await self._client.start_workflow(
            CLOSE_WORKFLOW,
            CloseRequest(intent=intent, policy=self._policy),
            id=workflow_id,
            task_queue=self._settings.task_queue,
            task_timeout=TASK_TIMEOUT,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=self._labels(intent) if labelled else None,
            static_summary=summary(intent),
            static_details=details(intent),
            priority=Priority(priority_key=int(urgency(intent))),
            request_eager_start=True,
            rpc_timeout=_RPC_TIMEOUT,
        )

    async def _hand_to_stop(self, intent: CloseIntent, labelled: bool) -> Taken:
        labels = self._labels(intent) if labelled else None
        await hand_to_stop(self._client, self._policy, intent, self._settings.task_queue, TASK_TIMEOUT, labels)
        _log.info("handed to the symbol's stops", **_brief(intent))
        return Taken.JOINED

    async def _submit(self, intent: CloseIntent, workflow_id: str) -> None:
        handle = self._client.get_workflow_handle(workflow_id)
        await handle.signal(SIGNAL_SUBMIT, intent, rpc_timeout=_RPC_TIMEOUT)
        self._stats.joined += 1
        _log.info("handed to the running close", workflow_id=workflow_id, **_brief(intent))

    def _labels(self, intent: CloseIntent) -> TypedSearchAttributes:
        return start_attributes(intent, self._policy.account)

    async def _pause(self, intent: CloseIntent, error: RPCError, tries: int) -> None:
        pause = pause_after(tries, first=0.02)
        if error.status is not RPCStatusCode.NOT_FOUND or tries > _QUICK_TRIES:
            self._stats.temporal_errors += 1
            reason = f"{error.status.name} {error.message[:200]}"
            _log.warning("waiting for Temporal: %s", reason, **_brief(intent), tries=tries, pause_s=pause)
        await asyncio.sleep(pause)


def _brief(intent: CloseIntent) -> dict[str, str]:
    return {"symbol": intent.symbol, "action": intent.action, "entry_id": intent.entry_id}
