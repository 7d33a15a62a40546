"""Several orders in one call."""

import json

from tests.simulator.client import Client, Row

BATCH = "/fapi/v1/batchOrders"
LIMIT: Row = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}


async def placed(client: Client, *orders: Row) -> list[Row]:
    return (await client.call("POST", BATCH, batchOrders=json.dumps(orders))).rows


async def test_each_order_has_its_own_answer_and_its_own_line_in_the_ledger(client: Client) -> None:
    rows = await placed(
        client,
        {**LIMIT, "price": "60000", "newClientOrderId": "b-1"},
        {**LIMIT, "price": "1", "newClientOrderId": "b-2"},
        {**LIMIT, "type": "MARKET", "newClientOrderId": "b-3"},
    )
    assert [row.get("status") or row["code"] for row in rows] == ["NEW", -4164, -1106]
    requests = await client.requests("b-")
    assert [(row["client_order_id"], row["outcome"]) for row in requests] == [
        ("b-1", "accepted"), ("b-2", "refused"), ("b-3", "refused"),
    ]  # fmt: skip


async def test_numbers_may_be_numbers(client: Client) -> None:
    (row,) = await placed(client, {**LIMIT, "quantity": 0.1, "price": 60000.5, "reduceOnly": False})
    assert (row["origQty"], row["price"]) == ("0.100", "60000.50")


async def test_a_batch_counts_five_within_ten_seconds_and_one_within_a_minute(client: Client) -> None:
    reply = await client.call("POST", BATCH, batchOrders=json.dumps([{**LIMIT, "price": "60000"}]))
    counts = reply.headers["X-MBX-ORDER-COUNT-10S"], reply.headers["X-MBX-ORDER-COUNT-1M"]
    assert (*counts, reply.headers["X-MBX-USED-WEIGHT-1M"]) == ("5", "1", "5")


async def test_some_are_changed_and_cancelled_by_either_name(client: Client) -> None:
    rows = await placed(client, *({**LIMIT, "price": price} for price in ("60000", "60001", "60002")))
    ids = [row["orderId"] for row in rows]
    change = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.2", "price": "59000", "orderId": ids[0]}
    changed = (await client.call("PUT", BATCH, batchOrders=json.dumps([change, {**change, "orderId": 1}]))).rows
    assert (changed[0]["price"], changed[0]["pair"], changed[1]["code"]) == ("59000.00", "BTCUSDT", -2013)
    by_id = await client.call("DELETE", BATCH, symbol="BTCUSDT", orderIdList=json.dumps(ids[:1]))
    name = json.dumps([rows[1]["clientOrderId"], "unknown"])
    by_name = await client.call("DELETE", BATCH, symbol="BTCUSDT", origclientorderidlist=name)
    assert [row.get("status") or row["code"] for row in by_id.rows + by_name.rows] == ["CANCELED", "CANCELED", -2011]


async def test_what_is_no_batch_is_refused(client: Client) -> None:
    codes = [
        (await client.call("POST", BATCH, batchOrders=text)).code
        for text in ("[]", json.dumps([LIMIT] * 6), "not json", "{}", '["a"]', '[{"symbol": []}]')
    ]
    assert codes == [-4082, -4082, -1130, -1130, -1130, -1130]


async def test_a_test_order_is_checked_and_leaves_nothing(client: Client) -> None:
    good = await client.call("POST", "/fapi/v1/order/test", **LIMIT, price="60000")
    bad = await client.call("POST", "/fapi/v1/order/test", **LIMIT, price="60000.001")
    assert (good.status, good.row["status"], bad.code) == (200, "NEW", -1111)
    assert (await client.get("/fapi/v1/allOrders", symbol="BTCUSDT")).rows == []
