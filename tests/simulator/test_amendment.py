"""PUT order: a resting order changes and keeps its id."""

import pytest

from tests.simulator.client import ORDER, Client, Row

BID: Row = {"symbol": "ETHUSDT", "side": "BUY", "origClientOrderId": "bid", "quantity": "1.000", "price": "2400.00"}


async def amend(client: Client, **change: object) -> Row:
    return (await client.call("PUT", ORDER, **(BID | change))).row


async def bid(client: Client) -> Row:
    return (await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId="bid")).row


async def state(client: Client) -> tuple[object, ...]:
    row = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="bid")).row
    return row["status"], row["origQty"], row["executedQty"], row["price"]


async def test_price_and_quantity_change_and_the_id_stays(client: Client) -> None:
    placed = await bid(client)
    changed = await amend(client, quantity="2.000", price="2450.00")
    assert (changed["orderId"], changed["clientOrderId"]) == (placed["orderId"], "bid")
    assert await state(client) == ("NEW", "2.000", "0.000", "2450.00")
    assert len((await client.get("/fapi/v1/openOrders", symbol="ETHUSDT")).rows) == 1
    rows = (await client.sim("GET", "ledger")).row["orders"]
    assert isinstance(rows, list)
    assert [row["execution"] for row in rows] == ["NEW", "AMENDMENT"]


async def test_a_price_that_crosses_executes_at_once(client: Client) -> None:
    await bid(client)
    await amend(client, price="2510.00")
    assert (await state(client))[0] == "FILLED"


async def test_what_has_executed_counts(client: Client) -> None:
    await bid(client)
    await client.sim("POST", "meet", symbol="ETHUSDT", client_order_id="bid", quantity="0.4")
    await amend(client, quantity="0.900")
    assert await state(client) == ("PARTIALLY_FILLED", "0.900", "0.400", "2400.00")
    await amend(client, quantity="0.300")
    assert (await state(client))[::2] == ("CANCELED", "0.400")


async def test_post_only_is_cancelled_rather_than_taking(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId="bid", timeInForce="GTX")
    await amend(client, price="2510.00")
    assert (await state(client))[0] == "CANCELED"
    assert await client.fills() == []


async def test_a_changed_price_goes_to_the_end_of_the_line_and_a_smaller_quantity_does_not(client: Client) -> None:
    await client.sim("POST", "depth", symbol="ETHUSDT", levels=1, first="1")
    for name in ("bid", "second"):
        await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId=name)
    await amend(client, quantity="0.900")
    engine = client.simulator.gateway.exchange.engine
    assert [order.asked.client_order_id for order in engine.orders.queue("ETHUSDT", "BUY")] == ["bid", "second"]
    await amend(client, quantity="1.000")
    assert [order.asked.client_order_id for order in engine.orders.queue("ETHUSDT", "BUY")] == ["second", "bid"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, -5027),
        ({"side": "SELL"}, -1117),
        ({"quantity": "0.0001"}, -1111),
        ({"quantity": "0.001"}, -5029),
        ({"price": "2400.001"}, -1111),
        ({"price": "2900.00"}, -4016),
        ({"quantity": None}, -1102),
        ({"origClientOrderId": "nobody"}, -2013),
    ],
)
async def test_a_change_is_refused(client: Client, change: Row, code: int) -> None:
    await bid(client)
    sent = {name: value for name, value in (BID | change).items() if value is not None}
    assert (await client.call("PUT", ORDER, **sent)).code == code
    assert await state(client) == ("NEW", "1.000", "0.000", "2400.00")


async def test_what_has_ended_cannot_change(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "1.000", newClientOrderId="bid")
    assert (await client.call("PUT", ORDER, **BID)).code == -2013
