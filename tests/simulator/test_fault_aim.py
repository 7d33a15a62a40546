"""Which call a fault strikes, when, how often, and what somebody else does meanwhile."""

import asyncio

import pytest

from simulator.fault import Armed, Fault
from tests.simulator.client import Client, Reply, Row

CONFLICT = {"code": -4118}


async def close(client: Client, name: str = "hv-1", quantity: str = "1.000") -> Reply:
    return await client.order("ETHUSDT", "SELL", quantity, reduceOnly="true", newClientOrderId=name)


async def faults(client: Client, name: str) -> list[Row]:
    rows = (await client.sim("GET", "faults")).row[name]
    assert isinstance(rows, list)
    return rows


async def armed(client: Client) -> list[object]:
    return [row["id"] for row in await faults(client, "armed")]


@pytest.fixture
async def holding(client: Client) -> Client:
    await client.hold("ETHUSDT", "LONG", "10")
    return client


async def test_overload_spares_what_reduces(holding: Client) -> None:
    await holding.fault("refusal", code=-1008, only="opening", times=-1)
    assert (await holding.order("ETHUSDT", "BUY", "1.000")).code == -1008
    assert (await close(holding)).status == 200


@pytest.mark.parametrize(
    ("side", "position_side", "status"),
    [("SELL", "LONG", 200), ("BUY", "SHORT", 200), ("BUY", "LONG", 503), ("SELL", "SHORT", 503)],
)
async def test_overload_spares_closing_sides_in_hedge_mode(
    hedged: Client, side: str, position_side: str, status: int
) -> None:
    for held in ("LONG", "SHORT"):
        await hedged.hold("ETHUSDT", held, "5")
    await hedged.fault("refusal", code=-1008, only="opening")
    assert (await hedged.order("ETHUSDT", side, "1.000", positionSide=position_side)).status == status


async def test_a_conflict_lasts_as_long_as_the_order_that_rests(holding: Client) -> None:
    await holding.fault("refusal", only="conflicting", times=-1, **CONFLICT)
    assert (await close(holding)).status == 200
    resting = (await holding.limit("ETHUSDT", "SELL", "1.000", "2600.00")).row
    assert (await close(holding)).code == -4118
    assert (await holding.order("ETHUSDT", "BUY", "1.000")).status == 200
    await holding.call("DELETE", "/fapi/v1/order", symbol="ETHUSDT", orderId=resting["orderId"])
    assert (await close(holding)).status == 200


async def test_a_chance_is_the_same_for_the_same_seed(holding: Client) -> None:
    struck = []
    for seed in (3, 3, 4):
        await holding.sim("POST", "reset")
        await holding.hold("ETHUSDT", "LONG", "100")
        await holding.fault("refusal", code=-1112, probability="0.5", seed=seed, times=-1)
        struck.append([(await close(holding)).status for _ in range(16)])
    assert struck[0] == struck[1] != struck[2]
    assert {200, 400} == set(struck[0])


def test_a_fault_waits_for_its_window_and_ends_with_it() -> None:
    armed = Armed(Fault(call="*", kind="refusal", times=-1, from_ms=150, until_ms=400), 1, 5_000_000)
    struck = [age_ms for age_ms in (0, 149, 150, 300, 399, 400, 900) if armed.use(5_000_000 + age_ms * 1000)]
    assert struck == [150, 300, 399]


async def test_a_window_counts_from_when_the_fault_is_armed(holding: Client) -> None:
    await holding.fault("refusal", code=-1112, from_ms=60_000)
    await holding.fault("refusal", code=-4131, until_ms=60_000)
    assert [(await close(holding)).status, (await close(holding)).status] == [400, 200]


async def test_the_log_names_the_fault_that_struck_and_the_armed_say_what_is_left(holding: Client) -> None:
    await holding.fault("refusal", code=-1112, client_order_id_prefix="hv-2")
    await holding.fault("refusal", code=-4131, times=3)
    await close(holding, "hv-1")
    await close(holding, "hv-2")
    assert [(row["fault"], row["client_order_id"]) for row in await faults(holding, "injected")] == [
        (2, "hv-1"),
        (1, "hv-2"),
    ]
    assert [(row["id"], row["times"], row["struck"]) for row in await faults(holding, "armed")] == [
        (1, 0, 1),
        (2, 2, 1),
    ]


