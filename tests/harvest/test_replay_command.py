"""`harvest replay` on a real stack: what Temporal remembers replays, and what would not go on is named."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from temporalio import workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from contracts import names
from contracts.errors import DependencyUnavailable, HarvestError
from contracts.safety import SafetyRequest
from contracts.search import ACCOUNT
from harvest.__main__ import invoke
from harvest.binaries import temporal_binary
from harvest.commands.replay import from_files, from_server
from harvest.exit_code import ExitCode
from harvest.replay_files import each, make_folder, read_file
from harvest.replay_options import begin_of, words_of
from harvest.replay_reading import TYPES, Wanted, select
from harvest.replaying import Count, make_replayer, replay_all
from harvest.stack import Stack
from tests.architecture.production import production_worker
from tests.lab import Lab
from tests.replay.test_replay import without
from worker import WORKFLOWS

pytestmark = pytest.mark.xdist_group("replay-command")

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "tests" / "replay" / "histories"
NOBODY = "127.0.0.1:1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACED = '"name": "place_order"'


async def harvest_replay(servers: Stack | None, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """Exit code, output and problems of the real command, as an operator calls it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARVEST_", "TEMPORAL_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harvest", "replay", *arguments),
        cwd=ROOT,
        env={**kept, "TEMPORAL_ADDRESS": servers.temporal_address if servers else NOBODY, **settings},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, problem = await process.communicate()
    return process.returncode or 0, output.decode(), problem.decode()


def wanted(account: str, *words: str, since: timedelta = timedelta(days=1), most: int = 500) -> Wanted:
    return Wanted(account, datetime.now(UTC) - since, most, words or tuple(TYPES))


@pytest.fixture(scope="module")
async def closed(temporal: Client, redis: Redis) -> AsyncIterator[Lab]:
    """Two closes that ended, and one whose orders the exchange refuses for now."""
    async with Lab(temporal, redis) as lab:
        await lab.open("ETHUSDT", "LONG", "100")
        await lab.close("ETHUSDT", "PARTIAL_CLOSE", percentage="0.25")
        await lab.handle("ETHUSDT").result()
        await lab.close("ETHUSDT")
        await lab.handle("ETHUSDT").result()
        await lab.open("SOLUSDT", "LONG", "10")
        await lab.fault("refused_503_unavailable", times=1000)
        await lab.send("SOLUSDT")
        await lab.until("SOLUSDT", attempts=1)
        await listed(temporal, f"{ACCOUNT.name} = '{lab.account}'", running=1, closed=2)
        yield lab
        await lab.call("DELETE", "/sim/faults")
        await lab.handle("SOLUSDT").result()


async def listed(client: Client, query: str, *, running: int = 0, closed: int = 0) -> None:
    """Wait until Temporal lists them: that lags a little behind what happened."""
    async with asyncio.timeout(10):
        for state, number in (("NULL", running), ("NOT NULL", closed)):
            while (await client.count_workflows(f"{query} AND CloseTime IS {state}")).count != number:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


def tampered(folder: Path) -> Path:
    text = (STORED / "full.json").read_text()
    assert PLACED in text
    path = folder / "tampered.json"
    path.write_text(text.replace(PLACED, '"name": "send_order"'))
    return path


@workflow.defn(name=names.SAFETY_WORKFLOW)
class OtherSafety:
    """As another build might have had it: it waits before it reads."""

    @workflow.run
    async def run(self, request: SafetyRequest) -> None:
        del request
        await workflow.sleep(0.001)


# from the server


async def test_closes_that_run_and_closes_that_ended_replay(closed: Lab, servers: Stack) -> None:
    code, output, problem = await harvest_replay(servers, HARVEST_ACCOUNT=closed.account)

    assert (code, problem) == (ExitCode.OK, "")
    counts, verdict = output.splitlines()
    assert counts.split() == ["CloseWorkflow", "3", "replayed,", "0", "failed"]
    assert verdict == "all 3 would go on under this build"


async def test_a_running_one_is_replayed_whatever_since_and_most_say(closed: Lab, servers: Stack) -> None:
    later = wanted(closed.account, since=-timedelta(hours=1))
    none_closed = await from_server(later, servers.temporal_address)
    one_closed = await from_server(wanted(closed.account, most=1), servers.temporal_address)

    assert (none_closed["replayed"], none_closed["left_out"]) == (1, False)
    assert (one_closed["replayed"], one_closed["left_out"]) == (2, True)
    assert none_closed["forgotten_meanwhile"] == one_closed["forgotten_meanwhile"] == 0


