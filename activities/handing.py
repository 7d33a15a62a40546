"""Decisions that do not come from the stream, given to their symbol's close: the same lock, and no Redis."""

from datetime import timedelta
from typing import Final, Protocol

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError

from activities.interfaces import Closes
from contracts.close import CloseRequest
from contracts.flatten import Handed, HandedOver, HandOver
from contracts.intent import CloseIntent
from contracts.names import QUERY_DECISION, QUERY_STATUS, close_workflow_id
from contracts.result import CloseResult, Outcome
from contracts.status import CloseStatus, DecisionView
from kernel.identity import rung_of

_PATIENCE: Final = timedelta(seconds=2)
_FINAL: Final = frozenset({Outcome.DUST_LEFT, Outcome.SUGGESTED})
"""To do the same again would end the same."""

Handle = WorkflowHandle[CloseRequest, CloseResult]


class Taker(Protocol):
    """Hands a decision to Temporal. The bridge's own starter, in the worker."""

    async def start_or_submit(self, intent: CloseIntent) -> str:
        """``started`` or ``joined``, when Temporal holds the decision."""
        ...


class CloseDoor(Closes):
    """Starts or joins a symbol's close, unless the very same decision is under way there."""

    def __init__(self, client: Client, account: str, taker: Taker) -> None:
        self._client = client
        self._account = account
        self._taker = taker

    @activity.defn(name="hand_over")
    async def hand_over(self, request: HandOver) -> HandedOver:
        """See :class:`activities.interfaces.Closes`."""
        before = await self._before(request)
        if before is not None and before.how in (Handed.RUNNING, Handed.POINTLESS):
            return before
        taken = await self._taker.start_or_submit(request.intent)
        return HandedOver(how=Handed(taken), outcome=before.outcome if before else None)

    async def _before(self, request: HandOver) -> HandedOver | None:
        """What is known of the same decision; None if nothing, or if nobody can tell: then it is handed over again."""
        handle = self._client.get_workflow_handle(close_workflow_id(self._account, request.intent.symbol))
        try:
            status = await handle.query(QUERY_STATUS, result_type=CloseStatus, rpc_timeout=_PATIENCE)
            if status.result is not None:
                return _ended(status.result, request)
            return HandedOver(how=Handed.RUNNING) if await self._under_way(handle, request.intent) else None
        except (RPCError, WorkflowQueryFailedError):
            return None

    async def _under_way(self, handle: Handle, intent: CloseIntent) -> bool:
        """A close that somebody terminated has no result either: only a running one counts."""
        decision = await handle.query(QUERY_DECISION, result_type=DecisionView, rpc_timeout=_PATIENCE)
        if decision.rung != rung_of(intent.producer_id, None):
            return False
        seen = await handle.describe(rpc_timeout=_PATIENCE)
        return seen.status is WorkflowExecutionStatus.RUNNING


def _ended(result: CloseResult, request: HandOver) -> HandedOver | None:
    if result.producer_id != request.intent.producer_id:
        return None
    same_size = result.position_after is not None and abs(result.position_after) == abs(request.amount)
    how = Handed.POINTLESS if result.outcome in _FINAL and same_size else Handed.STARTED
    return HandedOver(how=how, outcome=result.outcome)
