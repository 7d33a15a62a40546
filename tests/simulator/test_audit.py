"""The ledger as anybody can audit it: from a file, without the pipeline and without the simulator."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from simulator import SimulatorConfig
from simulator.audit import Executed, executed, first_parts, read, twice
from tests.simulator.client import ORDER, Client
from tests.simulator.conftest import Started


async def play(client: Client) -> None:
    """One decision that executed twice, one that executed in two slices, one refused, one liquidation."""
    await client.hold("ETHUSDT", "LONG", "4")
    for attempt in (1, 2):
        await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true", newClientOrderId=f"hv-a-full-{attempt}")
    await client.sim("POST", "depth", symbol="ETHUSDT", levels=2, first="0.5")
    await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true", newClientOrderId="hv-b-p50-1")
    await client.order("ETHUSDT", "SELL", "0", newClientOrderId="hv-c-full-1")
    await client.sim("POST", "liquidate", symbol="ETHUSDT")


async def test_executed_orders_are_counted_by_decision(client: Client) -> None:
    await play(client)
    fills = await client.fills("hv-")
    assert executed(fills) == {
        ("ETHUSDT", "hv-a-full"): Executed(2, Decimal(2), ("hv-a-full-1", "hv-a-full-2")),
        ("ETHUSDT", "hv-b-p50"): Executed(1, Decimal(1), ("hv-b-p50-1",)),
    }
    assert list(twice(fills)) == [("ETHUSDT", "hv-a-full")]


async def test_the_file_has_every_request_order_and_fill_and_survives(started: Started, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    client = await started(SimulatorConfig(ledger_path=str(path)))
    await play(client)
    rows = read(path)
    assert [row["outcome"] for row in rows["outcome"]] == ["accepted", "accepted", "accepted", "refused"]
    assert [row["request"] for row in rows["outcome"]] == [row["request"] for row in rows["request"]] == [1, 2, 3, 4]
    assert [row["actor"] for row in rows["fill"]] == ["outside", *["account"] * 4, "liquidation"]
    assert [row["actor"] for row in rows["order"]] == ["outside", *["account"] * 3, "liquidation"]
    shown = (await client.sim("GET", "ledger")).row["fills"]
    assert [{**row, "kind": "fill"} for row in json.loads(json.dumps(shown))] == rows["fill"]
    wallets = [Decimal(str(row["wallet"])) for row in rows["wallet"]]
    assert wallets[-1] == client.simulator.gateway.exchange.account.wallet


async def test_a_reset_begins_a_new_chapter_of_the_same_file(started: Started, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    client = await started(SimulatorConfig(ledger_path=str(path)))
    for _ in range(2):
        await client.order("ETHUSDT", "BUY", "1.000")
        await client.sim("POST", "reset")
    rows = read(path)
    assert (len(rows["begun"]), len(rows["fill"])) == (3, 2)


async def test_orders_that_were_cancelled_or_expired_are_in_it(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId="one")
    await client.call("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="one")
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", timeInForce="IOC", newClientOrderId="two")
    rows = (await client.sim("GET", "ledger")).row["orders"]
    assert isinstance(rows, list)
    assert [(row["client_order_id"], row["execution"], row["expire_reason"]) for row in rows] == [
        ("one", "NEW", 0),
        ("one", "CANCELED", 0),
        ("two", "NEW", 0),
        ("two", "EXPIRED", 2),
    ]


def test_the_audit_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    fill = {"kind": "fill", "symbol": "ETHUSDT", "quantity": "1.5"}
    fills = [{**fill, "order_id": number, "client_order_id": f"hv-a-full-{number}"} for number in (1, 1, 2)]
    path.write_text("".join(json.dumps(row) + "\n" for row in fills), encoding="utf-8")
    command = [sys.executable, "-m", "simulator.audit", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "ETHUSDT hv-a-full 2 4.5 hv-a-full-1 hv-a-full-2\n"


@pytest.mark.parametrize(("parts", "group"), [(2, "hv-a"), (3, "hv-a-full"), (4, "hv-a-full-1"), (9, "hv-a-full-1-0")])
def test_orders_are_grouped_by_as_many_parts_of_their_ids_as_wanted(parts: int, group: str) -> None:
    assert first_parts(parts)("hv-a-full-1-0") == group
