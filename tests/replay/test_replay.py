"""Workflows that began under an earlier build go on under this one: every stored history replays."""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from temporalio.api.enums.v1 import TimeoutType
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from contracts.close import CloseRequest
from tests.architecture.production import production_replayer
from tests.replay.scenarios import SCENARIOS
from tests.replay.stored import FOLDER, WORKFLOW_ID, Json, load

HISTORIES = sorted(FOLDER.glob("*.json"))
MOST_BYTES = 60_000
OF_A_MACHINE = ("/home/", "/root/", "/tmp/", "/work/", "127.0.0.1", "localhost", "bridge-")  # noqa: S108
STALE = (
    "closes that run now would stand still: keep the old way behind workflow.patched, then record the new one with"
    " python -m tests.replay.record NAME"
)


@pytest.fixture
async def replayer(temporal: Client, redis: Redis) -> Replayer:
    """As the worker is made."""
    return production_replayer(temporal, redis)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_stored_history_replays(replayer: Replayer, path: Path) -> None:
    result = await replayer.replay_workflow(load(path), raise_on_replay_failure=False)

    assert result.replay_failure is None, STALE


def test_every_scenario_is_stored_and_nothing_else() -> None:
    assert {path.stem.partition("-")[0] for path in HISTORIES} == {scenario.name for scenario in SCENARIOS}


@pytest.mark.parametrize("name", ["escalated", "given_up_for_a_stronger", "the_other_side_waits"])
def test_what_goes_on_as_a_new_run_is_stored_with_both_runs(name: str) -> None:
    first, second = (load(FOLDER / f"{name}-{number}.json") for number in (1, 2))

    ended = first.events[-1].workflow_execution_continued_as_new_event_attributes
    assert ended.new_execution_run_id == second.run_id


@pytest.mark.parametrize("name", ["killed", "killed_never_executed"])
def test_a_kill_is_stored_as_an_order_that_timed_out(name: str) -> None:
    timeouts = [
        event.activity_task_timed_out_event_attributes.failure.timeout_failure_info.timeout_type
        for event in load(FOLDER / f"{name}.json").events
        if event.HasField("activity_task_timed_out_event_attributes")
    ]

    assert timeouts == [TimeoutType.TIMEOUT_TYPE_HEARTBEAT]


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_is_small_and_tells_nothing_of_the_machine_it_was_recorded_on(path: Path) -> None:
    pairs = names_and_values(json.loads(path.read_text()))

    payloads = " ".join(b64decode(value).decode() for name, value in pairs if name == "data" and isinstance(value, str))
    assert path.stat().st_size < MOST_BYTES
    assert {value for name, value in pairs if name == "identity"} == {"worker"}
    assert "SOLUSDT" in payloads
    assert not [word for word in OF_A_MACHINE if word in path.read_text() + payloads]


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_what_an_earlier_build_recorded_can_still_be_read(temporal: Client, path: Path) -> None:
    started = load(path).events[0].workflow_execution_started_event_attributes

    (request,) = await temporal.data_converter.decode(started.input.payloads, [CloseRequest])

    assert isinstance(request, CloseRequest)
    assert request.policy.account == "replay"


def without(kind: str) -> Callable[[Json], Json]:
    """Remove the first event of a kind, as if the command behind it were new in the code."""

    def change(history: Json) -> Json:
        events = history["events"]
        gone = next(index for index, event in enumerate(events) if event["eventType"] == kind)
        number = int(events[gone]["eventId"])
        return {"events": [renumbered(event, number) for index, event in enumerate(events) if index != gone]}

    return change


def another_activity(history: Json) -> Json:
    """As if the code called it by another name."""
    text = json.dumps(history)
    assert '"activityType": {"name": "place_order"}' in text
    return json.loads(text.replace('{"name": "place_order"}', '{"name": "send_order"}'))


def ended_in_another_way(history: Json) -> Json:
    """As if the code continued as new where it used to complete."""
    *events, last = history["events"]
    kept = {name: last[name] for name in ("eventId", "eventTime", "taskId")}
    continued = {
        "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
        "workflowExecutionContinuedAsNewEventAttributes": {"workflowType": {"name": "CloseWorkflow"}},
    }
    return {"events": [*events, kept | continued]}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("full", without("EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES")),
        ("full", without("EVENT_TYPE_MARKER_RECORDED")),
        ("full", another_activity),
        ("full", ended_in_another_way),
        ("refused_then_accepted", without("EVENT_TYPE_TIMER_STARTED")),
    ],
    ids=["no_search_attributes", "no_local_activity", "another_activity", "another_end", "no_timer"],
)
async def test_a_history_that_the_code_would_not_write_is_noticed(
    replayer: Replayer, name: str, change: Callable[[Json], Json]
) -> None:
    changed = change(json.loads((FOLDER / f"{name}.json").read_text()))

    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(WorkflowHistory.from_json(WORKFLOW_ID, json.dumps(changed)))


def renumbered(value: Json, gone: int) -> Json:
    """The event with all ids of events after the one that is gone shifted by one."""
    if not isinstance(value, dict):
        return value
    return {name: _shifted(name, each, gone) for name, each in value.items()}


def _shifted(name: str, value: Json, gone: int) -> Json:
    if name.endswith("ventId") and str(value).isdigit():
        return str(int(value) - (int(value) > gone))
    return renumbered(value, gone)


def names_and_values(value: Json) -> list[tuple[str, Json]]:
    """All pairs in a JSON document, however deep."""
    if isinstance(value, list):
        return [pair for each in value for pair in names_and_values(each)]
    if not isinstance(value, dict):
        return []
    return [pair for name, each in value.items() for pair in ((name, each), *names_and_values(each))]
