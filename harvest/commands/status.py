"""`harvest status`."""

import json
import sys
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from contracts.errors import DependencyUnavailable, HarvestError
from contracts.names import QUERY_ATTEMPTS, QUERY_DECISION, QUERY_STATUS, close_workflow_id
from harvest.exit_code import ExitCode
from harvest.interrupt import run
from harvest.switches import switch_board
from harvest.temporal_client import connect

_TIMEOUT = timedelta(seconds=5)


def status(symbol: str, *, account: str = "main", address: str | None = None, redis_url: str | None = None) -> int:
    """Print status, decision and attempts of a symbol's close, running or ended, and the switches, as one JSON object.

    Args:
        symbol: as in ETHUSDT.
        account: our name of the exchange account.
        address: Temporal's host:port; else TEMPORAL_ADDRESS and the rest of Temporal's own configuration.
        redis_url: where the switches are; else HARVEST_REDIS_URL, else the local Redis.
    """
    answers = run(read_status(close_workflow_id(account, symbol.upper()), address))
    print(json.dumps({**answers, "switches": _switches(redis_url)}, indent=2))
    return ExitCode.OK


async def read_status(workflow_id: str, address: str | None) -> dict[str, Any]:
    """The answers of the workflow's queries by name.

    Raises:
        DependencyUnavailable: Temporal, or a worker that could answer, is away.
        HarvestError: there is no such close.
    """
    client = await connect(address)
    handle = client.get_workflow_handle(workflow_id)
    return {name: await _ask(handle, name) for name in (QUERY_STATUS, QUERY_DECISION, QUERY_ATTEMPTS)}


def _switches(redis_url: str | None) -> dict[str, Any]:
    """The human switches. Loud while closes are frozen: it must not be forgotten."""
    try:
        with switch_board(redis_url) as board:
            frozen, halted = board.frozen_by(), board.halted()
    except DependencyUnavailable as away:
        return {"unknown": str(away)}
    if frozen is not None:
        print(f"ALL CLOSES ARE FROZEN by {frozen}; `harvest unfreeze` lets them go on", file=sys.stderr)
    return {"frozen_by": frozen, "new_risk_halted": halted}


async def _ask(handle: WorkflowHandle[Any, Any], name: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return await handle.query(name, rpc_timeout=_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise HarvestError(
                f"there is no close {handle.id}: none was decided, or its history has expired"
            ) from error
        raise DependencyUnavailable(f"{handle.id} cannot answer: no worker is running ({error.message})") from error
    except WorkflowQueryFailedError as error:
        raise HarvestError(f"{handle.id} cannot answer {name}: {error}") from error
