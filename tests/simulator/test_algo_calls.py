"""Conditional orders: what they are refused for, how they are cancelled, listed and found again."""

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import Client, Row
from tests.simulator.conditional import ALGO, ALL, CLOSING, OPEN, TRAILING, move, place, show, status, told
from tests.simulator.conftest import Started
from tests.simulator.follower import follow, label, part


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"algoType": None}, -1102),
        ({"algoType": "VP"}, -1130),
        ({"type": "MARKET"}, -1116),
        ({"triggerPrice": None, "stopPrice": "2400.00"}, -1102),
        ({"triggerPrice": "2600.00"}, -2021),
        ({"triggerPrice": "2500.00"}, -2021),
        ({"type": "TAKE_PROFIT_MARKET"}, -2021),
        ({"closePosition": "true"}, -4137),
        ({"closePosition": "true", "quantity": None}, -1106),
        (CLOSING | {"type": "STOP", "price": "2390"}, -4136),
        ({"quantity": None}, -1102),
        ({"quantity": "0.0005"}, -1111),
        ({"quantity": "0.001", "reduceOnly": None}, -4164),
        ({"positionSide": "LONG", "reduceOnly": None}, -4061),
        ({"triggerPrice": "2400.001"}, -1111),
        ({"type": "STOP"}, -1102),
        ({"type": "STOP", "price": "2390", "priceMatch": "QUEUE"}, -5037),
        ({"priceMatch": "QUEUE"}, -5038),
        ({"workingType": "INDEX_PRICE"}, -1130),
        ({"timeInForce": "DAY"}, -1115),
        ({"clientAlgoId": ""}, -1118),
        ({"clientAlgoId": "a" * 37}, -4015),
        (TRAILING | {"callbackRate": None}, -1102),
        (TRAILING | {"callbackRate": "0.05"}, -2007),
        (TRAILING | {"callbackRate": "20.1"}, -2007),
        (TRAILING | {"activatePrice": "2400"}, -2021),
        (TRAILING | {"triggerPrice": "2400"}, -2021),
        (TRAILING | {"side": "BUY", "activatePrice": "2600"}, -2021),
    ],
)
async def test_a_conditional_order_is_refused(client: Client, change: Row, code: int) -> None:
    assert (await place(client, **change)).code == code
    assert (await client.get(OPEN)).rows == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"positionSide": "LONG"}, -1106),
        ({"reduceOnly": None}, -4061),
        (CLOSING | {"positionSide": "LONG", "side": "BUY"}, -4138),
        (CLOSING | {"positionSide": "SHORT"}, -4138),
    ],
)
async def test_hedge_mode_refuses_its_own(hedged: Client, change: Row, code: int) -> None:
    assert (await place(hedged, **change)).code == code


async def test_hedge_mode_closes_the_named_side(hedged: Client) -> None:
    await hedged.hold("ETHUSDT", "LONG", "2")
    await hedged.hold("ETHUSDT", "SHORT", "1")
    assert (await place(hedged, **CLOSING, positionSide="LONG")).row["positionSide"] == "LONG"
    await move(hedged, "2400")
    assert await hedged.position("ETHUSDT") == [("SHORT", "-1.000")]


async def test_cancelling_one_and_all(client: Client) -> None:
    follower = await follow(client)
    await place(client)
    assert (await place(client)).code == -4116
    await place(client, clientAlgoId="stop-2")
    gone = await client.call("DELETE", ALGO, clientAlgoId="stop-1")
    assert (gone.row["code"], await status(client)) == ("200", "CANCELED")
    assert (await client.call("DELETE", ALGO, clientAlgoId="stop-1")).code == -2011
    assert [row["clientAlgoId"] for row in (await client.get(OPEN)).rows] == ["stop-2"]
    assert (await client.call("DELETE", "/fapi/v1/algoOpenOrders", symbol="ETHUSDT")).row["code"] == 200
    rows = (await client.get(ALL, symbol="ETHUSDT")).rows
    assert [row["algoStatus"] for row in rows] == ["CANCELED", "CANCELED"]
    assert [step["X"] for step in await told(follower)] == ["NEW", "NEW", "CANCELED", "CANCELED"]
    await move(client, "2300")
    assert await client.fills() == []


async def test_an_id_is_free_again_once_its_order_is_gone(client: Client) -> None:
    first = (await place(client)).row["algoId"]
    await client.call("DELETE", ALGO, algoId=first)
    second = (await place(client)).row["algoId"]
    assert (await show(client))["algoId"] == second
    assert (await client.get(ALGO, algoId=first)).row["algoStatus"] == "CANCELED"


async def test_two_hundred_may_wait(client: Client) -> None:
    for number in range(200):
        assert (await place(client, clientAlgoId=f"stop-{number}")).status == 200
    assert (await place(client, clientAlgoId="one-more")).code == -4045
    await client.call("DELETE", ALGO, clientAlgoId="stop-7")
    assert (await place(client, clientAlgoId="one-more")).status == 200