async def test_one_fault_can_be_disarmed(holding: Client) -> None:
    first = (await holding.sim("POST", "faults", kind="refusal", code=-1112)).row["id"]
    await holding.fault("refusal", code=-4131)
    await holding.sim("DELETE", "faults", id=first)
    assert await armed(holding) == [2]
    async with holding.session.delete(f"{holding.simulator.url}/sim/faults", json={"id": first}) as answer:
        assert answer.status == 400


async def test_somebody_acts_between_the_clients_read_and_its_order(holding: Client) -> None:
    liquidated = {"do": "position", "symbol": "ETHUSDT", "side": "LONG", "quantity": "all"}
    flipped = {"do": "position", "symbol": "ETHUSDT", "side": "SHORT", "quantity": "3"}
    await holding.fault("meanwhile", before=[liquidated | {"client_order_id": "autoclose-7"}], after=[flipped])
    assert (await close(holding)).code == -2022
    fills = await holding.fills()
    assert [(row["client_order_id"], row["quantity"]) for row in fills[-2:-1]] == [("autoclose-7", "10")]
    assert await holding.position("ETHUSDT") == [("BOTH", "-3.000")]


async def test_the_mode_can_change_under_an_order(holding: Client) -> None:
    await holding.fault("meanwhile", before=[{"do": "mode", "hedge": True}])
    assert (await close(holding)).code == -4061
    assert await holding.position("ETHUSDT") == [("LONG", "10.000"), ("SHORT", "0.000")][:1]


async def test_the_step_can_change_under_an_order(holding: Client) -> None:
    changed = {"do": "symbol", "symbol": "ETHUSDT", "price": "2500", "tick": "0.01", "step": "0.1"}
    await holding.fault("meanwhile", before=[changed])
    assert (await close(holding, quantity="0.25")).code == -1111


async def test_an_act_that_cannot_be_done_is_in_the_log(holding: Client) -> None:
    gone = {"do": "position", "symbol": "BTCUSDT", "side": "LONG", "quantity": "all"}
    await holding.fault("meanwhile", before=[gone])
    assert (await close(holding)).status == 200
    assert [row["problem"] for row in await faults(holding, "injected")] == ["position: nobody is LONG in BTCUSDT"]


@pytest.mark.parametrize(
    "fields",
    [
        {"only": "some"},
        {"probability": "1.5"},
        {"times": -2},
        {"from_ms": 5, "until_ms": 5},
        {"skip": -1},
        {"status": 99},
        {"before": [{"do": "nothing"}]},
        {"before": [{"do": "mode"}]},
        {"before": [{"do": "mode", "hedge": True, "why": "x"}]},
        {"before": {"do": "mode", "hedge": True}},
        {"drop": "avgPrice"},
        {"probability": True},
        {"delay_ms": "NaN"},
        {"kind": "read_lag", "only": "opening"},
    ],
)
async def test_what_makes_no_sense_is_refused_when_it_is_armed(client: Client, fields: Row) -> None:
    async with client.session.post(f"{client.simulator.url}/sim/faults", json={"kind": "meanwhile"} | fields) as answer:
        assert (answer.status, "error" in await answer.json()) == (400, True)
    assert await armed(client) == []


@pytest.mark.parametrize(("drift", "words"), [(20_000, "outside of the recvWindow"), (-20_000, "ahead of the server")])
async def test_the_clock_can_drift(client: Client, drift: int, words: str) -> None:
    await client.sim("POST", "limits", weight_per_minute=10**9)
    await client.sim("POST", "clock", skew_ms=0, drift_ms_per_s=drift)
    async with asyncio.timeout(5):
        while (reply := await client.get("/fapi/v3/balance")).status == 200:
            pass
    assert (reply.code, words in reply.text) == (-1021, True)
    await client.sim("POST", "clock", skew_ms=0)
    assert (await client.get("/fapi/v3/balance")).status == 200


async def test_behaviour_that_differs_between_accounts_can_be_chosen(holding: Client) -> None:
    assert "avgPrice" not in (await close(holding)).row
    await holding.sim("POST", "behaviour", legacy_order_fields=True)
    assert (await close(holding)).row["avgPrice"] == "2499.75000000"
    assert (await close(holding, quantity="50.000")).row["executedQty"] == "8.000"
    await holding.hold("ETHUSDT", "LONG", "10")
    await holding.sim("POST", "behaviour", oversize_reduce_only="refuse")
    assert (await close(holding, quantity="50.000")).code == -2022
    await holding.sim("POST", "reset")
    await holding.hold("ETHUSDT", "LONG", "10")
    assert (await close(holding, quantity="50.000")).row["executedQty"] == "10.000"
