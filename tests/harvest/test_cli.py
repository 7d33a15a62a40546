"""The command line: exit codes that scripts depend on, and an answer at once."""

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from decimal import Decimal
from pathlib import Path

import pytest

from harvest import demo as demo_module
from harvest.__main__ import invoke
from harvest.binaries import MissingDependency
from harvest.exit_code import ExitCode
from tests.harvest.processes import all_end

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "127.0.0.1:1"


async def harvest(*arguments: str, **settings: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harvest", *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=ROOT,
        env={**os.environ, **settings},
    )


async def children_of(pid: int) -> list[int]:
    listed = await asyncio.create_subprocess_exec("ps", "-o", "pid=", "--ppid", str(pid), stdout=PIPE)
    output, _ = await listed.communicate()
    return [int(line) for line in output.split()]


def test_help_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--help"]) == ExitCode.OK
    assert "demo" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["demo", "--nope"], ["nope"], ["status"], ["sim", "--port", "many"]])
def test_a_command_line_that_makes_no_sense(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(arguments) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.err
    assert not captured.out


async def test_the_help_loads_neither_temporal_nor_the_exchange() -> None:
    code = "import sys, harvest.__main__ as m; m.invoke(['--help']); print(sorted(sys.modules))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=PIPE)
    output, _ = await process.communicate()
    for heavy in ("temporalio", "binance", "redis", "pydantic", "aiohttp"):
        assert f"'{heavy}'" not in output.decode()


async def test_decide_answers_line_by_line() -> None:
    process = await harvest("decide")
    output, _ = await process.communicate(b"{}\n")
    assert process.returncode == ExitCode.OK
    assert "error" in json.loads(output)


async def test_status_without_temporal_says_who_does_not_answer() -> None:
    process = await harvest("status", "ETHUSDT", "--address", NOBODY)
    output, problem = await process.communicate()
    assert process.returncode == ExitCode.FAILED
    assert not output
    assert f"Temporal does not answer at {NOBODY}" in problem.decode()


async def test_send_without_redis_says_who_does_not_answer() -> None:
    process = await harvest("send", "ETHUSDT", "--redis-url", f"redis://{NOBODY}/0")
    output, problem = await process.communicate()
    assert process.returncode == ExitCode.FAILED
    assert not output
    assert "Redis does not take the decision" in problem.decode()


def test_a_missing_program_has_its_own_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object) -> None:
        raise MissingDependency("the temporal CLI is not installed; fix: ...")

    monkeypatch.setattr("harvest.servers.temporal_binary", missing)
    assert invoke(["demo"]) == ExitCode.MISSING
    assert "not installed; fix" in capsys.readouterr().err


def test_a_demo_that_does_not_hold_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_ok(**_: object) -> bool:
        return False

    monkeypatch.setattr(demo_module, "run_demo", not_ok)
    monkeypatch.setattr("harvest.commands.demo.run_demo", not_ok)
    assert invoke(["demo"]) == ExitCode.FAILED


async def test_the_demo_holds_all_ten_proofs_and_leaves_nothing() -> None:
    process = await harvest("demo", "--json", NO_COLOR="1")
    output, told = await process.communicate()
    assert process.returncode == ExitCode.OK, told.decode()
    report = json.loads(output)
    assert [proof["ok"] for proof in report["proofs"]] == [True] * 10, report["proofs"]
    assert [close["ok"] for close in report["closes"]] == [True] * len(report["closes"]), report["closes"]
    ladder = [close["position_after"] for close in report["closes"] if close["symbol"] == "ETHUSDT"]
    assert [float(size) for size in ladder] == [75, 37.5, 9.375]
    market = report["market"]
    watched = [one["position_after"] for one in market["decisions"] if one["symbol"] == "ETHUSDT"]
    assert [float(size) for size in watched] == [75, 37.5, 9.375, 0]
    assert [stop["level"] for stop in market["stops"]] == ["150.3000", "156.0000"]
    money = market["money"]
    assert Decimal(money["realized_pnl_published"]) == Decimal(money["realized_pnl_ledger"]) != 0
    assert Decimal(money["fees_published"]) == Decimal(money["fees_ledger"]) != 0
    assert report["ok"] is True
    assert b"\x1b[" not in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_in_the_middle_of_the_demo_leaves_nothing(number: signal.Signals) -> None:
    process = await harvest("demo")
    children: list[int] = []
    deadline = time.monotonic() + 20
    while len(children) < 4 and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        children = await children_of(process.pid)
    process.send_signal(number)
    await process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert await all_end(children)
