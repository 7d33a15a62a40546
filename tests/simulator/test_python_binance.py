"""python-binance, as it comes, takes the simulator for the exchange."""

from collections.abc import AsyncIterator

import pytest
from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from tests.simulator.client import Client


@pytest.fixture
async def library(client: Client) -> AsyncIterator[AsyncClient]:
    """The library's client, pointed at the simulator."""
    binance = AsyncClient("sim-key", "sim-secret")
    binance.FUTURES_URL = f"{client.simulator.url}/fapi"
    binance.API_URL = f"{client.simulator.url}/api"
    yield binance
    await binance.close_connection()


async def test_a_close_from_start_to_end(client: Client, library: AsyncClient) -> None:
    await library.ping()
    await library.get_server_time()
    assert (await library.futures_time())["serverTime"] > 0
    assert len((await library.futures_exchange_info())["symbols"]) > 10
    await client.hold("ETHUSDT", "LONG", "2")
    (held,) = await library.futures_position_information(symbol="ETHUSDT")
    order = await library.futures_create_order(
        symbol="ETHUSDT",
        side="SELL",
        type="MARKET",
        quantity=held["positionAmt"],
        reduceOnly="true",
        newClientOrderId="hv-1",
    )
    found = await library.futures_get_order(symbol="ETHUSDT", origClientOrderId="hv-1")
    (trade,) = await library.futures_account_trades(symbol="ETHUSDT", orderId=order["orderId"])
    assert (order["status"], found["status"], trade["qty"]) == ("NEW", "FILLED", "2.000")
    assert await library.futures_position_information(symbol="ETHUSDT") == []


async def test_a_stop_is_placed_and_cancelled(library: AsyncClient) -> None:
    placed = await library.futures_create_order(
        symbol="ETHUSDT", side="SELL", type="STOP_MARKET", quantity="1", stopPrice="2400", clientAlgoId="stop-1"
    )
    assert placed["clientAlgoId"] == "stop-1"
    cancelled = await library.futures_cancel_algo_order(clientAlgoId="stop-1")
    assert cancelled["code"] == "200"


async def test_refusals_arrive_as_the_librarys_exceptions(library: AsyncClient) -> None:
    with pytest.raises(BinanceAPIException) as raised:
        await library.futures_create_order(
            symbol="ETHUSDT", side="SELL", type="MARKET", quantity="1", reduceOnly="true"
        )
    assert (raised.value.code, raised.value.status_code) == (-2022, 400)
    with pytest.raises(BinanceAPIException) as raised:
        await library.futures_cancel_order(symbol="ETHUSDT", origClientOrderId="none")
    assert raised.value.code == -2011


@pytest.fixture
def sockets(client: Client, library: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> BinanceSocketManager:
    """The library's streams, pointed at the simulator; they look for their end every so often only."""
    monkeypatch.setattr(ReconnectingWebsocket, "TIMEOUT", 0.1)
    manager = BinanceSocketManager(library)
    manager.FSTREAM_URL = f"{client.simulator.url.replace('http', 'ws')}/"
    return manager


async def test_the_librarys_user_stream_hears_a_close(client: Client, sockets: BinanceSocketManager) -> None:
    await client.hold("ETHUSDT", "LONG", "1")
    async with sockets.futures_user_socket() as stream:
        await client.order("ETHUSDT", "SELL", "1", reduceOnly="true", newClientOrderId="hv-1")
        told = [await stream.recv() for _ in range(4)]
    assert [message["e"] for message in told] == [
        "TRADE_LITE",
        "ORDER_TRADE_UPDATE",
        "ACCOUNT_UPDATE",
        "ORDER_TRADE_UPDATE",
    ]
    assert (told[3]["o"]["c"], told[2]["a"]["P"][0]["pa"]) == ("hv-1", "0")


async def test_the_librarys_user_stream_comes_back_after_a_cut(client: Client, sockets: BinanceSocketManager) -> None:
    async with sockets.futures_user_socket() as stream:
        client.simulator.gateway.streams.user.cut()
        assert [(await stream.recv())["e"] for _ in range(2)] == ["error", "error"]
        while not client.simulator.gateway.streams.user.is_followed:
            await client.sim("GET", "health")
        await client.hold("ETHUSDT", "LONG", "1")
        assert (await stream.recv())["e"] == "TRADE_LITE"


async def test_the_librarys_market_streams(client: Client, sockets: BinanceSocketManager) -> None:
    async with (
        sockets.symbol_mark_price_socket("ETHUSDT") as marks,
        sockets.symbol_ticker_futures_socket("ETHUSDT") as touches,
    ):
        assert (await marks.recv())["data"]["p"] == "2500.00000000"
        await client.sim("POST", "price", symbol="ETHUSDT", price="2400")
        assert (await touches.recv())["data"]["b"] == "2399.76"


async def test_the_library_keeps_and_gives_up_its_key(library: AsyncClient) -> None:
    key = await library.futures_stream_get_listen_key()
    assert await library.futures_stream_keepalive(key) == {"listenKey": key}
    assert await library.futures_stream_close(key) == {}
    with pytest.raises(BinanceAPIException) as raised:
        await library.futures_stream_keepalive(key)
    assert raised.value.code == -1125
