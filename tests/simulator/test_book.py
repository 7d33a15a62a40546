"""The order book: orders walk its levels, rest in it, and never meet themselves unless they want to."""

from decimal import Decimal

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import ORDER, Client, Row
from tests.simulator.conftest import Started

DEPTH = "/fapi/v1/depth"


async def thin(client: Client, **more: object) -> None:
    """ETHUSDT with 1, 2 and 4 at 2500.25, 2500.26, 2500.27, and the same below 2499.75."""
    await client.sim("POST", "depth", **({"symbol": "ETHUSDT", "levels": 3, "first": "1", "growth": "2"} | more))


async def fills(client: Client) -> list[tuple[object, object]]:
    rows = (await client.get("/fapi/v1/userTrades", symbol="ETHUSDT")).rows
    return [(row["qty"], row["price"]) for row in rows]


async def state(client: Client, name: str) -> tuple[object, object]:
    row = (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId=name)).row
    return row["status"], row["executedQty"]


def reason(client: Client, name: str) -> int:
    order = client.simulator.gateway.exchange.engine.orders.by_client_id("ETHUSDT", name)
    assert order is not None
    return order.expire_reason


async def test_as_it_comes_the_largest_order_finds_everything_at_the_touch(client: Client) -> None:
    await client.order("ETHUSDT", "BUY", "2000.000")
    assert await fills(client) == [("2000.000", "2500.25")]


async def test_a_market_order_walks_the_levels(client: Client) -> None:
    await thin(client)
    bought = await client.order("ETHUSDT", "BUY", "3.500")
    sold = await client.order("ETHUSDT", "SELL", "3.500")
    assert [bought.row["status"], sold.row["status"]] == ["FILLED", "FILLED"]
    assert await fills(client) == [
        ("1.000", "2500.25"),
        ("2.000", "2500.26"),
        ("0.500", "2500.27"),
        ("1.000", "2499.75"),
        ("2.000", "2499.74"),
        ("0.500", "2499.73"),
    ]


async def test_what_a_market_order_does_not_find_expires(client: Client) -> None:
    await thin(client)
    placed = await client.order("ETHUSDT", "BUY", "10.000", newClientOrderId="big")
    assert (placed.row["status"], placed.row["executedQty"]) == ("EXPIRED", "7.000")
    assert reason(client, "big") == 9
    assert await client.position("ETHUSDT") == [("BOTH", "7.000")]


async def test_an_empty_book_refuses_a_market_order_and_lets_a_limit_order_rest(client: Client) -> None:
    await thin(client, levels=0)
    assert (await client.order("ETHUSDT", "BUY", "1.000")).code == -1112
    assert (await client.limit("ETHUSDT", "BUY", "1.000", "2600.00")).row["status"] == "NEW"


async def test_a_market_order_does_not_go_further_from_the_mark_than_it_may(started: Started) -> None:
    client = await started(SimulatorConfig(market_take_bound=Decimal("0.001")))
    await thin(client, spacing_ticks=200)  # 2500.25, 2502.25, 2504.25; the bound is 2502.50
    placed = await client.order("ETHUSDT", "BUY", "7.000")
    assert (placed.row["status"], placed.row["executedQty"]) == ("EXPIRED", "3.000")


async def test_what_was_taken_is_back_at_once_or_with_the_next_mark(started: Started, client: Client) -> None:
    await thin(client)
    for _ in range(2):
        await client.order("ETHUSDT", "BUY", "1.000")
    assert await fills(client) == [("1.000", "2500.25")] * 2
    lasting = await started(SimulatorConfig(depth_refill=False))
    await thin(lasting)
    for _ in range(2):
        await lasting.order("ETHUSDT", "BUY", "1.000")
    await lasting.order("ETHUSDT", "BUY", "5.000")
    assert (await lasting.order("ETHUSDT", "BUY", "1.000")).code == -1112
    await lasting.sim("POST", "price", symbol="ETHUSDT", price="2500")
    await lasting.order("ETHUSDT", "BUY", "1.000")
    assert [price for _, price in await fills(lasting)] == ["2500.25", "2500.26", "2500.26", "2500.27", "2500.25"]


