"""Every refusal of an order, each by the smallest change of an order that passes."""

import json
from decimal import Decimal

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import ORDER, Client, Row
from tests.simulator.conftest import Started

MARKET: Row = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}
LIMIT: Row = {**MARKET, "type": "LIMIT", "price": "60000.00", "timeInForce": "GTC"}


async def place(client: Client, order: Row) -> object:
    reply = await client.call("POST", ORDER, **{name: value for name, value in order.items() if value is not None})
    return reply.row.get("code", 200)


async def test_the_orders_that_the_refusals_vary_pass(client: Client) -> None:
    assert [await place(client, MARKET), await place(client, LIMIT)] == [200, 200]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "NOPEUSDT"}, -1121),
        ({"symbol": None}, -1102),
        ({"side": None}, -1102),
        ({"side": "HOLD"}, -1117),
        ({"type": "GUESS"}, -1116),
        ({"type": "STOP_MARKET", "stopPrice": "1"}, -4120),
        ({"quantity": None}, -1102),
        ({"quantity": ""}, -1102),
        ({"quantity": "1e-2"}, -1100),
        ({"quantity": "0"}, -4003),
        ({"quantity": "0.0101"}, -1111),
        ({"quantity": "120.001"}, -4005),
        ({"quantity": "0.000"}, -4003),
        ({"quantity": "0.001", "symbol": "TESTUSDT"}, -4004),
        ({"quantity": "1.005", "symbol": "TESTUSDT"}, -4023),
        ({"quantity": "6", "symbol": "TESTUSDT"}, -4005),
        ({"quantity": "100", "symbol": "AEVOUSDT"}, -4164),
        ({"price": "60000"}, -1106),
        ({"timeInForce": "GTC"}, -1106),
        ({"stopPrice": "60000"}, -1106),
        ({"closePosition": "true"}, -4136),
        ({"positionSide": "LEFT"}, -4060),
        ({"positionSide": "LONG"}, -4061),
        ({"positionSide": "LONG", "reduceOnly": "true"}, -1106),
        ({"reduceOnly": "maybe"}, -1102),
        ({"reduceOnly": "true"}, -2022),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"newClientOrderId": "with space"}, -1100),
        ({"newClientOrderId": ""}, -1118),
        ({"newOrderRespType": "LONGER"}, -1136),
        ({"recvWindow": 0}, -1130),
        ({"recvWindow": -1}, -1130),
    ],
)
async def test_a_market_order_is_refused(client: Client, change: Row, code: int) -> None:
    assert await place(client, MARKET | change) == code
    assert await client.fills() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": None}, -1102),
        ({"timeInForce": None}, -1102),
        ({"timeInForce": "SOON"}, -1115),
        ({"price": "60000.05"}, -4014),
        ({"price": "60000.001"}, -1111),
        ({"price": "0"}, -4013),
        ({"price": "1000000000.10"}, -4002),
        ({"price": "73601.00"}, -4016),
        ({"side": "SELL", "price": "54399.00"}, -4024),
        ({"quantity": "1000.001"}, -4005),
        ({"price": "64100.00", "timeInForce": "GTX"}, -5022),
        ({"timeInForce": "FOK"}, -5021),
        ({"quantity": "0.001", "price": "49999.00", "symbol": "BTCUSDT"}, -4164),
    ],
)
async def test_a_limit_order_is_refused(client: Client, change: Row, code: int) -> None:
    if change.get("price") == "49999.00":
        await client.sim("POST", "price", symbol="BTCUSDT", price="50000")
    assert await place(client, LIMIT | change) == code
    assert (await client.get("/fapi/v1/openOrders", symbol="BTCUSDT")).rows == []


async def test_precision_counts_what_is_significant(client: Client) -> None:
    assert await place(client, MARKET | {"quantity": "0.0100000"}) == 200


async def test_reduce_only_exempts_from_the_minimum_notional(client: Client) -> None:
    await client.hold("AEVOUSDT", "LONG", "100")
    dust: Row = {"symbol": "AEVOUSDT", "side": "SELL", "type": "MARKET", "quantity": "100"}
    assert await place(client, dust) == -4164
    assert await place(client, dust | {"reduceOnly": "true"}) == 200


async def test_hedge_closes_are_exempt_from_the_minimum_notional(hedged: Client) -> None:
    await hedged.hold("AEVOUSDT", "LONG", "100")
    dust: Row = {"symbol": "AEVOUSDT", "side": "SELL", "type": "MARKET", "quantity": "100", "positionSide": "LONG"}
    assert await place(hedged, dust) == 200


