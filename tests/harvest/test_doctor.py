"""`harvest doctor` against real servers: what is well is ok, and what is wrong is named with what to do."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.client import (
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleSpec,
)
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from contracts import search
from contracts.mode import Mode, Venue
from contracts.names import (
    CLOSE_WORKFLOW,
    KEY_FREEZE,
    KEY_HALT,
    SAFETY_WORKFLOW,
    STREAM_INTENT,
    WATCH_WORKFLOW,
    safety_schedule_id,
    watch_workflow_id,
)
from harvest.commands.doctor import doctor
from harvest.doctor.checks_exchange import ExchangeChecks
from harvest.doctor.checks_ownership import OwnershipChecks
from harvest.doctor.checks_redis import RedisChecks
from harvest.doctor.checks_temporal import TemporalChecks
from harvest.doctor.examination import examination
from harvest.doctor.question import examine
from harvest.doctor.verdict import Level, Verdict
from harvest.exit_code import ExitCode
from harvest.stack import API_KEY, API_SECRET, Stack, StackConfig
from runtime.settings import Settings
from tests.bridge.servers import eventually
from tests.faults.outside import Outside
from tests.harvest.found import named, not_ok

pytestmark = pytest.mark.xdist_group("doctor")  # one stack serves them all
ROOT = Path(__file__).resolve().parents[2]
NOBODY = "127.0.0.1:1"
STANDING = {"HARVEST_SAFETY": "true", "HARVEST_RECONCILE": "true"}


@pytest.fixture(scope="module")
async def outside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    """A whole Harvest that is well. No watch: it would judge the positions of the tests."""
    config = StackConfig(tmp_path_factory.mktemp("stack"), worker_settings=STANDING)
    async with Stack(config) as stack, await Outside.of(stack) as running:

        async def well() -> bool:
            """The worker has arranged everything, and Temporal tells its pollers."""
            found = await levels(running)
            return set(found.values()) == {Level.OK}

        await eventually(well)
        yield running


@pytest.fixture
def own_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sets up the logging of its process, which here is everybody's."""
    monkeypatch.setattr("harvest.commands.doctor.configure_logging", lambda *_: None)


def settings_of(outside: Outside, **changes: Any) -> Settings:
    """The worker's, with changes."""
    values: dict[str, Any] = {
        "mode": Mode.LIVE,
        "venue": Venue.SIMULATOR,
        "exchange_url": outside.stack.exchange_url,
        "api_key": SecretStr(API_KEY),
        "api_secret": SecretStr(API_SECRET),
        "redis_url": outside.stack.redis_url,
        "safety": True,
        "reconcile": True,
    }
    return Settings(**{**values, **changes})


async def asked(outside: Outside, address: str | None = None, **changes: Any) -> dict[str, Verdict]:
    """What the doctor finds, by name, with some settings changed."""
    async with examination(settings_of(outside, **changes), address or outside.stack.temporal_address) as checks:
        return named(checks)


async def levels(outside: Outside) -> dict[str, Level]:
    return {name: verdict.level for name, verdict in (await asked(outside)).items()}


