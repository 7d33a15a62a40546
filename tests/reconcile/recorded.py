"""A run's history as it is kept: ``python -m tests.reconcile.recorded``, by hand, after a change on purpose."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from temporalio.client import WorkflowHistory

from harvest.stack import Stack, StackConfig
from runtime.settings import Settings
from runtime.telemetry import start_telemetry
from runtime.temporal import connect_temporal, ensure_search_attributes
from tests.reconcile.desk import POSITION, SOL, Desk
from tests.replay.stored import ACCOUNT, sanitised

FOLDER: Final = Path(__file__).with_name("histories")
WORKFLOW_ID: Final = "reconcile-replay"


def load(name: str) -> WorkflowHistory:
    """A stored history: ``quiet`` found everything true, ``settled`` something to put right."""
    return WorkflowHistory.from_json(WORKFLOW_ID, (FOLDER / f"{name}.json").read_text())


async def record(folder: Path) -> None:
    """Play both on real servers."""
    async with Stack(StackConfig(folder=folder, worker=False, simulator=False)) as stack:
        environment = {"TEMPORAL_ADDRESS": stack.temporal_address, "TEMPORAL_NAMESPACE": "default"}
        client = await connect_temporal(Settings(), start_telemetry(Settings()), environment=environment)
        await ensure_search_attributes(client)
        redis: Redis = Redis.from_url(stack.redis_url)
        desk = Desk(client, redis)
        desk.account = ACCOUNT
        async with desk:
            await desk.put(POSITION, SOL, side="LONG", quantity="10", entry_price="150")
            for name in ("settled", "quiet"):
                run = await desk.begin()
                await run.result()
                save(name, await run.fetch_history())
        await redis.aclose()


def save(name: str, history: WorkflowHistory) -> None:
    """Without anything that tells of the machine."""
    FOLDER.mkdir(exist_ok=True)
    content = json.dumps(sanitised(json.loads(history.to_json())), indent=1, sort_keys=True)
    (FOLDER / f"{name}.json").write_text(content + "\n")
    sys.stdout.write(f"{name}: {len(history.events)} events, {len(content)} bytes\n")


def main() -> None:
    """Record both."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(record(Path(folder)))


if __name__ == "__main__":
    main()
