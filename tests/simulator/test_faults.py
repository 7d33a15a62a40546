"""Each fault: what the client sees, and what the ledger says really happened."""

import asyncio
import time

import aiohttp
import pytest

from simulator import SimulatorConfig
from tests.simulator.client import ORDER, Client, Reply, Row
from tests.simulator.conftest import Started

UNKNOWN = "Unknown error, please check your request or try again later."
RISK, TRADES = "/fapi/v3/positionRisk", "/fapi/v1/userTrades"


async def close(client: Client, **more: object) -> Reply:
    return await client.order("ETHUSDT", "SELL", "1.000", reduceOnly="true", newClientOrderId="hv-1", **more)


async def happened(client: Client) -> tuple[list[object], int]:
    """Outcomes of the requests that arrived, and how many fills the account's own orders have."""
    outcomes = [row["outcome"] for row in await client.requests("hv-")]
    return outcomes, len(await client.fills("hv-"))


@pytest.fixture
async def holding(client: Client) -> Client:
    """An account that holds two ETH."""
    await client.hold("ETHUSDT", "LONG", "2")
    return client


@pytest.mark.parametrize(
    ("kind", "status", "text", "fills"),
    [
        ("executed_503_unknown", 503, UNKNOWN, 1),
        ("executed_408", 408, "-1007", 1),
        ("refused_503_unknown", 503, UNKNOWN, 0),
        ("refused_503_unavailable", 503, "Service Unavailable.", 0),
        ("refused_408", 408, "-1007", 0),
        ("refused_hang", 408, "-1007", 0),
    ],
)
async def test_a_bad_answer(holding: Client, kind: str, status: int, text: str, fills: int) -> None:
    await holding.fault(kind)
    reply = await close(holding)
    assert (reply.status, text in reply.text) == (status, True)
    assert await happened(holding) == (["accepted" if fills else "dropped"], fills)
    assert (await close(holding)).row["status"] == "FILLED"  # struck once only


async def test_a_503_can_come_as_json(holding: Client) -> None:
    await holding.fault("refused_503_unknown", body="json")
    assert (await close(holding)).row["msg"] == UNKNOWN


@pytest.mark.parametrize(("kind", "fills"), [("executed_cut", 1), ("refused_cut", 0)])
async def test_a_cut_connection(holding: Client, kind: str, fills: int) -> None:
    await holding.fault(kind)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await close(holding)
    assert await happened(holding) == (["accepted" if fills else "dropped"], fills)


async def test_a_delayed_answer_is_executed_at_once(holding: Client) -> None:
    await holding.fault("executed_delay", delay_ms=600)
    started = time.monotonic()
    waiting = asyncio.create_task(close(holding))
    while not await holding.fills("hv-"):
        assert not waiting.done()
    assert not waiting.done()
    assert (await waiting).row["status"] == "FILLED"
    assert time.monotonic() - started >= 0.6


async def test_a_client_that_gives_up_does_not_stop_the_execution(holding: Client) -> None:
    await holding.fault("executed_delay", delay_ms=60_000)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(close(holding), 0.3)
    assert await happened(holding) == (["accepted"], 1)


async def test_late_execution_after_a_cut(holding: Client) -> None:
    await holding.fault("late_execution", delay_ms=500)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await close(holding)
    assert await happened(holding) == (["pending"], 0)
    assert (await holding.sim("GET", "health")).row["late_requests"] == 1
    await holding.simulator.settled()
    assert await happened(holding) == (["accepted"], 1)


async def test_late_execution_past_the_window_is_refused_by_the_engine(holding: Client) -> None:
    await holding.fault("late_execution", delay_ms=500)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await close(holding, recvWindow=300)
    await holding.simulator.settled()
    assert await happened(holding) == (["refused"], 0)
    assert [row["code"] for row in await holding.requests("hv-")] == [-5028]


async def test_late_execution_with_a_hanging_connection_answers_in_the_end(holding: Client) -> None:
    await holding.fault("late_execution", delay_ms=500, connection="hang", times=2)
    assert (await close(holding, recvWindow=300)).code == -5028
    assert (await close(holding)).row["status"] == "FILLED"
    assert await happened(holding) == (["refused", "accepted"], 1)


async def test_any_error_can_be_answered(holding: Client) -> None:
    await holding.fault("error", code=-4118, msg="conflict", status=400)
    reply = await close(holding)
    assert (reply.status, reply.row) == (400, {"code": -4118, "msg": "conflict"})
    assert await happened(holding) == (["dropped"], 0)


async def test_a_partial_fill_expires_the_rest(holding: Client) -> None:
    await holding.fault("partial_fill", fraction="0.3335")
    reply = await close(holding)
    assert (reply.row["status"], reply.row["executedQty"]) == ("EXPIRED", "0.333")
    assert await holding.position("ETHUSDT") == [("BOTH", "1.667")]


@pytest.mark.parametrize(("executed", "fills"), [(True, 1), (False, 0)])
async def test_a_gateway_page(holding: Client, executed: bool, fills: int) -> None:
    await holding.fault("html_502", executed=executed)
    reply = await close(holding)
    assert (reply.status, reply.text.startswith("<html>")) == (502, True)
    assert await happened(holding) == (["accepted" if executed else "dropped"], fills)


