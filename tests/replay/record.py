"""Record the histories anew: ``python -m tests.replay.record``. By hand, after a change of the workflow on purpose."""

import asyncio
import sys
import tempfile
from pathlib import Path

from redis.asyncio import Redis
from temporalio.client import Client, WorkflowHistory

from harvest.stack import Stack, StackConfig
from runtime.settings import Settings
from runtime.telemetry import start_telemetry
from runtime.temporal import connect_temporal, ensure_search_attributes
from tests.lab import Lab
from tests.replay.scenarios import SCENARIOS, SYMBOL, Scenario
from tests.replay.stored import ACCOUNT, FOLDER, WORKFLOW_ID, save


async def main() -> None:
    """Play every scenario on real servers and keep what Temporal remembers of it."""
    for old in FOLDER.glob("*.json"):
        old.unlink()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with Stack(StackConfig(folder=Path(folder), worker=False, simulator=False)) as stack:
            environment = {"TEMPORAL_ADDRESS": stack.temporal_address, "TEMPORAL_NAMESPACE": "default"}
            client = await connect_temporal(Settings(), start_telemetry(Settings()), environment=environment)
            await ensure_search_attributes(client)
            redis: Redis = Redis.from_url(stack.redis_url)
            for scenario in SCENARIOS:
                await record(scenario, client, redis)
            await redis.aclose()


async def record(scenario: Scenario, client: Client, redis: Redis) -> None:
    """Play one scenario; each of its runs is a file."""
    lab = Lab(client, redis, mode=scenario.mode, hedge=scenario.hedge)
    lab.account = ACCOUNT
    async with lab:
        await scenario.play(lab)
        await lab.handle(SYMBOL).result()
        histories = await runs(client)
    for number, history in enumerate(histories, 1):
        path = save(scenario.name if len(histories) == 1 else f"{scenario.name}-{number}", history)
        sys.stdout.write(f"{path.name}: {len(history.events)} events, {path.stat().st_size} bytes\n")


async def runs(client: Client) -> list[WorkflowHistory]:
    """The last workflow's history, and those of the runs that it continued, oldest first."""
    found: list[WorkflowHistory] = []
    run_id = ""
    while run_id or not found:
        history = await client.get_workflow_handle(WORKFLOW_ID, run_id=run_id or None).fetch_history()
        found.insert(0, history)
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return found


if __name__ == "__main__":
    asyncio.run(main())
