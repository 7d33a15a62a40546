"""The public streams."""

import asyncio

import pytest

from tests.simulator.client import Client, Row
from tests.simulator.follower import Follower, connect, part

MARK_FIELDS = {
    "e": str, "E": int, "s": str, "p": str, "ap": str, "P": str, "i": str, "r": str, "T": int, "st": int,
}  # fmt: skip
TRADE_FIELDS = {
    "e": str, "E": int, "s": str, "a": int, "p": str, "q": str, "nq": str, "f": int, "l": int, "T": int, "m": bool,
    "st": int,
}  # fmt: skip
TICKER_FIELDS = {
    "e": str, "u": int, "s": str, "ps": str, "b": str, "B": str, "a": str, "A": str, "T": int, "E": int, "st": int,
}  # fmt: skip
KLINE_FIELDS = {
    "t": int, "T": int, "s": str, "i": str, "f": int, "L": int, "o": str, "c": str, "h": str, "l": str, "v": str,
    "n": int, "x": bool, "q": str, "V": str, "Q": str, "B": str,
}  # fmt: skip
DEPTH_FIELDS = {
    "e": str, "E": int, "T": int, "s": str, "ps": str, "U": int, "u": int, "pu": int, "b": list, "a": list, "st": int,
}  # fmt: skip


def kinds(row: Row) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


async def move(client: Client, price: str, symbol: str = "ETHUSDT") -> None:
    await client.sim("POST", "price", symbol=symbol, price=price)


@pytest.mark.parametrize("name", ["ethusdt@markPrice", "ethusdt@markPrice@1s"])
async def test_the_mark_is_told_at_once_and_then_at_its_pace(client: Client, name: str) -> None:
    follower = await connect(client, f"/market/ws/{name}")
    first = await follower.next()
    assert kinds(first) == MARK_FIELDS
    assert (first["e"], first["s"], first["p"], first["st"]) == ("markPriceUpdate", "ETHUSDT", "2500.00000000", 1)
    await move(client, "2400")
    started = asyncio.get_running_loop().time()
    assert (await follower.next())["p"] == "2400.00000000"
    assert asyncio.get_running_loop().time() - started < (1.5 if name.endswith("1s") else 3.5)


async def test_all_marks_come_in_one_message(client: Client) -> None:
    follower = await connect(client, "/market/ws/!markPrice@arr@1s")
    rows = (await follower.next())["rows"]
    assert isinstance(rows, list)
    assert {row["s"] for row in rows} == set(client.simulator.gateway.exchange.symbols)
    assert kinds(rows[0]) == MARK_FIELDS


@pytest.mark.parametrize("name", ["ethusdt@bookTicker", "!bookTicker"])
async def test_the_touch_is_told_whenever_it_moves(client: Client, name: str) -> None:
    follower = await connect(client, f"/public/ws/{name}")
    await move(client, "2400")
    await move(client, "2401")
    first, second = await follower.told()
    assert kinds(first) == TICKER_FIELDS
    told = (await client.raw("GET", "/fapi/v1/ticker/bookTicker", "symbol=ETHUSDT")).row
    assert (second["b"], second["a"], second["B"]) == (told["bidPrice"], told["askPrice"], told["bidQty"])
    assert (first["e"], first["s"]) == ("bookTicker", "ETHUSDT")
    assert int(str(second["u"])) > int(str(first["u"]))


async def test_a_symbols_touch_is_its_own(client: Client) -> None:
    follower = await connect(client, "/public/ws/btcusdt@bookTicker")
    await move(client, "2400")
    assert await follower.told() == []


async def test_each_trade_is_told(client: Client) -> None:
    follower = await connect(client, "/market/ws/ethusdt@aggTrade")
    await client.order("ETHUSDT", "BUY", "1")
    await client.order("ETHUSDT", "SELL", "0.5")
    bought, sold = await follower.told()
    assert kinds(bought) == TRADE_FIELDS
    assert (bought["p"], bought["q"], bought["m"]) == ("2500.25", "1.000", False)
    assert (sold["p"], sold["q"], sold["m"]) == ("2499.75", "0.500", True)
    (newest,) = (await client.raw("GET", "/fapi/v1/aggTrades", "symbol=ETHUSDT&limit=1")).rows
    assert (newest["a"], newest["p"], newest["T"]) == (sold["a"], sold["p"], sold["T"])


