"""After Temporal was away: a second worker in this process, until the first one asks for tasks again.

The SDK's calls for tasks pause between tries, doubling to ten seconds, and nothing can wake them or make the pause
shorter. Without this a close would wait for so long although the server is back.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, ServiceClient
from temporalio.worker import Worker

LOOK_EVERY_S: Final = 0.5
LOOK_AGAIN_S: Final = 0.1
"""Between looks while it answers, and while it does not."""
ASLEEP_AFTER_S: Final = 1.5
"""Away for so long, and the next call for tasks may be more than a second off."""
LASTS_S: Final = 13.0
"""The longest pause with its jitter, and a second."""
_ANSWERS_WITHIN: Final = timedelta(seconds=1)

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


async def relieve(client: Client, make_worker: Callable[[Client], Worker]) -> None:
    """Watch the server, for ever; whenever it was away and answers again, run another worker for a while.

    Args:
        client: the first worker's; asked whether the server answers.
        make_worker: makes the second one, on a client of its own, for no two workers of a task queue share one.
    """
    async with asyncio.TaskGroup() as reliefs:
        while True:
            away_s = await _back_after(client)
            if away_s >= ASLEEP_AFTER_S:
                _log.warning("Temporal is back; a second worker takes its tasks for a while", away_s=round(away_s, 1))
                reliefs.create_task(_work_for_a_while(client, make_worker))


async def _work_for_a_while(client: Client, make_worker: Callable[[Client], Worker]) -> None:
    try:
        async with make_worker(await _connected_anew(client)):
            await asyncio.sleep(LASTS_S)
    except Exception:  # the first worker goes on in any case, only later
        _log.exception("the second worker ended early")


async def _back_after(client: Client) -> float:
    """Return when the server has been away and is back: for how many seconds it was."""
    since = None
    while True:
        if await _answers(client):
            if since is not None:
                return time.monotonic() - since
        elif since is None:
            since = time.monotonic()
        await asyncio.sleep(LOOK_EVERY_S if since is None else LOOK_AGAIN_S)


async def _answers(client: Client) -> bool:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(request, timeout=_ANSWERS_WITHIN)
    except RPCError:
        return False
    return True


async def _connected_anew(client: Client) -> Client:
    config = client.config()
    config["service_client"] = await ServiceClient.connect(client.service_client.config)
    return Client(**config)
