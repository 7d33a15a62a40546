"""A plan of faults in a file: armed when the simulator starts, done at its times, refused when it makes no sense."""

import asyncio
import json
import sys
from pathlib import Path

import aiohttp
import pytest

from harvest.__main__ import invoke
from harvest.exit_code import ExitCode
from simulator import ControlError, SimulatorConfig, load_plan
from tests.simulator.client import Client, Row
from tests.simulator.conftest import Started

PLAN = """
faults:
  - kind: refusal
    code: -1112
    call: POST /fapi/v1/order
    symbol: ETHUSDT
    times: 2
    skip: 1
  - kind: executed_cut
    probability: 0.1
    seed: 7
    until_ms: 60000
    before:
      - {do: position, symbol: ETHUSDT, side: LONG, quantity: -0.5}
stream_faults:
  - {kind: duplicate, event: "ORDER_TRADE_UPDATE:TRADE", times: -1}
acts:
  - {at_ms: 30, do: price, symbol: ETHUSDT, price: 2600}
  - {at_ms: 0, do: position, symbol: ETHUSDT, side: LONG, quantity: 10, entry_price: 2400}
  - {at_ms: 10, do: position, symbol: NOPEUSDT, side: LONG, quantity: 1}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


async def injected(client: Client) -> list[Row]:
    rows = (await client.sim("GET", "faults")).row["injected"]
    assert isinstance(rows, list)
    return rows


async def test_a_plan_is_armed_and_its_acts_are_done_in_the_order_of_their_times(started: Started, plan: Path) -> None:
    client = await started(SimulatorConfig(plan=load_plan(plan)))
    await client.simulator.gateway.movers.played()
    assert [(row["kind"], row["symbol"], row["problem"]) for row in await injected(client)] == [
        ("position", "ETHUSDT", ""),
        ("position", "NOPEUSDT", "position: -1121: Invalid symbol."),
        ("price", "ETHUSDT", ""),
    ]
    assert await client.position("ETHUSDT") == [("BOTH", "10.000")]
    statuses = [(await client.order("ETHUSDT", "BUY", "1.000")).status for _ in range(4)]
    assert statuses == [200, 400, 400, 200]


async def test_a_reset_begins_the_plan_anew(started: Started, plan: Path) -> None:
    client = await started(SimulatorConfig(plan=load_plan(plan)))
    for _ in range(2):
        statuses = [(await client.order("ETHUSDT", "BUY", "1.000")).status for _ in range(4)]
        assert statuses == [200, 400, 400, 200]
        await client.sim("POST", "reset")


def test_json_says_the_same(plan: Path) -> None:
    other = plan.with_suffix(".json")
    other.write_text(
        json.dumps({"faults": [{"kind": "refusal", "code": -1112, "symbol": "ETHUSDT", "times": 2, "skip": 1}]})
    )
    assert load_plan(other).faults == load_plan(plan).faults[:1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("faults: [{kind: gremlin}]", "faults[0]: kind must be one of"),
        ("faults: [{kind: error}, {kind: error, tmies: 2}]", "faults[1]: unknown fields: tmies"),
        ("faults: [{kind: error, call: POST /fapi/v1/ordr}]", "faults[0]: call: there is no POST /fapi/v1/ordr here"),
        ("faults: [{kind: read_lag}]", "faults[0]: read_lag needs call, one of GET /fapi/v1/order, "),
        ("faults: [{kind: read_lag, call: GET /fapi/v3/account}]", "faults[0]: read_lag needs call, one of"),
        ("stream_faults: [{kind: drop, event: ORDER_UPDATE}]", "stream_faults[0]: event and other are about ACC"),
        ("stream_faults: [{kind: reorder, event: ALGO_UPDATE, other: TRADE}]", "stream_faults[0]: event and other are"),
        ("faults: {kind: error}", "faults must be a list"),
        ("faults: [error]", "faults[0] is not an object"),
        ("faults: [{kind: meanwhile, before: [{do: dance}]}]", "faults[0]: do must be one of"),
        ("acts: [{do: price, symbol: ETHUSDT, price: 1}]", "acts[0]: at_ms is missing"),
        ("acts: [{at_ms: -1, do: price, symbol: ETHUSDT, price: 1}]", "acts[0]: at_ms is below zero"),
        ("acts: [{at_ms: 1, do: price, symbol: ETHUSDT, price: low}]", "acts[0]: price must be a number"),
        ("stream_faults: [{kind: reorder}]", "stream_faults[0]: reorder needs other"),
        ("stream_faults: [{kind: lose}]", "stream_faults[0]: kind must be one of"),
        ("fautls: []", "unknown fields: fautls"),
        ("- 1", "a plan is not an object"),
        ("faults: [", "while parsing"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "plan.yml"
    path.write_text(text)
    with pytest.raises(ControlError) as refused:
        load_plan(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert words in str(refused.value)


@pytest.mark.parametrize("command", [["-m", "simulator"], ["-m", "harvest", "sim"]])
async def test_the_command_line_takes_a_plan(command: list[str], plan: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, "--port", "0", "--faults", str(plan), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    async with aiohttp.ClientSession() as session, session.get(f"{line.split()[-1]}/sim/faults") as answer:
        kinds = [row["kind"] for row in (await answer.json())["armed"]]
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert kinds == ["refusal", "executed_cut"]


def test_harvest_sim_says_what_is_wrong_with_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("faults: [{kind: gremlin}]")
    assert invoke(["sim", "--port", "0", "--faults", str(path)]) == ExitCode.FAILED
    assert "faults[0]: kind must be one of" in capsys.readouterr().err


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="No such file"):
        load_plan(tmp_path / "none.yaml")
