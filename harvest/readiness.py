"""How we know that a server of the stack is ready, and what Temporal is told once it is."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

_RPC_TIMEOUT = timedelta(seconds=2)


async def accepts_connections(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def temporal_answers(address: str, namespace: str) -> bool:
    """Whether the server knows the namespace.

    It opens its port half a second before that. Counting goes through the same registry as starting a workflow does.
    """
    host, port = address.rsplit(":", 1)
    if not await accepts_connections(host, int(port)):
        return False
    try:
        client = await Client.connect(address, namespace=namespace)
        await client.workflow_service.count_workflow_executions(
            CountWorkflowExecutionsRequest(namespace=namespace), timeout=_RPC_TIMEOUT
        )
    except (RPCError, RuntimeError):  # RuntimeError is what a failed connect raises
        return False
    return True


async def set_retention(address: str, namespace: str, days: int) -> None:
    """How long a closed workflow stays visible: longer than a stream entry can come back."""
    client = await Client.connect(address, namespace=namespace)
    keep = Duration(seconds=int(timedelta(days=days).total_seconds()))
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=namespace, config=NamespaceConfig(workflow_execution_retention_ttl=keep)),
        timeout=_RPC_TIMEOUT,
        retry=True,
    )