async def test_lists_show_other_fields_than_the_single_query(client: Client) -> None:
    """The prices of a strategy left the query of one in June 2026 and stayed in the lists."""
    await place(client)
    (waiting,) = (await client.get(OPEN, symbol="ETHUSDT")).rows
    (listed,) = (await client.get(ALL, symbol="ETHUSDT")).rows
    single = await show(client)
    assert waiting == listed
    assert waiting.keys() - single.keys() == {"tpTriggerPrice", "tpPrice", "slTriggerPrice", "slPrice"}
    assert single.keys() - waiting.keys() == {"actualType", "actualQty"}
    assert waiting["slPrice"] == "0.00"


async def test_listing_by_id_and_time(client: Client) -> None:
    ids = [(await place(client, clientAlgoId=f"stop-{number}")).row["algoId"] for number in range(3)]
    assert [row["algoId"] for row in (await client.get(OPEN, algoId=ids[1])).rows] == ids[1:2]
    assert [row["algoId"] for row in (await client.get(ALL, symbol="ETHUSDT", algoId=ids[1])).rows] == ids[1:]
    assert [row["algoId"] for row in (await client.get(ALL, symbol="ETHUSDT", limit=1)).rows] == ids[2:]
    assert (await client.get(ALL, symbol="ETHUSDT", endTime=1000)).rows == []
    week = 7 * 24 * 3600_000
    assert (await client.get(ALL, symbol="ETHUSDT", startTime=1, endTime=week + 2)).code == -4165


async def test_old_orders_are_forgotten(client: Client) -> None:
    day = 24 * 3600_000
    await place(client)
    await client.call("DELETE", ALGO, clientAlgoId="stop-1")
    await client.sim("POST", "clock", skew_ms=3 * day - 1000)
    assert await status_now(client) == "CANCELED"
    await client.sim("POST", "clock", skew_ms=3 * day + 1000)
    assert await status_now(client) == -2013


async def status_now(client: Client) -> object:
    """Signed with the exchange's time, which is not the host's any more."""
    now = client.simulator.gateway.exchange.clock.now_ms()
    reply = await client.get(ALGO, clientAlgoId="stop-1", timestamp=now)
    return reply.row["algoStatus"] if reply.status == 200 else reply.code


async def test_the_order_it_becomes_may_have_an_id_of_its_own(started: Started) -> None:
    client = await started(SimulatorConfig(algo_client_id="new"))
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    await place(client)
    await move(client, "2400")
    steps = {label(message): part(message, "o") for message in await follower.told() if "o" in message}
    trade, finished = steps["ORDER_TRADE_UPDATE:TRADE"], steps["ALGO_UPDATE:FINISHED"]
    assert (finished["caid"], finished["ai"], trade["c"] == "stop-1") == ("stop-1", str(trade["i"]), False)


async def test_what_has_finished_may_vanish_from_the_single_query(started: Started) -> None:
    client = await started(SimulatorConfig(finished_algos_vanish=True))
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client)
    assert await status(client) == "NEW"
    await move(client, "2400")
    assert (await client.get(ALGO, clientAlgoId="stop-1")).code == -2013
    assert [row["algoStatus"] for row in (await client.get(ALL, symbol="ETHUSDT")).rows] == ["FINISHED"]


async def test_the_two_number_spaces_do_not_meet(client: Client) -> None:
    placed = await place(client)
    assert (await client.get("/fapi/v1/order", symbol="ETHUSDT", orderId=placed.row["algoId"])).code == -2013
    assert (await client.get(ALGO, clientAlgoId="other")).code == -2013
    assert (await client.get(ALGO)).code == -1102


async def test_conditional_orders_are_in_the_ledger(client: Client) -> None:
    placed = await place(client)
    rows = [(row["path"], row["client_order_id"], row["order_id"]) for row in await client.requests()]
    assert rows == [("POST /fapi/v1/algoOrder", "stop-1", placed.row["algoId"])]


@pytest.mark.parametrize("kind", ["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"])
async def test_the_old_endpoint_sends_them_here(client: Client, kind: str) -> None:
    assert (await client.order("ETHUSDT", "SELL", "1", type=kind, stopPrice="2400")).code == -4120


@pytest.mark.parametrize("call", [ALGO, OPEN, ALL])
async def test_each_read_of_them_may_lag_by_itself(client: Client, call: str) -> None:
    await client.fault("read_lag", call=f"GET {call}", delay_ms=60_000)
    await client.order("ETHUSDT", "BUY", "1")  # sets off nothing: no conditional order has changed
    await place(client)
    assert await seen(client) == {ALGO: call != ALGO, OPEN: call != OPEN, ALL: call != ALL}
    await client.sim("DELETE", "faults")
    assert await seen(client) == {ALGO: True, OPEN: True, ALL: True}


async def test_what_was_cancelled_may_linger(client: Client) -> None:
    await place(client)
    await client.fault("read_lag", call="GET *", delay_ms=60_000)
    await client.call("DELETE", ALGO, clientAlgoId="stop-1")
    assert await status(client) == "NEW"
    assert (await client.call("DELETE", ALGO, clientAlgoId="stop-1")).code == -2011
    await client.sim("DELETE", "faults")
    assert await status(client) == "CANCELED"


async def seen(client: Client) -> dict[str, bool]:
    """Which reads show the stop."""
    return {
        ALGO: (await client.get(ALGO, clientAlgoId="stop-1")).status == 200,
        OPEN: (await client.get(OPEN, symbol="ETHUSDT")).rows != [],
        ALL: (await client.get(ALL, symbol="ETHUSDT")).rows != [],
    }
