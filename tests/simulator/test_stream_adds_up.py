"""Over a stretch of busy trading, the stream says what the calls say."""

from collections import defaultdict
from decimal import Decimal
from random import Random

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import Client, Row
from tests.simulator.conftest import Started
from tests.simulator.follower import follow, label, part

SYMBOL = "ETHUSDT"
STEPS = 80


async def busy(client: Client, random: Random, *, hedge: bool) -> None:
    """Orders of every kind, at prices around a wandering mark."""
    price = 2500
    for number in range(STEPS):
        side = random.choice(("BUY", "SELL"))
        where: Row = {"positionSide": random.choice(("LONG", "SHORT"))} if hedge else {}
        limit = str(price + random.randint(-30, 30))
        stop = str(price + random.randint(1, 40) * (1 if side == "BUY" else -1))
        match random.randrange(5):
            case 0:
                await client.order(SYMBOL, side, str(random.randint(1, 3)), **where)
            case 1:
                await client.limit(SYMBOL, side, str(random.randint(1, 3)), limit, **where)
            case 2:
                await client.call(
                    "POST", "/fapi/v1/algoOrder", algoType="CONDITIONAL", symbol=SYMBOL, side=side, type="STOP_MARKET",
                    quantity="1", triggerPrice=stop, clientAlgoId=f"stop-{number}", **where,
                )  # fmt: skip
            case _:
                price += random.randint(-25, 25)
                await client.sim("POST", "price", symbol=SYMBOL, price=str(price))


@pytest.mark.parametrize("hedge", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_stream_adds_up(started: Started, seed: int, hedge: bool) -> None:
    client = await started(SimulatorConfig(hedge=hedge, fills_per_market_order=2))
    follower = await follow(client)
    await busy(client, Random(seed), hedge=hedge)  # noqa: S311 - reproducible, not secret
    messages = await follower.told()

    updates = [part(message, "o") for message in messages if message["e"] == "ORDER_TRADE_UPDATE"]
    trades = (await client.get("/fapi/v1/userTrades", symbol=SYMBOL, limit=1000)).rows
    fills = [row for row in updates if row["x"] == "TRADE"]
    assert len(fills) > 20
    assert [(row["t"], row["i"], number(row["l"]), number(row["L"]), number(row["n"]), number(row["rp"]))
            for row in fills] == [
        (row["id"], row["orderId"], number(row["qty"]), number(row["price"]), number(row["commission"]),
         number(row["realizedPnl"])) for row in trades
    ]  # fmt: skip

    final = {row["i"]: (row["X"], number(row["z"])) for row in updates}
    orders = (await client.get("/fapi/v1/allOrders", symbol=SYMBOL, limit=1000)).rows
    assert final == {row["orderId"]: (row["status"], number(row["executedQty"])) for row in orders}

    held: dict[object, Decimal] = defaultdict(Decimal)
    for message in messages:
        if message["e"] == "ACCOUNT_UPDATE":
            rows = part(message, "a")["P"]
            assert isinstance(rows, list)
            held |= {row["ps"]: number(row["pa"]) for row in rows}
    positions = {side: number(amount) for side, amount in await client.position(SYMBOL)}
    assert {side: amount for side, amount in held.items() if amount} == {
        side: amount for side, amount in positions.items() if amount
    }

    stops = {
        part(message, "o")["aid"]: part(message, "o")["X"] for message in messages if message["e"] == "ALGO_UPDATE"
    }
    listed = (await client.get("/fapi/v1/allAlgoOrders", symbol=SYMBOL)).rows
    assert stops == {row["algoId"]: row["algoStatus"] for row in listed}
    assert {label(message) for message in messages} >= {"ALGO_UPDATE:TRIGGERED", "ALGO_UPDATE:FINISHED"}


def number(text: object) -> Decimal:
    return Decimal(str(text))
