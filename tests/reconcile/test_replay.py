"""Runs that began under an earlier build go on under this one."""

import json
from base64 import b64decode

import pytest
from redis.asyncio import Redis
from temporalio.client import Client, WorkflowHistory
from temporalio.workflow import NondeterminismError

from tests.architecture.production import production_replayer
from tests.reconcile.recorded import FOLDER, WORKFLOW_ID, load
from tests.replay.test_replay import OF_A_MACHINE, names_and_values, without

BOTH = ("quiet", "settled")


@pytest.mark.parametrize("name", BOTH)
async def test_a_stored_run_replays(temporal: Client, redis: Redis, name: str) -> None:
    await production_replayer(temporal, redis).replay_workflow(load(name))


def test_a_quiet_run_asks_twice_and_waits_for_nothing() -> None:
    kinds = [event.WhichOneof("attributes") for event in load("quiet").events]

    assert kinds.count("activity_task_scheduled_event_attributes") == 2
    assert "timer_started_event_attributes" not in kinds


async def test_a_run_without_its_pause_would_be_noticed(temporal: Client, redis: Redis) -> None:
    changed = without("EVENT_TYPE_TIMER_STARTED")(json.loads((FOLDER / "settled.json").read_text()))
    history = WorkflowHistory.from_json(WORKFLOW_ID, json.dumps(changed))

    with pytest.raises(NondeterminismError):
        await production_replayer(temporal, redis).replay_workflow(history)


@pytest.mark.parametrize("name", BOTH)
def test_a_stored_run_tells_nothing_of_the_machine_it_was_recorded_on(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    pairs = names_and_values(json.loads(text))

    payloads = " ".join(b64decode(each).decode() for key, each in pairs if key == "data" and isinstance(each, str))
    assert len(text) < 40_000
    assert not [word for word in OF_A_MACHINE if word in text + payloads]