async def test_a_limit_order_takes_what_it_may_and_rests_with_the_rest(client: Client) -> None:
    await thin(client)
    await client.limit("ETHUSDT", "BUY", "5.000", "2500.26", newClientOrderId="bid")
    assert await state(client, "bid") == ("PARTIALLY_FILLED", "3.000")
    assert await fills(client) == [("1.000", "2500.25"), ("2.000", "2500.26")]
    await client.sim("POST", "price", symbol="ETHUSDT", price="2499")
    assert await state(client, "bid") == ("FILLED", "5.000")
    assert (await fills(client))[-1] == ("2.000", "2500.26")


@pytest.mark.parametrize(
    ("time_in_force", "expected", "why"), [("IOC", ("EXPIRED", "3.000"), 2), ("FOK", ("FILLED", "3.000"), 0)]
)
async def test_an_immediate_order_never_rests(
    client: Client, time_in_force: str, expected: tuple[str, str], why: int
) -> None:
    await thin(client)
    quantity = "5.000" if time_in_force == "IOC" else "3.000"
    await client.limit("ETHUSDT", "BUY", quantity, "2500.26", timeInForce=time_in_force, newClientOrderId="now")
    assert await state(client, "now") == expected
    assert reason(client, "now") == why
    assert (await client.get("/fapi/v1/openOrders", symbol="ETHUSDT")).rows == []


async def test_fill_or_kill_is_refused_when_something_is_missing(client: Client) -> None:
    await thin(client)
    refused = await client.limit("ETHUSDT", "BUY", "3.001", "2500.26", timeInForce="FOK", newClientOrderId="all")
    assert refused.code == -5021
    assert await fills(client) == []
    assert (await client.get(ORDER, symbol="ETHUSDT", origClientOrderId="all")).code == -2013


async def test_a_resting_order_fills_bit_by_bit(client: Client) -> None:
    await client.limit("ETHUSDT", "BUY", "3.000", "2400.00", newClientOrderId="bid")
    seen = []
    for quantity in ("1", "0.5", "9"):
        await client.sim("POST", "meet", symbol="ETHUSDT", client_order_id="bid", quantity=quantity)
        seen.append(await state(client, "bid"))
    assert seen == [("PARTIALLY_FILLED", "1.000"), ("PARTIALLY_FILLED", "1.500"), ("FILLED", "3.000")]
    assert {row["maker"] for row in (await client.get("/fapi/v1/userTrades", symbol="ETHUSDT")).rows} == {True}


async def test_a_falling_mark_fills_the_best_bids_first_and_no_deeper_than_the_book(client: Client) -> None:
    await thin(client, levels=1)
    for name, price in (("low", "2390.00"), ("high", "2410.00")):
        await client.limit("ETHUSDT", "BUY", "0.700", price, newClientOrderId=name)
    await client.sim("POST", "price", symbol="ETHUSDT", price="2380")
    assert [await state(client, name) for name in ("high", "low")] == [
        ("FILLED", "0.700"),
        ("PARTIALLY_FILLED", "0.300"),
    ]