async def test_only_the_types_and_the_account_that_are_wanted(closed: Lab, servers: Stack, temporal: Client) -> None:
    """A watch has no attribute that says whose it is, only an id. This one has not begun."""
    watch = await temporal.start_workflow(
        names.WATCH_WORKFLOW,
        id=names.watch_workflow_id(closed.account),
        task_queue="nobody",
        start_delay=timedelta(hours=1),
    )
    await listed(temporal, f"WorkflowId = '{watch.id}'", running=1)

    alone = await from_server(wanted(closed.account, "watch", "flatten"), servers.temporal_address)
    others = await from_server(wanted("somebody-else"), servers.temporal_address)
    await watch.terminate()

    assert alone["workflows"] == {"WatchWorkflow": {"replayed": 0, "failed": 0, "not_begun": 1}}
    assert others["workflows"] == {}


async def test_a_run_of_another_build_is_named_and_saved(temporal: Client, servers: Stack, tmp_path: Path) -> None:
    account, queue = f"t{uuid4().hex[:10]}", uuid4().hex
    workflow_id = f"safety-{account}-2026-11-20T12:00:00Z"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(temporal, task_queue=queue, workflows=[OtherSafety], workflow_runner=runner):
        request = SafetyRequest(account=account)
        handle = await temporal.start_workflow(OtherSafety.run, request, id=workflow_id, task_queue=queue)
        await handle.result()
    await listed(temporal, f"WorkflowId = '{workflow_id}'", closed=1)

    code, output, problem = await harvest_replay(
        servers, "--account", account, "--type", "safety", "--json", "--save", str(tmp_path)
    )

    said = json.loads(output)
    (failure,) = said["failures"]
    assert code == ExitCode.FAILED
    assert (failure["workflow_id"], failure["run_id"]) == (workflow_id, handle.first_execution_run_id)
    assert (failure["workflow_type"], failure["event"]) == ("SafetyWorkflow", "5 TIMER_STARTED")
    assert said["workflows"] == {"SafetyWorkflow": {"replayed": 1, "failed": 1, "not_begun": 0}}
    kept = Path(problem.strip().removeprefix("saved "))
    assert kept.parent == tmp_path
    assert (await from_files((kept,)))["failures"] == [failure]


async def test_what_the_temporal_command_shows_replays(closed: Lab, servers: Stack, tmp_path: Path) -> None:
    workflow_id = names.close_workflow_id(closed.account, "ETHUSDT")
    process = await asyncio.create_subprocess_exec(
        *(temporal_binary(), "workflow", "show", "--workflow-id", workflow_id, "--output", "json"),
        *("--address", servers.temporal_address),
        stdout=PIPE,
    )
    shown, _ = await process.communicate()
    path = tmp_path / "shown.json"

    path.write_bytes(shown)
    good = await from_files((path,))
    path.write_bytes(shown.replace(b"place_order", b"send_order"))
    bad = await from_files((path,))

    assert (good["replayed"], good["failures"]) == (1, [])
    assert [failure["workflow_id"] for failure in bad["failures"]] == [workflow_id]


async def test_a_server_that_is_away_is_told() -> None:
    code, output, problem = await harvest_replay(None)

    assert (code, output) == (ExitCode.FAILED, "")
    assert problem == f"harvest: Temporal does not answer at {NOBODY}; is it running?\n"


async def test_a_server_that_goes_away_meanwhile_is_told() -> None:
    gone = type("Gone", (), {"namespace": "default", "list_workflows": refuse})

    with pytest.raises(DependencyUnavailable, match="Temporal does not list its workflows: away"):
        await select(cast("Client", gone()), wanted("main"))


def refuse(*_: object) -> None:
    raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")


# from files


async def test_stored_histories_replay() -> None:
    said = await from_files(tuple(STORED / f"{name}.json" for name in ("full", "killed", "escalated-1")))

    assert said["workflows"] == {"CloseWorkflow": {"replayed": 3, "failed": 0, "not_begun": 0}}
    assert said["failures"] == []


async def test_what_would_not_go_on_is_named_in_one_line_and_no_server_is_asked(tmp_path: Path) -> None:
    files = (tampered(tmp_path), STORED / "full.json")

    code, output, problem = await harvest_replay(None, *(word for file in files for word in ("--file", str(file))))

    (line,) = [line for line in output.splitlines() if line.startswith("close-replay-SOLUSDT")]
    assert (code, problem) == (ExitCode.FAILED, "")
    assert line.startswith(
        "close-replay-SOLUSDT 01a1f989-5cba-7008-b043-eee35447d414 CloseWorkflow:"
        " event 6 ACTIVITY_TASK_SCHEDULED send_order: [TMPRL1100] Nondeterminism error"
    )
    assert line.endswith("'send_order' does not match activity type of activity command 'place_order'")
    assert output.endswith("1 of 2 would not go on under this build\n")


def without_its_marker(text: str) -> str:
    return json.dumps(without("EVENT_TYPE_MARKER_RECORDED")(json.loads(text)))