async def test_a_candle_is_told_as_it_grows_and_once_more_when_it_is_done(client: Client) -> None:
    await move(client, "2400")
    follower = await connect(client, "/market/ws/ethusdt@kline_1m")
    first = await follower.next()
    assert (kinds(first), kinds(part(first, "k"))) == ({"e": str, "E": int, "s": str, "k": dict}, KLINE_FIELDS)
    await client.order("ETHUSDT", "BUY", "1")
    grown = part(await follower.next(), "k")
    assert (grown["v"], grown["n"], grown["x"], grown["l"]) == ("1.000", 1, False, "2400.00")
    await client.sim("POST", "clock", skew_ms=60_000)
    done, fresh = part(await follower.next(), "k"), part(await follower.next(), "k")
    assert (done["t"], done["x"], done["v"]) == (grown["t"], True, "1.000")
    assert (fresh["t"], fresh["x"], fresh["n"]) == (int(str(grown["t"])) + 60_000, False, 0)


async def test_the_best_levels_are_told_when_they_change(client: Client) -> None:
    follower = await connect(client, "/public/ws/ethusdt@depth5@100ms")
    first = await follower.next()
    assert kinds(first) == DEPTH_FIELDS
    assert (len(rows(first, "b")), len(rows(first, "a"))) == (5, 5)
    await move(client, "2400")
    second = await follower.next()
    assert (second["pu"], rows(second, "b")[0][0]) == (first["u"], "2399.76")


async def test_a_diff_tells_what_is_gone_and_what_is_new(client: Client) -> None:
    follower = await connect(client, "/public/ws/ethusdt@depth")
    first = await follower.next()
    best = rows(first, "b")[0][0]
    await client.limit("ETHUSDT", "BUY", "1", "2000")
    second = await follower.next()
    assert (rows(second, "b"), rows(second, "a")) == ([["2000.00", "1.000"]], [])
    await move(client, "2400")
    third = await follower.next()
    assert [best, "0"] in rows(third, "b")
    assert third["pu"] == second["u"]


def rows(message: Row, name: str) -> list[list[str]]:
    value = message[name]
    assert isinstance(value, list)
    return value


async def test_combined_streams_name_each_message(client: Client) -> None:
    follower = await connect(client, "/market/stream?streams=ethusdt@aggTrade/btcusdt@aggTrade")
    await client.order("BTCUSDT", "BUY", "0.01")
    await client.order("ETHUSDT", "BUY", "1")
    told = await follower.told()
    assert [message["stream"] for message in told] == ["btcusdt@aggTrade", "ethusdt@aggTrade"]
    assert part(told[0], "data")["s"] == "BTCUSDT"


async def test_subscribing_and_unsubscribing(client: Client) -> None:
    follower = await connect(client, "/market/ws")
    await client.order("ETHUSDT", "BUY", "1")
    assert await follower.ask("SUBSCRIBE", "ethusdt@aggTrade") == ([], {"result": None, "id": 1})
    await client.order("ETHUSDT", "BUY", "1")
    before, listed = await follower.ask("LIST_SUBSCRIPTIONS")
    assert (len(before), listed["result"]) == (1, ["ethusdt@aggTrade"])
    await follower.ask("UNSUBSCRIBE", "ethusdt@aggTrade")
    await client.order("ETHUSDT", "BUY", "1")
    assert await follower.told() == []


@pytest.mark.parametrize(
    "address",
    [
        "/public/ws/ethusdt@aggTrade",
        "/market/ws/ethusdt@bookTicker",
        "/ws/ethusdt@aggTrade",
        "/private/ws/ethusdt@aggTrade",
        "/market/ws/ETHUSDT@aggTrade",
        "/market/ws/noneusdt@aggTrade",
        "/market/ws/ethusdt@dance",
        "/market/ws/ethusdt@kline_7m",
    ],
)
async def test_what_is_not_served_there_stays_silent(client: Client, address: str) -> None:
    follower = await connect(client, address)
    await move(client, "2400")
    await client.order("ETHUSDT", "BUY", "1")
    assert await follower.told() == []


async def test_the_old_address_serves_the_book(client: Client) -> None:
    follower: Follower = await connect(client, "/ws/ethusdt@bookTicker")
    await move(client, "2400")
    assert [message["e"] for message in await follower.told()] == ["bookTicker"]


async def test_without_a_follower_the_engine_tells_nobody(client: Client) -> None:
    events = client.simulator.gateway.exchange.events
    idle = len(events.listeners)
    follower = await connect(client, "/public/ws/ethusdt@bookTicker")
    await follower.ask("LIST_SUBSCRIPTIONS")
    assert len(events.listeners) == idle + 1
    await follower.ask("UNSUBSCRIBE", "ethusdt@bookTicker")
    assert len(events.listeners) == idle
