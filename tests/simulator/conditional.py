"""What tests of conditional orders have in common: a stop below the market, and what one asks about it."""

from tests.simulator.client import Client, Reply, Row
from tests.simulator.follower import Follower, part

ALGO = "/fapi/v1/algoOrder"
OPEN = "/fapi/v1/openAlgoOrders"
ALL = "/fapi/v1/allAlgoOrders"
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
CLOSING: Row = {"closePosition": "true", "quantity": None, "reduceOnly": None}
LIMIT: Row = {"type": "STOP", "price": "2390.00", "quantity": "1"}
TRAILING: Row = {"type": "TRAILING_STOP_MARKET", "triggerPrice": None, "callbackRate": "1"}


async def place(client: Client, **change: object) -> Reply:
    fields = STOP | change
    return await client.call("POST", ALGO, **{name: value for name, value in fields.items() if value is not None})


async def show(client: Client, name: str = "stop-1") -> Row:
    return (await client.get(ALGO, clientAlgoId=name)).row


async def status(client: Client, name: str = "stop-1") -> object:
    return (await show(client, name))["algoStatus"]


async def move(client: Client, price: str) -> None:
    await client.sim("POST", "price", symbol="ETHUSDT", price=price)


async def told(follower: Follower) -> list[Row]:
    return [part(message, "o") for message in await follower.told() if message["e"] == "ALGO_UPDATE"]
