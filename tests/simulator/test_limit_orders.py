"""Limit orders: resting, crossing, cancelling, querying."""

from tests.simulator.client import ORDER, Client

OPEN = "/fapi/v1/openOrders"


async def test_a_limit_order_rests_until_the_price_crosses_and_fills_as_maker(client: Client) -> None:
    placed = await client.limit("ETHUSDT", "BUY", "2.000", "2400.00", newClientOrderId="bid")
    assert (placed.row["status"], placed.row["executedQty"]) == ("NEW", "0.000")
    assert [row["clientOrderId"] for row in (await client.get(OPEN, symbol="ETHUSDT")).rows] == ["bid"]
    await client.sim("POST", "price", symbol="ETHUSDT", price="2400")  # ask 2400.24: not yet
    assert await client.fills() == []
    await client.sim("POST", "price", symbol="ETHUSDT", price="2399")
    trade = (await client.get("/fapi/v1/userTrades", symbol="ETHUSDT")).rows[0]
    assert (trade["price"], trade["maker"], trade["commission"]) == ("2400.00", True, "0.96")
    assert (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="bid")).row["status"] == "FILLED"
    assert (await client.get(OPEN)).rows == []


async def test_a_crossing_limit_order_takes_the_touch(client: Client) -> None:
    placed = await client.limit("ETHUSDT", "BUY", "1.000", "2510.00")
    assert placed.row["status"] == "FILLED"
    trade = (await client.get("/fapi/v1/userTrades", symbol="ETHUSDT")).rows[0]
    assert (trade["price"], trade["maker"]) == ("2500.25", False)


async def test_an_immediate_order_that_does_not_cross_expires(client: Client) -> None:
    placed = await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", timeInForce="IOC")
    assert (placed.row["status"], placed.row["executedQty"]) == ("EXPIRED", "0.000")


async def test_a_post_only_order_rests(client: Client) -> None:
    assert (await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", timeInForce="GTX")).row["status"] == "NEW"


async def test_a_resting_reduce_only_order_expires_when_nothing_is_left_to_reduce(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await client.limit("ETHUSDT", "SELL", "1.000", "2600.00", reduceOnly="true", newClientOrderId="tp")
    await client.hold("ETHUSDT", "LONG", "-1")
    await client.sim("POST", "price", symbol="ETHUSDT", price="2700")
    assert (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="tp")).row["status"] == "EXPIRED"
    assert await client.position("ETHUSDT") == []


async def test_cancelling(client: Client) -> None:
    placed = await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId="one")
    gone = await client.call("DELETE", ORDER, symbol="ETHUSDT", orderId=placed.row["orderId"])
    again = await client.call("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="one")
    assert (gone.row["status"], again.code) == ("CANCELED", -2011)
    await client.sim("POST", "price", symbol="ETHUSDT", price="2300")
    assert await client.fills() == []


async def test_cancelling_all_of_one_symbol_leaves_the_others(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")
    await client.limit("ETHUSDT", "BUY", "1.000", "2390.00")
    await client.limit("BTCUSDT", "BUY", "0.010", "60000.00", newClientOrderId="stays")
    reply = await client.call("DELETE", "/fapi/v1/allOpenOrders", symbol="ETHUSDT")
    assert reply.row["code"] == 200
    assert [row["clientOrderId"] for row in (await client.get(OPEN)).rows] == ["stays"]


async def test_an_open_order_query_finds_open_orders_only(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId="rests")
    await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="done")
    rests = await client.get("/fapi/v1/openOrder", symbol="ETHUSDT", origClientOrderId="rests")
    done = await client.get("/fapi/v1/openOrder", symbol="ETHUSDT", origClientOrderId="done")
    assert (rests.row["status"], done.code) == ("NEW", -2013)


async def test_an_order_query_needs_an_id_and_the_right_symbol(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="x1")
    assert (await client.get(ORDER, symbol="ETHUSDT")).code == -1102
    assert (await client.get(ORDER, origClientOrderId="x1")).code == -1102
    assert (await client.get(ORDER, symbol="BTCUSDT", origClientOrderId="x1")).code == -2013
    assert (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="x2")).code == -2013


async def test_unfilled_orders_are_forgotten_after_three_days_and_filled_ones_after_ninety(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", timeInForce="IOC", newClientOrderId="empty")
    await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="full")
    day = 24 * 3600 * 1000
    found = {}
    for days in (2, 4, 91):
        await client.sim("POST", "clock", skew_ms=days * day)
        stamp = int(str((await client.get("/fapi/v1/time")).row["serverTime"]))
        asked = [
            await client.get(ORDER, symbol="ETHUSDT", origClientOrderId=name, timestamp=stamp)
            for name in ("empty", "full")
        ]
        found[days] = [reply.status for reply in asked]
    assert found == {2: [200, 200], 4: [400, 200], 91: [400, 400]}


async def test_all_orders_lists_every_state_from_an_id_on(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "1.000")
    second = await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", timeInForce="IOC")
    path = "/fapi/v1/allOrders"
    rows = (await client.get(path, symbol="ETHUSDT")).rows
    assert [row["status"] for row in rows] == ["FILLED", "NEW", "EXPIRED"]
    later = (await client.get(path, symbol="ETHUSDT", orderId=second.row["orderId"])).rows
    assert later == rows[1:]
    assert (await client.get(path, symbol="ETHUSDT", limit=1)).rows == rows[-1:]
    assert (await client.get(path, symbol="ETHUSDT", limit=1, startTime=rows[0]["time"])).rows == rows[:1]
