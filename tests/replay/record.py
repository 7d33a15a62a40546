"""Record what is not stored yet: ``python -m tests.replay.record``. By hand, after a change of the workflow on purpose.

What is stored stays, because it shows that closes of earlier builds go on. With names, those are recorded anew.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis
from temporalio.client import Client, WorkflowHistory

from harvest.stack import Stack, StackConfig
from runtime.settings import Settings
from runtime.telemetry import start_telemetry
from runtime.temporal import connect_temporal, ensure_search_attributes
from tests.faults.outside import Outside
from tests.lab import Lab
from tests.replay.scenarios import SCENARIOS, SYMBOL, Scenario
from tests.replay.stored import ACCOUNT, FOLDER, WORKFLOW_ID, save


async def main(names: Sequence[str]) -> None:
    """Play scenarios on real servers and keep what Temporal remembers of them."""
    FOLDER.mkdir(exist_ok=True)
    stored = {path.stem.partition("-")[0] for path in FOLDER.glob("*.json")}
    wanted = [one for one in SCENARIOS if one.name in names or (not names and one.name not in stored)]
    for scenario in wanted:
        for old in (*FOLDER.glob(f"{scenario.name}.json"), *FOLDER.glob(f"{scenario.name}-*.json")):
            old.unlink()
        with tempfile.TemporaryDirectory() as folder:
            await (record_apart if scenario.apart else record)(scenario, Path(folder))


async def record(scenario: Scenario, folder: Path) -> None:
    """Everything of Harvest in this process."""
    async with Stack(StackConfig(folder=folder, worker=False, simulator=False)) as stack:
        environment = {"TEMPORAL_ADDRESS": stack.temporal_address, "TEMPORAL_NAMESPACE": "default"}
        client = await connect_temporal(Settings(), start_telemetry(Settings()), environment=environment)
        await ensure_search_attributes(client)
        redis: Redis = Redis.from_url(stack.redis_url)
        lab = Lab(
            client,
            redis,
            mode=scenario.mode,
            hedge=scenario.hedge,
            user_stream=scenario.user_stream,
            order_timeout=scenario.order_timeout,
            read_lag=scenario.read_lag,
        )
        lab.account = ACCOUNT
        async with lab:
            await play(scenario, lab)
        await redis.aclose()


async def record_apart(scenario: Scenario, folder: Path) -> None:
    """The worker in a process of its own, where it can be killed."""
    settings = {"HARVEST_RECV_WINDOW_MS": "1000", "HARVEST_ORDER_TIMEOUT": "10"}
    config = StackConfig(folder, account=ACCOUNT, worker_settings=settings)
    async with Stack(config) as stack, await Outside.of(stack) as outside:
        await play(scenario, outside)


async def play(scenario: Scenario, lab: Lab) -> None:
    """Each run of the scenario's workflow is a file."""
    await scenario.play(lab)
    await lab.handle(SYMBOL).result()
    histories = await runs(lab.client)
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
    asyncio.run(main(sys.argv[1:]))
