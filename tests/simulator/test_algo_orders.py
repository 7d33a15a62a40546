"""Conditional orders: their life, what they tell, what they are refused for."""

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import Client, Reply, Row
from tests.simulator.conftest import Started
from tests.simulator.follower import Follower, follow, label, part

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
TOLD: dict[str, type] = {
    "caid": str, "aid": int, "at": str, "o": str, "s": str, "S": str, "ps": str, "f": str, "q": str, "X": str,
    "ai": str, "tp": str, "p": str, "V": str, "wt": str, "pm": str, "cp": bool, "pP": bool, "R": bool, "tt": int,
    "gtd": int, "ia": bool,
}  # fmt: skip
BECAME: dict[str, type] = {"ap": str, "aq": str, "act": str}
FILL = ["TRADE_LITE", "ORDER_TRADE_UPDATE:NEW", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE:TRADE"]
TEN_MINUTES_MS = 600_000


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