async def test_an_empty_body(holding: Client) -> None:
    await holding.fault("empty_body")
    reply = await close(holding)
    assert (reply.status, reply.text) == (200, "")
    assert await happened(holding) == (["accepted"], 1)


async def test_an_engines_refusal_stays_hidden_behind_a_bad_answer(client: Client) -> None:
    await client.fault("executed_503_unknown")
    assert (await close(client)).status == 503
    assert [(row["outcome"], row["code"]) for row in await client.requests("hv-")] == [("refused", -2022)]


@pytest.mark.parametrize(
    ("call", "hidden"),
    [
        ("GET /fapi/v1/order", (-2013, "1.000", 2)),
        ("GET /fapi/v3/positionRisk", ("FILLED", "2.000", 2)),
        ("GET /fapi/v1/userTrades", ("FILLED", "1.000", 1)),
    ],
)
async def test_lagging_reads_show_the_time_before_each_by_itself(
    holding: Client, call: str, hidden: tuple[object, ...]
) -> None:
    await holding.fault("read_lag", call=call, delay_ms=60_000)
    assert (await close(holding)).row["status"] == "FILLED"
    assert await seen(holding) == hidden
    await holding.sim("DELETE", "faults")
    assert await seen(holding) == ("FILLED", "1.000", 2)


async def seen(client: Client) -> tuple[object, ...]:
    """What order query, position and trades say."""
    return await see_order(client), await see_position(client), await see_trades(client)


async def see_order(client: Client) -> object:
    row = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="hv-1")).row
    return row.get("code", row.get("status"))


async def see_position(client: Client) -> object:
    return (await client.get(RISK, symbol="ETHUSDT")).rows[0]["positionAmt"]


async def see_trades(client: Client) -> object:
    return len((await client.get(TRADES, symbol="ETHUSDT")).rows)


async def test_a_lag_ends_by_itself_and_spares_other_symbols(holding: Client) -> None:
    await holding.sim("POST", "limits", weight_per_minute=10**9)
    await holding.fault("read_lag", call="GET /fapi/v3/positionRisk", delay_ms=500)
    await close(holding)
    await holding.hold("BTCUSDT", "LONG", "1")
    assert await holding.position("ETHUSDT") == [("BOTH", "2.000")]
    assert await holding.position("BTCUSDT") == [("BOTH", "1.000")]
    async with asyncio.timeout(5):
        while await holding.position("ETHUSDT") == [("BOTH", "2.000")]:
            pass
    assert await holding.position("ETHUSDT") == [("BOTH", "1.000")]


async def test_a_fault_strikes_only_what_it_was_aimed_at(holding: Client) -> None:
    await holding.fault("error", symbol="ETHUSDT", client_order_id_prefix="hv-", times=2, skip=1)
    codes = []
    for symbol, name in (("ETHUSDT", "hv-a"), ("BTCUSDT", "hv-b"), ("ETHUSDT", "xx"), *[("ETHUSDT", "hv-c")] * 3):
        reply = await holding.order(symbol, "BUY", "0.100", newClientOrderId=name)
        codes.append(reply.status)
    assert codes == [200, 200, 200, 400, 400, 200]


async def test_the_log_tells_what_was_injected(holding: Client) -> None:
    await holding.fault("executed_408")
    await close(holding)
    rows = (await holding.sim("GET", "faults")).row["injected"]
    assert isinstance(rows, list)
    assert [(row["call"], row["kind"], row["symbol"], row["client_order_id"]) for row in rows] == [
        ("POST /fapi/v1/order", "executed_408", "ETHUSDT", "hv-1")
    ]
    assert [row["fault"] for row in await holding.requests("hv-")] == ["executed_408"]


async def test_clearing_disarms(holding: Client) -> None:
    await holding.fault("error", times=-1)
    assert [(await close(holding)).status for _ in range(2)] == [400, 400]
    await holding.sim("DELETE", "faults")
    assert (await close(holding)).status == 200


@pytest.mark.parametrize(
    "fields", [{"kind": "gremlin"}, {"kind": "error", "tmies": 2}, {"kind": "error", "times": "2"}, {}]
)
async def test_a_misspelt_fault_is_refused(client: Client, fields: Row) -> None:
    async with client.session.post(f"{client.simulator.url}/sim/faults", json=fields) as answer:
        assert (answer.status, "error" in await answer.json()) == (400, True)


async def test_a_skewed_clock_does_not_disturb_a_lag(started: Started) -> None:
    client = await started(SimulatorConfig(clock_skew_ms=400))
    await client.fault("read_lag", call="GET /fapi/v1/order", delay_ms=60_000)
    await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="hv-1")
    assert await see_order(client) == -2013


async def test_a_cancelled_order_may_linger_in_the_list(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId="hv-1")
    await client.fault("read_lag", call="GET /fapi/v1/openOrders", delay_ms=60_000)
    await client.call("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="hv-1")
    assert len((await client.get("/fapi/v1/openOrders", symbol="ETHUSDT")).rows) == 1
    assert await see_order(client) == "CANCELED"
    await client.sim("DELETE", "faults")
    assert (await client.get("/fapi/v1/openOrders", symbol="ETHUSDT")).rows == []
