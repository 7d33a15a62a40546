"""Public trades, the order book, and what is told of the market's past."""

from decimal import Decimal
from itertools import pairwise

from tests.simulator.client import Client, Row

TRADES, AGGREGATES = "/fapi/v1/trades", "/fapi/v1/aggTrades"
EIGHT_HOURS = 8 * 3600 * 1000


async def test_there_are_trades_from_the_start_and_new_ones_follow(client: Client) -> None:
    before = (await client.get(TRADES, symbol="ETHUSDT", limit=3)).rows
    await client.order("ETHUSDT", "SELL", "1.5")
    after = (await client.get(TRADES, symbol="ETHUSDT", limit=3)).rows
    assert after[:2] == before[1:]
    assert after[2]["id"] == int(str(before[2]["id"])) + 1
    assert (after[2]["price"], after[2]["qty"], after[2]["isBuyerMaker"]) == ("2499.75", "1.500", True)


async def test_trades_are_found_by_number_and_by_time(client: Client) -> None:
    newest = (await client.get(AGGREGATES, symbol="ETHUSDT", limit=5)).rows
    numbers = [row["a"] for row in newest]
    assert (await client.get(AGGREGATES, symbol="ETHUSDT", fromId=numbers[1], limit=2)).rows == newest[1:3]
    span: Row = {"startTime": newest[1]["T"], "endTime": newest[3]["T"]}
    assert (await client.get(AGGREGATES, symbol="ETHUSDT", **span)).rows == newest[1:4]
    old = (await client.get("/fapi/v1/historicalTrades", symbol="ETHUSDT", fromId=numbers[0], limit=1)).rows
    assert old[0]["id"] == numbers[0]


async def test_the_book_has_the_accounts_own_orders_and_the_touch_is_its_top(client: Client) -> None:
    await client.limit("BTCUSDT", "BUY", "0.5", "63995")
    await client.limit("BTCUSDT", "SELL", "0.25", "64001")
    book = (await client.get("/fapi/v1/depth", symbol="BTCUSDT", limit=5)).row
    touch = (await client.get("/fapi/v1/ticker/bookTicker", symbol="BTCUSDT")).row
    bids, asks = book["bids"], book["asks"]
    assert isinstance(bids, list)
    assert isinstance(asks, list)
    assert (len(bids), len(asks)) == (5, 5)
    assert bids[0] == [touch["bidPrice"], touch["bidQty"]] == ["63995.00", "0.500"]
    assert asks[0] == [touch["askPrice"], touch["askQty"]] == ["64001.00", "0.250"]
    assert [Decimal(price) for price, _ in bids] == sorted((Decimal(price) for price, _ in bids), reverse=True)
    assert (await client.get("/fapi/v1/depth", symbol="BTCUSDT", limit=7)).code == -1130


async def test_funding_is_told_every_eight_hours(client: Client) -> None:
    rows = (await client.get("/fapi/v1/fundingRate", symbol="BTCUSDT", limit=4)).rows
    times = [int(str(row["fundingTime"])) for row in rows]
    assert [time % EIGHT_HOURS for time in times] == [0] * 4
    assert [later - earlier for earlier, later in pairwise(times)] == [EIGHT_HOURS] * 3
    assert (await client.get("/fapi/v1/fundingRate", symbol="BTCUSDT", startTime=times[1], limit=2)).rows == rows[1:3]
    assert {row["fundingRate"] for row in rows} == {"0.00010000"}
    everywhere = (await client.get("/fapi/v1/fundingRate", limit=15)).rows
    assert {row["fundingTime"] for row in everywhere} == {times[-1]}