async def test_a_price_can_be_matched_to_the_book(client: Client) -> None:
    await thin(client)
    prices = {}
    for match, side in (("QUEUE", "BUY"), ("QUEUE", "SELL"), ("OPPONENT", "BUY")):
        order = {"symbol": "ETHUSDT", "side": side, "type": "LIMIT", "quantity": "0.100", "timeInForce": "GTC"}
        placed = await client.call("POST", ORDER, **order, priceMatch=match, selfTradePreventionMode="NONE")
        prices[match, side] = placed.row["price"]
        await client.call("DELETE", "/fapi/v1/allOpenOrders", symbol="ETHUSDT")
    assert prices == {("QUEUE", "BUY"): "2499.75", ("QUEUE", "SELL"): "2500.25", ("OPPONENT", "BUY"): "2500.25"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"priceMatch": "OPPONENT_5"}, -5041),
        ({"priceMatch": "NEAREST"}, -5037),
        ({"priceMatch": "QUEUE", "price": "2400.00"}, -5037),
        ({"priceMatch": "QUEUE", "type": "MARKET", "timeInForce": None}, -5038),
        ({"price": "2400.00", "selfTradePreventionMode": "SOMETIMES"}, -5039),
        ({"price": "2400.00", "timeInForce": "GTD"}, -1102),
        ({"price": "2400.00", "timeInForce": "GTD", "goodTillDate": 1}, -5040),
    ],
)
async def test_what_makes_no_sense_is_refused(client: Client, change: Row, code: int) -> None:
    await thin(client)
    order: Row = {"symbol": "ETHUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.100", "timeInForce": "GTC"}
    sent = {name: value for name, value in (order | change).items() if value is not None}
    assert (await client.call("POST", ORDER, **sent)).code == code


@pytest.mark.parametrize(
    ("mode", "resting", "taking", "why"),
    [
        ("EXPIRE_MAKER", ("EXPIRED_IN_MATCH", "0.000"), ("FILLED", "2.000"), 0),
        ("EXPIRE_TAKER", ("NEW", "0.000"), ("EXPIRED_IN_MATCH", "0.000"), 1),
        ("EXPIRE_BOTH", ("EXPIRED_IN_MATCH", "0.000"), ("EXPIRED_IN_MATCH", "0.000"), 1),
        ("NONE", ("FILLED", "1.000"), ("FILLED", "2.000"), 0),
    ],
)
async def test_the_taking_order_says_what_happens_when_the_account_meets_itself(
    client: Client, mode: str, resting: tuple[str, str], taking: tuple[str, str], why: int
) -> None:
    await client.limit("ETHUSDT", "SELL", "1.000", "2500.00", newClientOrderId="rests", timeInForce="GTX")
    await client.order("ETHUSDT", "BUY", "2.000", newClientOrderId="takes", selfTradePreventionMode=mode)
    assert [await state(client, name) for name in ("rests", "takes")] == [resting, taking]
    assert reason(client, "takes") == why


async def test_an_order_that_meets_itself_keeps_what_it_had_before(client: Client) -> None:
    await thin(client)
    await client.limit("ETHUSDT", "SELL", "1.000", "2500.26", newClientOrderId="rests")
    await client.limit(
        "ETHUSDT", "BUY", "9.000", "2500.27", newClientOrderId="takes", timeInForce="IOC",
        selfTradePreventionMode="EXPIRE_TAKER",
    )  # fmt: skip
    assert await state(client, "takes") == ("EXPIRED_IN_MATCH", "3.000")
    assert reason(client, "takes") == 3


async def test_post_only_does_not_meet_the_account_itself(client: Client) -> None:
    await client.limit("ETHUSDT", "SELL", "1.000", "2500.00", timeInForce="GTX")
    assert (await client.limit("ETHUSDT", "BUY", "1.000", "2500.00", timeInForce="GTX")).code == -5022


async def test_the_book_shows_the_accounts_orders_among_the_others(client: Client) -> None:
    await thin(client)
    await client.limit("ETHUSDT", "BUY", "0.500", "2499.90")
    await client.limit("ETHUSDT", "SELL", "0.250", "2500.26")
    book = (await client.get(DEPTH, symbol="ETHUSDT", limit=5)).row
    assert book["bids"] == [["2499.90", "0.500"], ["2499.75", "1.000"], ["2499.74", "2.000"], ["2499.73", "4.000"]]
    assert book["asks"] == [["2500.25", "1.000"], ["2500.26", "2.250"], ["2500.27", "4.000"]]
