"""A decision that moves the stop goes to whoever holds the symbol's stops, and starts it where nobody does."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.common import Priority, TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from bridge.card import details, summary
from bridge.urgency import Urgency, meaning
from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.names import MOVE_STOP_WORKFLOW, SIGNAL_SUBMIT, stop_workflow_id
from contracts.stop import MoveStopRequest
from kernel.actions import CloseKind

_RPC_TIMEOUT: Final = timedelta(seconds=5)


def moves_a_stop(intent: CloseIntent) -> bool:
    """Whether it says where the stop is to be. Without that it goes the way of a close, and is answered so there."""
    return intent.new_stop is not None and intent.new_stop > 0 and meaning(intent).kind is CloseKind.MOVE_STOP


async def hand_to_stop(
    client: Client,
    policy: ClosePolicy,
    intent: CloseIntent,
    task_queue: str,
    task_timeout: timedelta,
    labels: TypedSearchAttributes | None,
) -> None:
    """Start and hand over in one step, so that none that is just ending can miss it. Raises ``RPCError``."""
    await client.start_workflow(
        MOVE_STOP_WORKFLOW,
        MoveStopRequest(symbol=intent.symbol, policy=policy, waiting=(intent,)),
        id=stop_workflow_id(policy.account, intent.symbol),
        task_queue=task_queue,
        task_timeout=task_timeout,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal=SIGNAL_SUBMIT,
        start_signal_args=[intent],
        search_attributes=labels,
        static_summary=summary(intent),
        static_details=details(intent),
        priority=Priority(priority_key=int(Urgency.FULL)),
        rpc_timeout=_RPC_TIMEOUT,
    )