@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_reduce_only_on_the_positions_own_side_is_refused(client: Client, side: str) -> None:
    await client.hold("BTCUSDT", "LONG" if side == "BUY" else "SHORT", "1")
    assert await place(client, MARKET | {"side": side, "reduceOnly": "true"}) == -2022


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, -4061),
        ({"positionSide": "BOTH"}, -4061),
        ({"reduceOnly": "true"}, -4061),
        ({"positionSide": "LONG", "side": "SELL", "reduceOnly": "true"}, -1106),
        ({"positionSide": "LONG", "side": "SELL", "reduceOnly": "false"}, -1106),
        ({"positionSide": "SHORT", "side": "BUY"}, -2022),
        ({"positionSide": "LONG", "side": "SELL", "quantity": "1.001"}, -2022),
    ],
)
async def test_hedge_mode_refuses(hedged: Client, change: Row, code: int) -> None:
    await hedged.hold("BTCUSDT", "LONG", "1")
    assert await place(hedged, MARKET | change) == code


async def test_hedge_mode_counts_resting_closes_against_the_position(hedged: Client) -> None:
    await hedged.hold("BTCUSDT", "LONG", "1")
    close: Row = {"side": "SELL", "positionSide": "LONG"}
    assert await place(hedged, LIMIT | close | {"quantity": "0.600", "price": "70000.00"}) == 200
    assert await place(hedged, MARKET | close | {"quantity": "0.401"}) == -2022
    assert await place(hedged, MARKET | close | {"quantity": "0.400"}) == 200


async def test_the_mode_may_change_between_read_and_send(client: Client) -> None:
    await client.hold("BTCUSDT", "LONG", "1")
    await client.sim("POST", "mode", hedge=True)
    assert await place(client, MARKET | {"side": "SELL", "reduceOnly": "true"}) == -4061
    assert await client.position("BTCUSDT") == [("LONG", "1.000")]
    await client.sim("POST", "mode", hedge=False)
    assert await place(client, MARKET | {"side": "SELL", "reduceOnly": "true"}) == 200


async def test_an_id_that_rests_is_refused_and_free_again_afterwards(client: Client) -> None:
    named = LIMIT | {"newClientOrderId": "rest-1"}
    assert [await place(client, named), await place(client, named)] == [200, -4116]
    assert (await client.call("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="rest-1")).status == 200
    assert await place(client, named) == 200


async def test_opening_more_than_the_margin_allows_is_refused(started: Started) -> None:
    client = await started(SimulatorConfig(balance=Decimal(100)))
    assert await place(client, MARKET | {"quantity": "0.100"}) == -2019
    assert await place(client, MARKET | {"quantity": "0.010"}) == 200


async def test_a_market_order_is_refused_when_the_touch_is_outside_the_band(started: Started) -> None:
    client = await started(SimulatorConfig(half_spread_bps=Decimal(1600)))
    assert await place(client, MARKET) == -4131
    assert await place(client, MARKET | {"side": "SELL"}) == -4131


async def test_an_unknown_path_is_refused_with_404(client: Client) -> None:
    reply = await client.get("/fapi/v1/nothing")
    assert (reply.status, reply.code) == (404, -5000)


async def test_no_more_than_two_hundred_orders_rest_and_a_market_order_still_passes(client: Client) -> None:
    await client.sim("POST", "limits", orders_per_10s=1000, orders_per_minute=1000)
    await client.hold("BTCUSDT", "LONG", "1")
    small = LIMIT | {"quantity": "0.001"}
    assert {await place(client, small) for _ in range(200)} == {200}
    assert await place(client, small) == -2025
    assert await place(client, MARKET | {"side": "SELL", "reduceOnly": "true"}) == 200


async def test_a_request_that_arrives_late_at_the_engine_is_refused_and_never_executes(client: Client) -> None:
    for path in (ORDER, "/fapi/v1/batchOrders"):
        await client.fault("late_execution", call=f"POST {path}", delay_ms=60, connection="hang")
    assert (await client.order("BTCUSDT", "BUY", "0.010", recvWindow=30)).code == -5028
    orders = json.dumps([{**MARKET, "newClientOrderId": "late"}])
    batch = await client.call("POST", "/fapi/v1/batchOrders", batchOrders=orders, recvWindow=30)
    assert "-5028" in batch.text
    assert await client.fills() == []


async def test_a_change_that_arrives_late_changes_nothing(client: Client) -> None:
    await place(client, LIMIT | {"newClientOrderId": "bid"})
    await client.fault("late_execution", call=f"PUT {ORDER}", delay_ms=60, connection="hang")
    bid: Row = {"symbol": "BTCUSDT", "side": "BUY", "origClientOrderId": "bid", "quantity": "0.020"}
    assert (await client.call("PUT", ORDER, **bid, price="60000.00", recvWindow=30)).code == -5028
    row = (await client.get(ORDER, symbol="BTCUSDT", origClientOrderId="bid")).row
    assert row["origQty"] == "0.010"
