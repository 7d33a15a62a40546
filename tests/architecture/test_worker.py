"""What the worker registers is what workflows and operators call by name (R16, R51)."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.interfaces import Closes, Flattening, Orders, Reads, Reconciling, Results, Safety, Stops, Watching
from contracts import names
from tests.architecture.production import production_replayer, production_worker
from workflows.close import CloseWorkflow


def definition(function: Callable[..., Any]) -> activity._Definition:
    return activity._Definition.must_from_callable(function)


def names_of(interface: type) -> set[str]:
    """Names of the activities that an interface declares."""
    found = (activity._Definition.from_callable(member) for member in vars(interface).values() if callable(member))
    return {str(each.name) for each in found if each is not None}


async def test_every_activity_that_workflows_may_call_is_registered_and_no_other(
    temporal: Client, redis: Redis
) -> None:
    registered = {definition(each).name for each in production_worker(temporal, redis).config()["activities"]}

    interfaces = (Reads, Orders, Results, Closes, Safety, Flattening, Watching, Stops, Reconciling)
    declared = [names_of(each) for each in interfaces]
    assert registered == set().union(*declared)
    assert len(registered) == sum(map(len, declared)) == 17


def test_the_workflow_its_queries_and_its_signal_have_the_agreed_names() -> None:
    defined = workflow._Definition.must_from_class(CloseWorkflow)

    queries = {value for name, value in vars(names).items() if name.startswith("QUERY_")}
    signals = {value for name, value in vars(names).items() if name.startswith("SIGNAL_")}
    assert defined.name == names.CLOSE_WORKFLOW
    assert set(defined.queries) == queries
    assert set(defined.signals) == signals
    assert len(queries) == 4


def test_the_workflow_is_sandboxed() -> None:
    assert workflow._Definition.must_from_class(CloseWorkflow).sandboxed


async def test_the_worker_runs_workflows_in_the_sandbox_without_its_switches_off(
    temporal: Client, redis: Redis
) -> None:
    runner = production_worker(temporal, redis).config()["workflow_runner"]

    assert isinstance(runner, SandboxedWorkflowRunner)
    assert not runner.restrictions.passthrough_all_modules
    assert not {"redis", "binance", "aiohttp", "exchange"} & set(runner.restrictions.passthrough_modules)


async def test_the_workflow_is_valid_in_the_production_sandbox(temporal: Client, redis: Redis) -> None:
    await replay_nothing(production_replayer(temporal, redis))


async def test_an_impure_workflow_would_not_be_valid_there(temporal: Client, redis: Redis) -> None:
    config = production_replayer(temporal, redis).config()
    from tests.architecture.impure_workflow import ImpureWorkflow

    with pytest.raises(RuntimeError, match="ImpureWorkflow"):
        await replay_nothing(Replayer(workflows=[ImpureWorkflow], workflow_runner=config["workflow_runner"]))


async def replay_nothing(replayer: Replayer) -> None:
    """Validates every workflow of the replayer in its sandbox."""

    async def no_histories() -> AsyncIterator[WorkflowHistory]:
        for history in list[WorkflowHistory]():
            yield history

    await replayer.replay_workflows(no_histories())
