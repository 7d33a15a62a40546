"""Conditional orders."""

import pytest

from tests.simulator.client import Client, Reply, Row

ALGO = "/fapi/v1/algoOrder"
STOP: Row = {
    "algoType": "CONDITIONAL",
    "symbol": "ETHUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "quantity": "1.000",
    "triggerPrice": "2400.00",
    "reduceOnly": "true",
    "clientAlgoId": "stop-1",
}


async def place(client: Client, **change: object) -> Reply:
    fields = STOP | change
    return await client.call("POST", ALGO, **{name: value for name, value in fields.items() if value is not None})


async def status(client: Client, name: str = "stop-1") -> object:
    return (await client.get(ALGO, clientAlgoId=name)).row["algoStatus"]


async def test_a_stop_waits_and_fires_when_the_mark_reaches_it(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    placed = await place(client)
    assert (placed.row["algoStatus"], placed.row["triggerPrice"]) == ("NEW", "2400.00")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2400.01")
    assert await status(client) == "NEW"
    await client.sim("POST", "price", symbol="ETHUSDT", price="2400")
    row = (await client.get(ALGO, algoId=placed.row["algoId"])).row
    assert (row["algoStatus"], row["actualQty"]) == ("FINISHED", "1.000")
    trade = (await client.get("/fapi/v1/userTrades", symbol="ETHUSDT")).rows[-1]
    assert row["actualOrderId"] == str(trade["orderId"])
    assert await client.position("ETHUSDT") == []


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "price"),
    [
        ("STOP_MARKET", "SELL", "2400.00", "2400"),
        ("STOP_MARKET", "BUY", "2600.00", "2600"),
        ("TAKE_PROFIT_MARKET", "SELL", "2600.00", "2600"),
        ("TAKE_PROFIT_MARKET", "BUY", "2400.00", "2400"),
    ],
)
async def test_each_type_fires_in_its_direction_only(
    client: Client, kind: str, side: str, trigger: str, price: str
) -> None:
    assert (await place(client, type=kind, side=side, triggerPrice=trigger, reduceOnly=None)).status == 200
    await client.sim("POST", "price", symbol="ETHUSDT", price=str(5000 - int(price)))
    assert await status(client) == "NEW"
    await client.sim("POST", "price", symbol="ETHUSDT", price=price)
    assert await status(client) == "FINISHED"


async def test_a_close_position_stop_takes_all_there_is_by_then(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    closing = {"closePosition": "true", "quantity": None, "reduceOnly": None}
    assert (await place(client, **closing)).row["closePosition"] is True
    assert (await place(client, **closing, clientAlgoId="stop-2")).code == -4130
    await client.hold("ETHUSDT", "LONG", "2")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2300")
    assert await client.position("ETHUSDT") == []


async def test_a_stop_that_finds_nothing_to_reduce_is_rejected(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client)
    await client.hold("ETHUSDT", "LONG", "-1")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2300")
    assert await status(client) == "REJECTED"
    assert await client.position("ETHUSDT") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"algoType": None}, -1102),
        ({"type": "MARKET"}, -1116),
        ({"triggerPrice": None, "stopPrice": "2400.00"}, -1102),
        ({"triggerPrice": "2600.00"}, -2021),
        ({"closePosition": "true"}, -4137),
        ({"closePosition": "true", "quantity": None}, -1106),
        ({"quantity": None}, -1102),
        ({"positionSide": "LONG", "reduceOnly": None}, -4061),
        ({"triggerPrice": "2400.001"}, -1111),
    ],
)
async def test_a_conditional_order_is_refused(client: Client, change: Row, code: int) -> None:
    assert (await place(client, **change)).code == code
    assert (await client.get("/fapi/v1/openAlgoOrders")).rows == []


async def test_cancelling_one_and_all(client: Client) -> None:
    await place(client)
    assert (await place(client)).code == -4116
    await place(client, clientAlgoId="stop-2")
    gone = await client.call("DELETE", ALGO, clientAlgoId="stop-1")
    assert (gone.row["code"], await status(client)) == ("200", "CANCELED")
    assert (await client.call("DELETE", ALGO, clientAlgoId="stop-1")).code == -2011
    assert [row["clientAlgoId"] for row in (await client.get("/fapi/v1/openAlgoOrders")).rows] == ["stop-2"]
    assert (await client.call("DELETE", "/fapi/v1/algoOpenOrders", symbol="ETHUSDT")).row["code"] == 200
    rows = (await client.get("/fapi/v1/allAlgoOrders", symbol="ETHUSDT")).rows
    assert [row["algoStatus"] for row in rows] == ["CANCELED", "CANCELED"]
    await client.sim("POST", "price", symbol="ETHUSDT", price="2300")
    assert await client.fills() == []


async def test_the_two_number_spaces_do_not_meet(client: Client) -> None:
    placed = await place(client)
    assert (await client.get("/fapi/v1/order", symbol="ETHUSDT", orderId=placed.row["algoId"])).code == -2013
    assert (await client.get(ALGO, clientAlgoId="other")).code == -2013
    assert (await client.get(ALGO)).code == -1102


async def test_conditional_orders_are_in_the_ledger(client: Client) -> None:
    placed = await place(client)
    rows = [(row["path"], row["client_order_id"], row["order_id"]) for row in await client.requests()]
    assert rows == [("POST /fapi/v1/algoOrder", "stop-1", placed.row["algoId"])]