async def run_doctor(outside: Outside, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """As an operator calls it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARVEST_", "TEMPORAL_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harvest", "doctor", *arguments),
        cwd=ROOT,
        env={**kept, **outside.stack._worker_environment(), **settings},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, problem = await process.communicate()
    return process.returncode or 0, output.decode(), problem.decode()


async def test_where_all_is_well_every_line_is_ok_and_nothing_was_sent(outside: Outside) -> None:
    await outside.open("ETHUSDT", "LONG", "1")

    code, output, problem = await run_doctor(outside)

    assert (code, problem) == (ExitCode.OK, ""), output
    *lines, conclusion = output.splitlines()
    assert {line.split()[0] for line in lines} == {"ok"}
    assert conclusion == f"nothing fails: {len(lines)} of {len(lines)} checks are ok"
    assert "1 open: ETHUSDT" in output
    assert "one-way" in output
    assert "\x1b" not in output
    assert await outside.requests("ETHUSDT") == []
    assert await outside.position("ETHUSDT") == 1


async def test_wrong_keys_are_told_as_json_without_the_secret(outside: Outside) -> None:
    secret = "not-the-secret-of-that-key"

    code, output, problem = await run_doctor(outside, "--json", HARVEST_API_SECRET=secret)

    said = json.loads(output)
    found = {check["name"]: check for check in said["checks"]}
    assert (code, said["ok"]) == (ExitCode.FAILED, False)
    assert {frozenset(check) for check in said["checks"]} == {frozenset({"name", "level", "fact", "fix"})}
    assert found["credentials"]["level"] == "FAIL"
    assert "-1022" in found["credentials"]["fact"]
    assert "secret does not belong to the key" in found["credentials"]["fix"]
    assert {name for name, check in found.items() if check["level"] == "skipped"} == {
        "account alias",
        "position mode",
        "positions",
        "ownership",
    }
    assert found["exchange"]["level"] == found["clock"]["level"] == "ok"
    assert secret not in output + problem
    assert API_KEY not in output + problem


@pytest.mark.usefixtures("own_logging")
def test_settings_that_do_not_load_are_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HARVEST_MODEE", "live")
    monkeypatch.setenv("HARVEST_READ_COUNT", "0")

    assert doctor() == ExitCode.FAILED

    output = capsys.readouterr().out
    assert output.startswith("FAIL    settings")
    assert "did you mean HARVEST_MODE?" in output
    assert "HARVEST_READ_COUNT" in output
    assert "needs settings: redis, temporal, exchange, ownership" in output
    assert output.endswith("1 of 5 checks FAIL (settings), 4 not asked\n")


@pytest.mark.usefixtures("own_logging")
def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HARVEST_MODEE", "live")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert doctor() == ExitCode.FAILED

    output = capsys.readouterr().out
    assert "what to do" in output
    assert "did you mean HARVEST_MODE?" in output
    assert "1 of 5 checks FAIL (settings)" in output


async def test_redis_is_only_read_and_need_not_tell_about_itself(outside: Outside) -> None:
    port = outside.stack.redis_port
    await outside.redis.acl_setuser(
        "reader", enabled=True, passwords="+pw", keys=["*"], categories=["+@all", "-@write"]
    )
    reading = await asked(outside, redis_url=f"redis://reader:pw@127.0.0.1:{port}/0")
    await outside.redis.acl_setuser("reader", enabled=True, commands=["-info"])
    untold = await asked(outside, redis_url=f"redis://reader:pw@127.0.0.1:{port}/0")
    await outside.redis.acl_setuser("reader", enabled=True, commands=["-get"])
    refused = await asked(outside, redis_url=f"redis://reader:pw@127.0.0.1:{port}/0")

    assert not_ok(reading) == set()
    assert not_ok(untold) == {"eviction", "append-only file"}
    assert {untold[name].level for name in not_ok(untold)} == {Level.WARN}
    assert {name for name, verdict in refused.items() if verdict.level is Level.FAIL} == {"freeze", "ownership"}


async def test_a_task_queue_without_a_worker_is_named(outside: Outside) -> None:
    found = await asked(outside, task_queue="elsewhere")

    assert not_ok(found) == {"workflow tasks", "activity tasks"}
    for kind in ("workflow", "activity"):
        verdict = found[f"{kind} tasks"]
        assert verdict.level is Level.FAIL
        assert verdict.fact == f"no worker polls the task queue elsewhere for {kind} tasks"
        assert "start the worker" in verdict.fix


async def test_a_worker_that_stopped_polling_is_no_worker(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvest.doctor.checks_temporal._GONE", timedelta(0))
    monkeypatch.setattr("harvest.doctor.checks_stream._SILENT", timedelta(0))

    found = await asked(outside)

    assert not_ok(found) == {"workflow tasks", "activity tasks", "bridge"}
    assert "polls the task queue harvest for workflow tasks; the last one was" in found["workflow tasks"].fact
    assert f"nobody reads {STREAM_INTENT}: the last was bridge-" in found["bridge"].fact


async def test_a_freeze_fails_and_a_halt_warns(outside: Outside) -> None:
    await outside.redis.set(KEY_FREEZE, "ann@desk 2026-11-20: exchange incident")
    await outside.redis.hset(KEY_HALT, mapping={"halted": "true", "reason": "drill"})
    try:
        found = await asked(outside)
    finally:
        await outside.redis.delete(KEY_FREEZE, KEY_HALT)

    assert not_ok(found) == {"freeze", "halt of new risk"}
    assert found["freeze"].level is Level.FAIL
    assert found["freeze"].fact == "ALL CLOSES ARE FROZEN by ann@desk 2026-11-20: exchange incident"
    assert "harvest unfreeze" in found["freeze"].fix
    assert found["halt of new risk"].level is Level.WARN
    assert "drill" in found["halt of new risk"].fact


async def test_shadow_mode_warns_that_nothing_is_sent(outside: Outside) -> None:
    found = await asked(outside, mode=Mode.SHADOW)

    assert not_ok(found) == {"settings"}
    assert found["settings"].level is Level.WARN
    assert "nothing is sent" in found["settings"].fact


async def test_another_installation_that_lives_is_named(outside: Outside) -> None:
    found = await asked(outside, account="second", safety=False, reconcile=False)

    assert not_ok(found) == {"ownership"}
    assert found["ownership"].level is Level.FAIL
    assert "another installation that lives: main@default (" in found["ownership"].fact
    assert "we are second@default (" in found["ownership"].fact
    assert "harvest owner --take" in found["ownership"].fix


@pytest.mark.parametrize(
    ("mode", "owner", "left_s", "level", "words"),
    [
        (Mode.LIVE, "us", 5, Level.WARN, "ours: us, renewed 15 s ago: no worker keeps it"),
        (Mode.LIVE, "us", 45, Level.OK, "taken by hand"),
        (Mode.LIVE, "them", 5, Level.WARN, "seems dead"),
        (Mode.LIVE, "them", -0.001, Level.WARN, "without a lifetime"),
        (Mode.SHADOW, "them", 19, Level.OK, "in shadow mode we send none"),
    ],
)
def test_a_claim_says_by_its_lifetime_whether_its_owner_lives(
    outside: Outside, mode: Mode, owner: str, left_s: float, level: Level, words: str
) -> None:
    settings = settings_of(outside, mode=mode)
    services = RedisChecks(settings), TemporalChecks(settings, None), ExchangeChecks(settings)
    verdict = OwnershipChecks(settings, *services)._held(owner, "us", timedelta(seconds=left_s))

    assert verdict.level is level
    assert words in verdict.fact


async def test_keys_of_another_account_than_is_wanted(outside: Outside) -> None:
    found = await asked(outside, account_alias="Savings")

    assert not_ok(found) == {"account alias"}
    assert "the keys are those of SimAlias, and HARVEST_ACCOUNT_ALIAS says Savings" in found["account alias"].fact


async def test_what_is_switched_on_and_not_there(outside: Outside) -> None:
    schedule = outside.client.get_schedule_handle(safety_schedule_id("main"))
    await schedule.pause(note="for the test")
    try:
        paused = await asked(outside)
        absent = await asked(outside, account="second", watch=True)
    finally:
        await schedule.unpause()

    assert not_ok(paused) == {"safety net"}
    assert (paused["safety net"].level, "for the test" in paused["safety net"].fact) == (Level.WARN, True)
    assert {name: absent[name].level for name in ("watch", "safety net", "reconciling")} == {
        "watch": Level.FAIL,
        "safety net": Level.FAIL,
        "reconciling": Level.WARN,
    }
    assert "watch-second is not known to Temporal" in absent["watch"].fact


async def test_a_safety_net_whose_last_run_ended_badly(outside: Outside) -> None:
    schedule_id = safety_schedule_id("third")
    action = ScheduleActionStartWorkflow(SAFETY_WORKFLOW, id=schedule_id, task_queue="nobody")
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))])
    schedule = await outside.client.create_schedule(schedule_id, Schedule(action, spec), trigger_immediately=True)

    async def run_id() -> str | None:
        runs = (await schedule.describe()).info.running_actions
        return next((run.workflow_id for run in runs if isinstance(run, ScheduleActionExecutionStartWorkflow)), None)

    try:
        running = await eventually(run_id)
        before = (await asked(outside, account="third", reconcile=False))["safety net"]
        await outside.client.get_workflow_handle(str(running)).terminate()
        after = (await asked(outside, account="third", reconcile=False))["safety net"]
    finally:
        await schedule.delete()

    assert before.level is Level.OK
    assert (after.level, after.fact) == (Level.FAIL, "the last run of safety-third has ended (TERMINATED)")


async def test_a_watch_that_runs_and_one_that_ended(outside: Outside) -> None:
    watch = await outside.client.start_workflow(WATCH_WORKFLOW, id=watch_workflow_id("main"), task_queue="nobody")
    running = await asked(outside, watch=True)
    await watch.terminate()
    ended = await asked(outside, watch=True)

    assert (running["watch"].level, running["watch"].fact) == (Level.OK, "watch-main is running")
    assert not_ok(ended) == {"watch"}
    assert ended["watch"].fact == "HARVEST_WATCH is on, and watch-main has ended (TERMINATED): nobody decides"


async def test_a_close_that_needs_a_human_is_named(outside: Outside) -> None:
    attributes = TypedSearchAttributes(
        [SearchAttributePair(search.ACCOUNT, "main"), SearchAttributePair(search.OUTCOME, "NEEDS_HUMAN")]
    )
    stuck = await outside.client.start_workflow(
        CLOSE_WORKFLOW, id="close-main-STUCKUSDT", task_queue="nobody", search_attributes=attributes
    )

    async def told() -> dict[str, Verdict] | None:
        found = await asked(outside)
        return found if found["needs a human"].level is Level.FAIL else None

    try:
        found = await eventually(told)
    finally:
        await stuck.terminate()

    assert found is not None
    assert not_ok(found) == {"needs a human"}
    assert found["closes"].fact == "1 under way"
    assert found["needs a human"].fact == "close-main-STUCKUSDT cannot get on alone"


async def test_temporal_away_and_redis_away_leave_the_others_their_answers(outside: Outside) -> None:
    found = await asked(outside, address=NOBODY, redis_url=f"redis://who:hushhush@{NOBODY}/0")

    failed = {name for name, verdict in found.items() if verdict.level is Level.FAIL}
    well = {name for name, verdict in found.items() if verdict.level is Level.OK}
    assert failed == {"redis", "temporal"}
    assert well == {
        *("settings", "exchange", "clock", "request weight", "credentials"),
        *("account alias", "position mode", "positions"),
    }
    assert NOBODY in found["temporal"].fact
    assert found["ownership"].fact == "needs redis and temporal"
    assert "hushhush" not in str(found)


async def test_search_attributes_and_a_retention_that_do_not_do(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = (SearchAttributeKey.for_keyword("HarvestNowhere"), SearchAttributeKey.for_float(search.SYMBOL.name))
    monkeypatch.setattr(search, "ALL", (*search.ALL, *others))
    monkeypatch.setattr("harvest.doctor.checks_temporal._SHORT", timedelta(days=31))

    found = await asked(outside)

    assert not_ok(found) == {"search attributes", "closes", "needs a human", "retention"}
    assert found["search attributes"].fact == "HarvestNowhere is missing, HarvestSymbol must be Double"
    assert found["closes"].level is Level.SKIPPED
    assert (found["retention"].level, "kept for 30 d" in found["retention"].fact) == (Level.WARN, True)


async def test_a_configuration_of_temporal_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "temporal.toml"
    broken.write_text("[profile")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(broken))

    door, *others = await examine(TemporalChecks(Settings(), None).question)

    assert door.verdict.level is Level.FAIL
    assert "Temporal's configuration (TEMPORAL_... variables or file) cannot be read" in door.verdict.fact
    assert {check.verdict.level for check in others} == {Level.SKIPPED}


async def test_a_namespace_that_is_not_there(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "nowhere")

    found = named(await examine(TemporalChecks(Settings(), outside.stack.temporal_address).question))

    assert found["temporal"].level is Level.OK
    assert (found["namespace"].level, found["namespace"].fact) == (Level.FAIL, "there is no namespace nowhere")
    assert found["closes"] == found["retention"] == Verdict(Level.SKIPPED, "needs namespace", "see namespace first")
