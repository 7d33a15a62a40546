"""What the control route does to the user stream at once."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.simulator.client import Client


@pytest.fixture
async def socket(client: Client) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A client of the user stream that has heard of an order."""
    key = (await client.call("POST", "/fapi/v1/listenKey")).row["listenKey"]
    async with client.session.ws_connect(f"{client.simulator.url}/private/ws/{key}") as connected:
        await client.order("ETHUSDT", "BUY", "1.000")
        await until(connected, "ORDER_TRADE_UPDATE")
        yield connected


async def until(socket: aiohttp.ClientWebSocketResponse, name: str) -> None:
    """Read on until such a message, or fail when the stream ends."""
    async with asyncio.timeout(5):
        while (await socket.receive_json())["e"] != name:
            pass


async def rest(socket: aiohttp.ClientWebSocketResponse) -> str:
    """Everything until the connection ends."""
    async with asyncio.timeout(5):
        return "".join([str(message.data) async for message in socket])


async def test_a_cut(client: Client, socket: aiohttp.ClientWebSocketResponse) -> None:
    await client.sim("POST", "stream_cut")
    await rest(socket)
    assert socket.closed


async def test_silence(client: Client, socket: aiohttp.ClientWebSocketResponse) -> None:
    await client.hold("XRPUSDT", "LONG", "1")
    await client.sim("POST", "stream_silence")
    await client.hold("BTCUSDT", "LONG", "1")
    await client.sim("POST", "stream_cut")
    told = await rest(socket)
    assert ("XRPUSDT" in told, "BTCUSDT" in told) == (True, False)


async def test_an_expired_key(client: Client, socket: aiohttp.ClientWebSocketResponse) -> None:
    await client.sim("POST", "listen_key_expire")
    await until(socket, "listenKeyExpired")
    assert (await client.call("PUT", "/fapi/v1/listenKey")).code == -1125


async def test_stream_faults_are_armed_shown_and_cleared(
    client: Client, socket: aiohttp.ClientWebSocketResponse
) -> None:
    await client.sim("POST", "stream_faults", kind="drop", event="ORDER_TRADE_UPDATE:TRADE", symbol="ETHUSDT")
    await client.order("ETHUSDT", "BUY", "2.000", newClientOrderId="hv-1")
    await until(socket, "ACCOUNT_UPDATE")
    shown = (await client.sim("GET", "faults")).row
    assert isinstance(shown["stream_injected"], list)
    assert [(row["kind"], row["client_order_id"]) for row in shown["stream_injected"]] == [("drop", "hv-1")]
    await client.sim("DELETE", "faults")
    assert (await client.sim("GET", "faults")).row["stream_armed"] == []
