"""Public calls."""

from decimal import Decimal

from tests.simulator.client import Client


async def filters(client: Client, symbol: str) -> dict[str, dict[str, object]]:
    symbols = (await client.get("/fapi/v1/exchangeInfo")).row["symbols"]
    assert isinstance(symbols, list)
    found = next(row for row in symbols if row["symbol"] == symbol)
    return {row["filterType"]: row for row in found["filters"]}


async def test_exchange_info_has_each_symbols_filters(client: Client) -> None:
    bitcoin = await filters(client, "BTCUSDT")
    assert (bitcoin["LOT_SIZE"]["maxQty"], bitcoin["MARKET_LOT_SIZE"]["maxQty"]) == ("1000.000", "120.000")
    assert bitcoin["MIN_NOTIONAL"]["notional"] == "50"
    assert bitcoin["PERCENT_PRICE"]["multiplierDecimal"] == "4"
    aevo = await filters(client, "AEVOUSDT")
    assert (aevo["PRICE_FILTER"]["tickSize"], aevo["LOT_SIZE"]["stepSize"]) == ("0.0000100", "0.1")
    test = await filters(client, "TESTUSDT")
    assert (test["LOT_SIZE"]["stepSize"], test["MARKET_LOT_SIZE"]["stepSize"]) == ("0.001", "0.010")


async def test_a_listed_symbol_appears_and_a_changed_step_shows(client: Client) -> None:
    await filters(client, "BTCUSDT")
    fields = {"symbol": "NEWUSDT", "price": "1.50", "tick": "0.01", "step": "0.1"}
    await client.sim("POST", "symbol", **fields)
    assert (await filters(client, "NEWUSDT"))["LOT_SIZE"]["stepSize"] == "0.1"
    assert (await client.order("NEWUSDT", "BUY", "100.5")).status == 200
    await client.sim("POST", "symbol", **(fields | {"step": "1"}))
    assert (await client.order("NEWUSDT", "BUY", "100.5")).code == -1111


async def test_prices_of_one_symbol_and_of_all(client: Client) -> None:
    await client.sim("POST", "price", symbol="AEVOUSDT", price="0.0281300")
    mark = (await client.get("/fapi/v1/premiumIndex", symbol="AEVOUSDT")).row
    assert (mark["markPrice"], mark["symbol"]) == ("0.02813000", "AEVOUSDT")
    assert (await client.get("/fapi/v2/ticker/price", symbol="AEVOUSDT")).row["price"] == "0.0281300"
    assert len((await client.get("/fapi/v1/premiumIndex")).rows) == len(
        (await client.get("/fapi/v1/ticker/price")).rows
    )
    assert (await client.get("/fapi/v1/premiumIndex", symbol="NOPE")).code == -1121


async def test_the_touch_encloses_the_mark(client: Client) -> None:
    for row in (await client.get("/fapi/v1/ticker/bookTicker")).rows:
        mark = (await client.get("/fapi/v1/premiumIndex", symbol=row["symbol"])).row["markPrice"]
        assert Decimal(str(row["bidPrice"])) < Decimal(str(mark)) < Decimal(str(row["askPrice"])), row


async def test_public_calls_need_no_key(client: Client) -> None:
    for path in ("/fapi/v1/ping", "/fapi/v1/time", "/fapi/v1/exchangeInfo", "/api/v3/ping", "/api/v3/time"):
        assert (await client.raw("GET", path)).status == 200
