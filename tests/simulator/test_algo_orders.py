"""Conditional orders: their life and what they tell."""

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import Client
from tests.simulator.conditional import ALGO, CLOSING, LIMIT, OPEN, TRAILING, move, place, show, status, told
from tests.simulator.conftest import Started
from tests.simulator.follower import follow, label, part

TOLD: dict[str, type] = {
    "caid": str, "aid": int, "at": str, "o": str, "s": str, "S": str, "ps": str, "f": str, "q": str, "X": str,
    "ai": str, "tp": str, "p": str, "V": str, "wt": str, "pm": str, "cp": bool, "pP": bool, "R": bool, "tt": int,
    "gtd": int, "ia": bool,
}  # fmt: skip
BECAME: dict[str, type] = {"ap": str, "aq": str, "act": str}
FILL = ["TRADE_LITE", "ORDER_TRADE_UPDATE:NEW", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE:TRADE"]
TEN_MINUTES_MS = 600_000


async def test_a_stop_waits_and_fires_when_the_price_reaches_it(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    placed = await place(client)
    assert (placed.row["algoStatus"], placed.row["triggerPrice"]) == ("NEW", "2400.00")
    await move(client, "2400.01")
    assert await status(client) == "NEW"
    await move(client, "2400")
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
    await move(client, str(5000 - int(price)))
    assert await status(client) == "NEW"
    await move(client, price)
    assert await status(client) == "FINISHED"


async def test_a_life_told_step_by_step(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    placed = (await place(client)).row
    await move(client, "2400")
    messages = await follower.told()
    assert [label(message) for message in messages] == [
        "ALGO_UPDATE:NEW",
        "ALGO_UPDATE:TRIGGERING",
        "ALGO_UPDATE:TRIGGERED",
        *FILL,
        "ALGO_UPDATE:FINISHED",
    ]
    steps = [part(message, "o") for message in messages if message["e"] == "ALGO_UPDATE"]
    assert all({name: type(value) for name, value in step.items()} == TOLD for step in steps[:2])
    assert all({name: type(value) for name, value in step.items()} == TOLD | BECAME for step in steps[2:])
    assert {step["aid"] for step in steps} == {placed["algoId"]}
    became = str(part(messages[-2], "o")["i"])
    assert [(step["ai"], step.get("aq"), step.get("act")) for step in steps] == [
        ("", None, None),
        ("", None, None),
        (became, "0", "MARKET"),
        (became, "1", "MARKET"),
    ]
    assert part(messages[-2], "o")["c"] == "stop-1"


async def test_a_stop_limit_is_finished_when_its_order_is(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    await place(client, **LIMIT)
    await move(client, "2385")
    assert [step["X"] for step in await told(follower)] == ["NEW", "TRIGGERING", "TRIGGERED"]
    (resting,) = (await client.get("/fapi/v1/openOrders", symbol="ETHUSDT")).rows
    row = await show(client)
    assert (row["algoStatus"], row["actualOrderId"]) == ("TRIGGERED", str(resting["orderId"]))
    assert (resting["type"], resting["price"], resting["reduceOnly"]) == ("LIMIT", "2390.00", True)
    assert (await client.get(OPEN)).rows == []
    assert (await client.call("DELETE", ALGO, clientAlgoId="stop-1")).code == -2011
    await move(client, "2391")
    row = await show(client)
    assert (row["algoStatus"], row["actualPrice"], row["actualQty"]) == ("FINISHED", "2390.00", "1.000")
    assert [step["X"] for step in await told(follower)] == ["FINISHED"]


async def test_cancelling_the_order_it_became_finishes_a_stop_limit(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client, **LIMIT)
    await move(client, "2385")
    follower = await follow(client)
    await client.call("DELETE", "/fapi/v1/order", symbol="ETHUSDT", origClientOrderId="stop-1")
    assert await follower.labels() == ["ORDER_TRADE_UPDATE:CANCELED", "ALGO_UPDATE:FINISHED"]
    assert (await show(client))["actualQty"] == "0.000"


async def test_a_close_position_stop_takes_all_there_is_by_then(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    placed = (await place(client, **CLOSING)).row
    assert (placed["closePosition"], placed["timeInForce"], placed["quantity"]) == (True, "GTE_GTC", "0.000")
    assert (await place(client, **CLOSING, clientAlgoId="stop-2")).code == -4130
    profit = CLOSING | {"type": "TAKE_PROFIT_MARKET", "triggerPrice": "2600", "clientAlgoId": "profit"}
    assert (await place(client, **profit)).status == 200
    await client.hold("ETHUSDT", "LONG", "2")
    await move(client, "2300")
    assert await client.position("ETHUSDT") == []
    assert (await status(client), await status(client, "profit")) == ("FINISHED", "EXPIRED")


async def test_what_closes_a_position_expires_with_it_and_what_reduces_stays(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client, **CLOSING)
    await place(client, clientAlgoId="orphan")
    await place(client, timeInForce="GTE_GTC", clientAlgoId="tied")
    follower = await follow(client)
    await client.order("ETHUSDT", "SELL", "0.5", reduceOnly="true")
    assert await told(follower) == []
    await client.order("ETHUSDT", "SELL", "0.5", reduceOnly="true")
    assert await follower.labels() == [*FILL, "ALGO_UPDATE:EXPIRED", "ALGO_UPDATE:EXPIRED"]
    assert [row["clientAlgoId"] for row in (await client.get(OPEN)).rows] == ["orphan"]


async def test_a_stop_that_finds_nothing_to_reduce_is_rejected(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client)
    await client.hold("ETHUSDT", "LONG", "-1")
    follower = await follow(client)
    await move(client, "2300")
    triggering, rejected = await told(follower)
    assert (triggering["X"], rejected["X"], rejected["rm"]) == (
        "TRIGGERING",
        "REJECTED",
        "ReduceOnly Order is rejected.",
    )
    assert await client.position("ETHUSDT") == []


async def test_margin_is_looked_at_when_it_fires(started: Started) -> None:
    client = await started(SimulatorConfig(balance=SimulatorConfig().balance / 100_000))
    follower = await follow(client)
    assert (await place(client, reduceOnly=None, quantity="100")).status == 200
    await move(client, "2400")
    assert [(step["X"], step.get("rm")) for step in await told(follower)][1:] == [
        ("TRIGGERING", None),
        ("REJECTED", "Margin is insufficient."),
    ]
    assert await client.fills() == []


async def test_two_stops_of_one_position_fire_and_the_surplus_is_rejected(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client)
    await place(client, clientAlgoId="stop-2", triggerPrice="2390")
    await move(client, "2300")
    assert (await status(client), await status(client, "stop-2")) == ("FINISHED", "REJECTED")
    assert await client.position("ETHUSDT") == []


async def test_a_trailing_stop_follows_from_its_activation_on(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    follower = await follow(client)
    placed = (await place(client, **TRAILING, activatePrice="2600")).row
    assert (placed["activatePrice"], placed["callbackRate"]) == ("2600.00", "1")
    await move(client, "2400")
    assert [step["ia"] for step in await told(follower)] == [False]
    await move(client, "2600")
    assert [(step["X"], step["ia"]) for step in await told(follower)] == [("NEW", True)]
    for price in ("2700", "2673.01"):
        await move(client, price)
    assert await status(client) == "NEW"
    await move(client, "2673")
    assert await status(client) == "FINISHED"


async def test_a_buying_trailing_stop_mirrors_it(client: Client) -> None:
    await client.hold("ETHUSDT", "SHORT", "1")
    await place(client, **TRAILING, side="BUY")
    for price in ("2400", "2423.99"):
        await move(client, price)
    assert await status(client) == "NEW"
    await move(client, "2424")
    assert await status(client) == "FINISHED"


@pytest.mark.parametrize(("working_type", "fires"), [("CONTRACT_PRICE", True), ("MARK_PRICE", False), (None, True)])
async def test_the_working_type_says_which_price_counts(client: Client, working_type: str | None, fires: bool) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client, workingType=working_type)
    await client.sim("POST", "gap", symbol="ETHUSDT", gap="-100")
    assert await status(client) == ("FINISHED" if fires else "NEW")


@pytest.mark.parametrize(("gap", "outcome"), [("-100", "FINISHED"), ("-130", "EXPIRED")])
async def test_price_protection_refuses_a_price_far_from_the_mark(client: Client, gap: str, outcome: str) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client, priceProtect="true")
    await client.sim("POST", "gap", symbol="ETHUSDT", gap=gap)
    assert await status(client) == outcome


async def test_a_stop_takes_its_time_to_fire_if_told_so(started: Started) -> None:
    client = await started(SimulatorConfig(algo_trigger_ms=60_000))
    await client.hold("ETHUSDT", "LONG", "1")
    await place(client)
    await move(client, "2400")
    assert await status(client) == "TRIGGERING"
    assert (await client.order("ETHUSDT", "SELL", "1", reduceOnly="true")).code == -4117
    assert (await client.call("DELETE", ALGO, clientAlgoId="stop-1")).code == -4117
    assert (await client.order("ETHUSDT", "BUY", "1")).status == 200
    follower = await follow(client)
    await client.sim("POST", "clock", skew_ms=60_000)
    assert label(await follower.next()) == "ALGO_UPDATE:TRIGGERED"
    await client.sim("POST", "clock", skew_ms=0)
    assert (await status(client), await client.position("ETHUSDT")) == ("FINISHED", [("BOTH", "1.000")])


async def test_a_good_till_date_ends_it(client: Client) -> None:
    now = client.simulator.gateway.exchange.clock.now_ms()
    until = (now + 2 * TEN_MINUTES_MS) // 1000 * 1000
    assert (await place(client, timeInForce="GTD", goodTillDate=now + 1000)).code == -5040
    assert (await place(client, timeInForce="GTD", goodTillDate=until)).row["goodTillDate"] == until
    follower = await follow(client)
    await client.sim("POST", "clock", skew_ms=2 * TEN_MINUTES_MS + 1000)
    ended = part(await follower.next(), "o")
    assert (ended["X"], ended["gtd"]) == ("EXPIRED", until)


async def test_the_order_it_becomes_keeps_the_good_till_date(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    until = client.simulator.gateway.exchange.clock.now_ms() + 2 * TEN_MINUTES_MS
    await place(client, **LIMIT, timeInForce="GTD", goodTillDate=until)
    await move(client, "2385")
    assert await status(client) == "TRIGGERED"
    follower = await follow(client)
    await client.sim("POST", "clock", skew_ms=2 * TEN_MINUTES_MS)
    assert [label(await follower.next()) for _ in range(2)] == ["ORDER_TRADE_UPDATE:EXPIRED", "ALGO_UPDATE:FINISHED"]


async def test_a_matched_price_is_taken_from_the_book_when_it_fires(client: Client) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    assert (await place(client, type="STOP", priceMatch="QUEUE")).row["priceMatch"] == "QUEUE"
    await move(client, "2400")
    (resting,) = (await client.get("/fapi/v1/openOrders", symbol="ETHUSDT")).rows
    assert resting["price"] == "2400.24"
