"""No command of a close changes unnoticed: not its timeouts, retries, pauses or summary either."""

from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from tests.replay.commands import COMMANDS, HISTORIES, commands, stored
from tests.replay.stored import FOLDER
from workflows import policies

CHANGED = (
    "the workflow's commands are not those that are stored. If that was not meant: the change is a mistake. If kind,"
    " name or order changed on purpose: keep the old way behind workflow.patched, record the new one (python -m"
    " tests.replay.record NAME). Then, or if only timeouts, retries, pauses or summaries changed on purpose: python -m"
    " tests.replay.commands, and look at the difference"
)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda path: path.stem)
async def test_todays_commands_are_the_stored_ones(temporal: Client, redis: Redis, history: Path) -> None:
    given = await commands(temporal, redis, history)

    assert given == stored(history).read_text().splitlines(), CHANGED


def test_every_history_has_its_commands_and_nothing_else_has() -> None:
    assert sorted(COMMANDS.iterdir()) == [stored(history) for history in HISTORIES]


@pytest.mark.parametrize(
    ("name", "policy", "value", "words"),
    [
        ("full", "PLACE_HEARTBEAT", timedelta(seconds=3), "heartbeat_timeout 3 s"),
        ("full", "READ_TIMEOUT", timedelta(seconds=11), "start_to_close_timeout 11 s"),
        ("already_flat", "SECOND_LOOK", timedelta(milliseconds=400), "start_to_fire_timeout 0.4 s"),
    ],
)
async def test_a_change_that_a_replay_does_not_notice_is_noticed(
    temporal: Client, redis: Redis, monkeypatch: pytest.MonkeyPatch, name: str, policy: str, value: object, words: str
) -> None:
    history = FOLDER / f"{name}.json"
    monkeypatch.setattr(policies, policy, value)

    given = await commands(temporal, redis, history)  # it raises if the history does not replay

    changed = set(given) - set(stored(history).read_text().splitlines())
    assert changed
    assert all(words in line for line in changed)
