"""python-binance, as it comes, takes the simulator for the exchange."""

from collections.abc import AsyncIterator

import pytest
from binance import AsyncClient
from binance.exceptions import BinanceAPIException

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
