"""Steering, the ledger, moving prices, and the simulator's own life."""

import asyncio
import signal
import sys
import time
from decimal import Decimal

import aiohttp
import pytest

from simulator import PriceStep, SimulatorConfig
from tests.simulator.client import ORDER, Client
from tests.simulator.conftest import Started


async def mark(client: Client, symbol: str) -> object:
    return (await client.get("/fapi/v1/premiumIndex", symbol=symbol)).row["markPrice"]


async def test_the_ledger_has_every_request_even_refused_ones(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="hv-1")
    await client.order("ETHUSDT", "BUY", "0", newClientOrderId="hv-2")
    await client.raw("POST", ORDER, "", "symbol=ETHUSDT&newClientOrderId=hv-3")
    rows = await client.requests("hv-")
    assert [(row["client_order_id"], row["outcome"], row["code"]) for row in rows] == [
        ("hv-1", "accepted", None),
        ("hv-2", "refused", -4003),
        ("hv-3", "refused", -2014),
    ]
    assert abs(int(str(rows[0]["arrived_ms"])) - time.time() * 1000) < 10_000
    assert abs(float(str(rows[0]["monotonic_us"])) - time.monotonic() * 1e6) < 10e6
    params = rows[0]["params"]
    assert isinstance(params, dict)
    assert params["quantity"] == "1.000"


async def test_the_ledger_tells_what_each_fill_did(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "2", entry_price="2400")
    await client.order("ETHUSDT", "SELL", "1.500", reduceOnly="true", newClientOrderId="hv-1")
    (fill,) = await client.fills("hv-")
    assert (fill["position_before"], fill["position_after"], fill["realized_pnl"]) == ("2", "0.5", "149.625")


async def test_the_ledger_can_be_narrowed_to_a_symbol(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "1.000")
    await client.order("BTCUSDT", "BUY", "0.010")
    rows = (await client.sim("GET", "ledger?symbol=BTCUSDT")).row
    assert [len(value) for value in rows.values() if isinstance(value, list)] == [1, 1, 1]


async def test_the_trace_context_of_an_order_is_kept(client: Client) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await client.raw("POST", ORDER, "", "newClientOrderId=hv-1", traceparent=trace)
    assert [row["traceparent"] for row in await client.requests("hv-")] == [trace]


async def test_an_outsider_opens_and_closes(hedged: Client) -> None:
    await hedged.hold("ETHUSDT", "SHORT", "2", entry_price="2600")
    shown = (await hedged.sim("GET", "positions")).rows
    assert [(row["symbol"], row["side"], row["quantity"], row["entry_price"]) for row in shown] == [
        ("ETHUSDT", "SHORT", "-2", "2600")
    ]
    closed = await hedged.hold("ETHUSDT", "SHORT", "-5")
    assert (closed["status"], closed["executed"]) == ("EXPIRED", "2")
    assert (await hedged.sim("GET", "positions")).rows == []


async def test_a_reset_forgets_everything(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "1.000")
    await client.sim("POST", "price", symbol="ETHUSDT", price="9")
    await client.fault("error")
    await client.sim("POST", "clock", skew_ms=9000)
    await client.sim("POST", "reset")
    assert await client.requests() == []
    assert (await client.get("/fapi/v3/positionRisk")).rows == []
    assert await mark(client, "ETHUSDT") == "2500.00000000"
    assert (await client.order("ETHUSDT", "BUY", "1.000")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("POST", "price", {"symbol": "NOPE", "price": "1"}),
        ("POST", "price", {"symbol": "ETHUSDT", "price": "-1"}),
        ("POST", "price", {"symbol": "ETHUSDT", "prize": "1"}),
        ("POST", "position", {"symbol": "ETHUSDT", "side": "UP", "quantity": 1}),
        ("POST", "mode", {"hedge": "yes"}),
        ("POST", "clock", {}),
        ("POST", "script", {"steps": [{"at_ms": 0, "symbol": "NOPE", "price": 1}]}),
        ("GET", "nothing", {}),
    ],
)
async def test_nonsense_is_refused_loudly(client: Client, method: str, path: str, fields: dict[str, object]) -> None:
    async with client.session.request(method, f"{client.simulator.url}/sim/{path}", json=fields) as answer:
        assert (answer.status, list(await answer.json())) == (400, ["error"])


async def test_answers_can_be_slowed_down_all_or_one_call(client: Client) -> None:
    async def took(path: str) -> float:
        begun = time.monotonic()
        await client.get(path)
        return time.monotonic() - begun

    await client.sim("POST", "latency", ms=600, call="GET /fapi/v1/time")
    assert await took("/fapi/v1/time") >= 0.6
    assert await took("/fapi/v1/ping") < 0.6
    await client.sim("POST", "latency", ms=600)
    assert await took("/fapi/v1/ping") >= 0.6


async def test_a_script_moves_prices_and_triggers_what_waits(started: Started) -> None:
    script = (PriceStep(20, "ETHUSDT", Decimal(2390)), PriceStep(0, "ETHUSDT", Decimal(2450)))
    client = await started(SimulatorConfig(script=script))
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")
    await client.simulator.gateway.movers.played()
    assert await mark(client, "ETHUSDT") == "2390.00000000"
    assert len(await client.fills()) == 1


async def test_a_script_can_be_sent(client: Client) -> None:
    await client.sim("POST", "script", steps=[{"at_ms": 0, "symbol": "ETHUSDT", "price": "2600"}])
    await client.simulator.gateway.movers.played()
    assert await mark(client, "ETHUSDT") == "2600.00000000"


async def test_the_same_seed_walks_the_same_way(started: Started) -> None:
    seen: list[list[object]] = []
    for seed in (3, 3, 4):
        client = await started(SimulatorConfig(walk=True, walk_interval_ms=5, seed=seed))
        path: list[object] = []
        async with asyncio.timeout(10):
            while len(path) < 4:
                price = client.simulator.gateway.exchange.prices.mark("BTCUSDT")
                if price not in path:
                    path.append(price)
                await asyncio.sleep(0)
        seen.append(path)
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_alone_it_says_where_it_is_and_stops_on_a_signal(number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", "0", "--hedge", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    async with aiohttp.ClientSession() as session, session.get(f"{line.split()[-1]}/sim/health") as answer:
        assert (await answer.json())["hedge"] is True
    process.send_signal(number)
    assert await asyncio.wait_for(process.wait(), 10) == 0
