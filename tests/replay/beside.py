"""Record the workflows beside the close: ``python -m tests.replay.beside``. By hand; what is stored stays.

Stops, flatten and safety net go on under a later build as closes do, and are kept apart, one file a story.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from temporalio.client import WorkflowHandle

from contracts.names import SAFETY_WORKFLOW
from contracts.safety import SafetyReport, SafetyRequest
from harvest.stack import Stack, StackConfig
from runtime.settings import Settings
from runtime.telemetry import start_telemetry
from runtime.temporal import connect_temporal, ensure_search_attributes
from tests.flatten.orders import flatten
from tests.lab import Lab
from tests.replay.stored import ACCOUNT, save_in
from tests.stops.stage import POST, SOL, ended, move, stops_of, until_resting

FOLDER = Path(__file__).with_name("beside_histories")
Handle = WorkflowHandle[Any, Any]


async def stop_followed_its_position(lab: Lab) -> Handle:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await move(lab, "141")
    await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5")
    await until_resting(lab, ("SELL", "141", "50"))
    return await gone(lab)


async def stop_doubtful(lab: Lab) -> Handle:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.fault("executed_cut", POST)
    await move(lab, "141")
    await lab.fault("refused_cut", POST)
    await move(lab, "142")
    return stops_of(lab)  # it stays for a minute to see what may still come


async def stop_swept_away(lab: Lab) -> Handle:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.fault("refusal", POST, code=-4045)
    await lab.fault("refusal", code=-4118)
    await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5")
    await until_resting(lab, ("SELL", "140", "50"))
    return await gone(lab)


async def stop_passed(lab: Lab) -> Handle:
    await lab.open(SOL, "SHORT", "10")
    answer = await move(lab, "149")
    await lab.result(answer["joined"])
    await ended(lab)
    return stops_of(lab)


async def flattened(lab: Lab) -> Handle:
    await lab.open(SOL, "LONG", "10")
    await lab.open("ETHUSDT", "SHORT", "2")
    handle = await flatten(lab)
    await handle.result()
    return handle


async def safety_net_closed_one(lab: Lab) -> Handle:
    await lab.open(SOL, "LONG", "10")
    await lab.call("POST", "/sim/price", symbol=SOL, price="140")
    handle: Handle = await lab.client.start_workflow(
        SAFETY_WORKFLOW,
        SafetyRequest(account=ACCOUNT),
        id="safety-replay",
        task_queue=ACCOUNT,
        result_type=SafetyReport,
    )
    await handle.result()
    return handle


async def gone(lab: Lab) -> Handle:
    """The position is closed, and whoever held its stop ends."""
    await lab.close(SOL)
    await ended(lab)
    return stops_of(lab)


STORIES: Sequence[Callable[[Lab], Awaitable[Handle]]] = (
    stop_followed_its_position,
    stop_doubtful,
    stop_swept_away,
    stop_passed,
    flattened,
    safety_net_closed_one,
)


async def main(names: Sequence[str]) -> None:
    """Play what is not stored yet, or what is named."""
    FOLDER.mkdir(exist_ok=True)
    for story in STORIES:
        name = story.__name__
        if name in names or (not names and not (FOLDER / f"{name}.json").exists()):
            with tempfile.TemporaryDirectory() as folder:
                await record(story, Path(folder))


async def record(story: Callable[[Lab], Awaitable[Handle]], folder: Path) -> None:
    """One story on real servers."""
    async with Stack(StackConfig(folder=folder, worker=False, simulator=False)) as stack:
        environment = {"TEMPORAL_ADDRESS": stack.temporal_address, "TEMPORAL_NAMESPACE": "default"}
        client = await connect_temporal(Settings(), start_telemetry(Settings()), environment=environment)
        await ensure_search_attributes(client)
        redis: Redis = Redis.from_url(stack.redis_url)
        lab = Lab(client, redis)
        lab.account = ACCOUNT
        async with lab:
            history = await (await story(lab)).fetch_history()
        path = save_in(FOLDER, story.__name__, history)
        sys.stdout.write(f"{path.name}: {len(history.events)} events, {path.stat().st_size} bytes\n")
        await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
