"""What happens by the exchange's clock although nobody calls: expiries and countdowns."""

import asyncio

from simulator.events import Event, OrderChanged
from tests.simulator.client import ORDER, Client

COUNTDOWN = "/fapi/v1/countdownCancelAll"
MINUTE = 60_000


async def now(client: Client) -> int:
    return int(str((await client.get("/fapi/v1/time")).row["serverTime"]))


async def status(client: Client, name: str) -> object:
    stamp = await now(client)
    row = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId=name, timestamp=stamp)).row
    return row["status"]


async def test_an_order_good_till_a_date_ends_then(client: Client) -> None:
    until = await now(client) + 11 * MINUTE
    placed = await client.limit(
        "ETHUSDT", "BUY", "1.000", "2400.00", timeInForce="GTD", goodTillDate=until, newClientOrderId="bid"
    )
    assert placed.row["goodTillDate"] == until // 1000 * 1000
    await client.sim("POST", "advance", ms=10 * MINUTE)
    assert await status(client, "bid") == "NEW"
    await client.sim("POST", "advance", ms=MINUTE)
    assert await status(client, "bid") == "EXPIRED"


async def test_a_countdown_cancels_everything_of_its_symbol(client: Client) -> None:
    for symbol, price in (("ETHUSDT", "2400.00"), ("BTCUSDT", "60000.00")):
        await client.limit(symbol, "BUY", "1.000", price, newClientOrderId=f"bid-{symbol}")
    stop = {"symbol": "ETHUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "1.000", "triggerPrice": "2300.00"}
    await client.call("POST", "/fapi/v1/algoOrder", algoType="CONDITIONAL", **stop)
    told = await client.call("POST", COUNTDOWN, symbol="ETHUSDT", countdownTime=MINUTE)
    assert told.row == {"symbol": "ETHUSDT", "countdownTime": str(MINUTE)}
    await client.sim("POST", "advance", ms=MINUTE)
    stamp = await now(client)
    resting = (await client.get("/fapi/v1/openOrders", timestamp=stamp)).rows
    assert [row["symbol"] for row in resting] == ["BTCUSDT"]
    assert (await client.get("/fapi/v1/openAlgoOrders", timestamp=stamp)).rows == []


async def test_a_countdown_is_renewed_and_called_off(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00", newClientOrderId="bid")
    await client.call("POST", COUNTDOWN, symbol="ETHUSDT", countdownTime=MINUTE)
    await client.sim("POST", "advance", ms=MINUTE - 5000)
    stamp = await now(client)
    await client.call("POST", COUNTDOWN, symbol="ETHUSDT", countdownTime=MINUTE, timestamp=stamp)
    await client.sim("POST", "advance", ms=MINUTE - 5000)
    assert await status(client, "bid") == "NEW"
    stamp = await now(client)
    await client.call("POST", COUNTDOWN, symbol="ETHUSDT", countdownTime=0, timestamp=stamp)
    await client.sim("POST", "advance", ms=MINUTE)
    assert await status(client, "bid") == "NEW"


async def test_it_happens_although_nobody_calls(client: Client) -> None:
    cancelled = asyncio.Event()

    def heard(event: Event) -> None:
        if isinstance(event, OrderChanged) and event.execution == "CANCELED":
            cancelled.set()

    await client.limit("ETHUSDT", "BUY", "1.000", "2400.00")
    client.simulator.gateway.exchange.events.listen(heard)
    await client.call("POST", COUNTDOWN, symbol="ETHUSDT", countdownTime=100)
    await asyncio.wait_for(cancelled.wait(), 10)
