"""`harvest status`."""

import json
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from contracts.errors import DependencyUnavailable, HarvestError
from contracts.names import QUERY_ATTEMPTS, QUERY_DECISION, QUERY_STATUS, close_workflow_id
from harvest.exit_code import ExitCode
from harvest.interrupt import run

_DEFAULT_ADDRESS = "127.0.0.1:7233"
_TIMEOUT = timedelta(seconds=5)


def status(symbol: str, *, account: str = "main", address: str | None = None) -> int:
    """Print status, decision and attempts of a symbol's close, running or ended, as one JSON object.

    Args:
        symbol: as in ETHUSDT.
        account: our name of the exchange account.
        address: Temporal's host:port; else TEMPORAL_ADDRESS and the rest of Temporal's own configuration.
    """
    answers = run(read_status(close_workflow_id(account, symbol.upper()), address))
    print(json.dumps(answers, indent=2))
    return ExitCode.OK


async def read_status(workflow_id: str, address: str | None) -> dict[str, Any]:
    """The answers of the workflow's queries by name.

    Raises:
        DependencyUnavailable: Temporal, or a worker that could answer, is away.
        HarvestError: there is no such close.
    """
    client = await _connect(address)
    handle = client.get_workflow_handle(workflow_id)
    return {name: await _ask(handle, name) for name in (QUERY_STATUS, QUERY_DECISION, QUERY_ATTEMPTS)}


async def _connect(address: str | None) -> Client:
    config = ClientConfig.load_client_connect_config()
    target = address or config.get("target_host") or _DEFAULT_ADDRESS
    config["target_host"] = target
    try:
        return await Client.connect(**config, data_converter=pydantic_data_converter)
    except RuntimeError as error:
        raise DependencyUnavailable(f"Temporal does not answer at {target}; is it running?") from error


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