def of_another_type(text: str) -> str:
    return text.replace("CloseWorkflow", "OtherWorkflow")


def with_another_input(text: str) -> str:
    changed = json.loads(text)
    changed["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0]["data"] = "e30="
    return json.dumps(changed)


@pytest.mark.parametrize(
    ("change", "event", "reason"),
    [
        (without_its_marker, "5 ACTIVITY_TASK_SCHEDULED place_order", "No command scheduled for event"),
        (of_another_type, None, "OtherWorkflow is not registered"),
        (with_another_input, None, "Failed decoding arguments: 2 validation errors for CloseRequest"),
    ],
)
async def test_whatever_is_wrong_is_told_in_one_line(
    tmp_path: Path, change: Callable[[str], str], event: str | None, reason: str
) -> None:
    path = tmp_path / "changed.json"
    path.write_text(change((STORED / "full.json").read_text()))

    (failure,) = (await from_files((path,)))["failures"]

    assert failure["event"] == event
    assert reason in failure["reason"]
    assert "\n" not in failure["reason"]


# the command line


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--since", "24x"), "--since '24x': a span as in 24h"),
        (("--since", "999999d"), "--since '999999d': a span as in 24h"),
        (("--type", "close", "--type", "nope"), "--type 'nope': one of close, stop"),
        (("--most", "0"), "--most 0: at least 1"),
        (("--account", "a' OR"), '--account "a\' OR": at most 40'),
        (("--file", "x.json", "--since", "1h"), "--since is about the server's workflows"),
        (("--file", "x.json", "--type", "stop"), "--type is about the server's workflows"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence(
    arguments: Sequence[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["replay", *arguments]) == ExitCode.USAGE

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"harvest: {problem}")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nowhere.json", "nowhere.json cannot be read: No such file"),
        ("pyproject.toml", "pyproject.toml is not a workflow's history as JSON"),
        ("ops/grafana/dashboards/harvest.json", "harvest.json is not a workflow's history"),
    ],
)
async def test_a_file_that_is_no_history_is_told(name: str, problem: str) -> None:
    with pytest.raises(HarvestError, match=problem):
        await from_files((ROOT / name,))


async def test_workflows_that_the_sandbox_refuses_are_told() -> None:
    from tests.architecture.impure_workflow import ImpureWorkflow

    impure = Replayer(workflows=[ImpureWorkflow], workflow_runner=make_replayer().config()["workflow_runner"])

    with pytest.raises(
        HarvestError, match=r"workflows cannot run: Failed validating workflow ImpureWorkflow: .*random"
    ):
        await replay_all(impure, each((read_file(STORED / "full.json"),)), lambda _: None)


async def test_a_run_without_any_task_is_not_waited_for() -> None:
    story = read_file(STORED / "full.json")
    not_begun = replace(story, history=WorkflowHistory(story.workflow_id, story.history.events[:1]))

    report = await replay_all(make_replayer(), each((not_begun, story)), lambda _: None)

    assert report.counts == {"CloseWorkflow": Count(replayed=1, failed=0, not_begun=1)}


def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(HarvestError, match=r"worker\.py cannot be made: File exists"):
        make_folder(ROOT / "worker.py")


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("24h", NOW - timedelta(days=1)),
        ("90m", NOW - timedelta(minutes=90)),
        ("7d", NOW - timedelta(days=7)),
        ("30s", NOW - timedelta(seconds=30)),
        ("2026-11-20T10:00:00Z", NOW - timedelta(hours=2)),
    ],
)
def test_a_beginning_is_a_span_or_a_time(text: str, begin: datetime) -> None:
    assert begin_of(text, NOW) == begin


# the same as the worker


async def test_it_replays_with_what_the_worker_works_with(temporal: Client, redis: Redis) -> None:
    worker, connection = production_worker(temporal, redis).config(), temporal.config()
    replayer = make_replayer().config()

    assert replayer["workflows"] == worker["workflows"]
    assert replayer["workflow_runner"] == worker["workflow_runner"]
    assert replayer["data_converter"] is connection["data_converter"]
    assert names_of(replayer["interceptors"]) == names_of(connection["interceptors"]) == ["TracingInterceptor"]
    assert not worker["interceptors"]  # it inherits the client's
    for name in ("workflow_failure_exception_types", "debug_mode", "disable_safe_workflow_eviction"):
        assert replayer[name] == worker[name]


def names_of(parts: Sequence[object]) -> list[str]:
    return [type(each).__name__ for each in parts]


def test_every_workflow_that_the_worker_registers_is_looked_for() -> None:
    registered = {workflow._Definition.must_from_class(each).name for each in WORKFLOWS}

    assert set(TYPES.values()) == registered
    assert set(words_of([str(name) for name in registered])) == set(words_of([])) == set(TYPES)
