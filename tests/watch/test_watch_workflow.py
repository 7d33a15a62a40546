"""The watch's workflow by itself: its history does not grow for ever, and an earlier one still replays."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.interfaces import Watching
from contracts.names import WATCH_WORKFLOW
from contracts.watch import WatchRequest, WatchStatus
from tests.architecture.production import production_replayer
from tests.bridge.servers import eventually, temporal_binary
from tests.watch.watch_lab import WatchLab
from workflows.watch import WatchWorkflow

SHORT = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40")


class CountingWatch(Watching):
    """Counts turns instead of watching."""

    @activity.defn(name="watch_account")
    async def watch_account(self, request: WatchRequest) -> WatchStatus:
        last = request.last or WatchStatus(account=request.account)
        return last.model_copy(update={"passes": last.passes + 1, "readable": True})


@pytest.fixture
async def impatient() -> AsyncIterator[Client]:
    """A server that soon asks for a new history."""
    environment = await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=temporal_binary(),
        dev_server_log_level="error",
        dev_server_extra_args=list(SHORT),
    )
    yield environment.client
    await environment.shutdown()


async def test_a_long_history_begins_anew_and_the_status_goes_on(impatient: Client) -> None:
    worker = Worker(impatient, task_queue="w", workflows=[WatchWorkflow], activities=[CountingWatch().watch_account])
    async with worker:
        first = await impatient.start_workflow(
            WATCH_WORKFLOW, WatchRequest(account="main"), id="watch-main", task_queue="w"
        )
        handle = impatient.get_workflow_handle("watch-main")

        async def anew() -> bool:
            return (await handle.describe()).run_id != first.first_execution_run_id

        await eventually(anew)
        status: WatchStatus = await handle.query("status", result_type=WatchStatus)
        await handle.terminate()

    assert status.passes >= 5
    assert status.readable


async def test_a_watch_that_runs_goes_on_under_this_build(watched: WatchLab, redis: Redis) -> None:
    await watched.until_status(readable=True)

    history = await watched.watch.fetch_history()

    assert len(history.events) > 5
    await production_replayer(watched.client, redis).replay_workflow(history)
