"""Stops, flattens and safety checks that began under an earlier build go on under this one."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
from redis.asyncio import Redis
from temporalio.client import Client, WorkflowHistory

from tests.architecture.production import production_replayer
from tests.replay.beside import FOLDER, STORIES
from tests.replay.test_replay import MOST_BYTES, OF_A_MACHINE, names_and_values

HISTORIES = sorted(FOLDER.glob("*.json"))
STALE = (
    "workflows that run now would stand still: keep the old way behind workflow.patched, then record the new one with"
    " python -m tests.replay.beside NAME"
)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_stored_history_replays(temporal: Client, redis: Redis, path: Path) -> None:
    replayer = production_replayer(temporal, redis)

    result = await replayer.replay_workflow(stored(path), raise_on_replay_failure=False)

    assert result.replay_failure is None, STALE


def stored(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


def test_every_story_is_stored_and_nothing_else() -> None:
    assert {path.stem for path in HISTORIES} == {story.__name__ for story in STORIES}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_tells_nothing_of_the_machine_it_was_recorded_on(path: Path) -> None:
    pairs = names_and_values(json.loads(path.read_text()))

    payloads = " ".join(b64decode(value).decode() for name, value in pairs if name == "data" and isinstance(value, str))
    assert path.stat().st_size < 3 * MOST_BYTES
    assert {value for name, value in pairs if name == "identity"} == {"worker"}
    assert "SOLUSDT" in payloads
    assert not [word for word in OF_A_MACHINE if word in path.read_text() + payloads]
