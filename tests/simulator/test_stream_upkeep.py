"""What keeps a stream's connection, and what ends it."""

import asyncio

import aiohttp
import pytest

from tests.simulator.client import Client
from tests.simulator.follower import connect, follow

MINUTE_MS = 60_000


async def test_a_ping_comes_every_three_minutes(client: Client) -> None:
    follower = await connect(client, "/private/ws", autoping=False)
    for minute in (3, 6):
        await client.sim("POST", "clock", skew_ms=minute * MINUTE_MS + 1000)
        message = await follower.socket.receive(timeout=5)
        assert message.type is aiohttp.WSMsgType.PING
        assert message.data
        await follower.socket.pong(message.data)


async def test_ten_minutes_without_a_pong_end_it(client: Client) -> None:
    follower = await connect(client, "/private/ws", autoping=False)
    await client.sim("POST", "clock", skew_ms=4 * MINUTE_MS)
    assert (await follower.socket.receive(timeout=5)).type is aiohttp.WSMsgType.PING
    await client.sim("POST", "clock", skew_ms=15 * MINUTE_MS)
    assert (await follower.socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def test_who_answers_pings_stays(client: Client) -> None:
    follower = await follow(client)
    for minute in (4, 15, 40):
        await client.sim("POST", "clock", skew_ms=minute * MINUTE_MS)
        await client.hold("ETHUSDT", "LONG", "1")
        assert len(await follower.told()) == 4


async def test_a_day_ends_it(client: Client) -> None:
    follower = await connect(client, "/private/ws")
    await client.sim("POST", "clock", skew_ms=24 * 60 * MINUTE_MS)
    assert await follower.ended() == aiohttp.WSCloseCode.GOING_AWAY


async def test_the_clients_pings_are_answered(client: Client) -> None:
    follower = await connect(client, "/private/ws", autoping=False)
    await follower.socket.ping(b"here")
    message = await follower.socket.receive(timeout=5)
    assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"here")


async def test_more_than_ten_messages_a_second_end_it(client: Client) -> None:
    follower = await connect(client, "/market/ws")
    for number in range(11):
        await follower.socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
    assert await follower.ended() == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_more_than_1024_streams_end_it(client: Client) -> None:
    follower = await connect(client, "/market/ws")
    names = [f"symbol{number}@markPrice" for number in range(1025)]
    assert (await follower.ask("SUBSCRIBE", *names[:1024]))[1] == {"result": None, "id": 1}
    await follower.socket.send_json({"method": "SUBSCRIBE", "params": names[1024:], "id": 2})
    assert await follower.ended() == aiohttp.WSCloseCode.POLICY_VIOLATION


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 3),
        ("[]", 2),
        ('{"id":1}', 2),
        ('{"method":"DANCE","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":"btcusdt@aggTrade","id":1}', 2),
        ('{"method":"SET_PROPERTY","params":["colour",true],"id":1}', 0),
        ('{"method":"SET_PROPERTY","params":["combined",1],"id":1}', 1),
    ],
)
async def test_a_message_that_makes_no_sense_is_refused(client: Client, text: str, code: int) -> None:
    follower = await connect(client, "/market/ws")
    await follower.socket.send_str(text)
    error = (await follower.next())["error"]
    assert isinstance(error, dict)
    assert error["code"] == code


async def test_the_wrapping_can_be_switched(client: Client) -> None:
    follower = await connect(client, "/public/ws/ethusdt@bookTicker")
    assert (await follower.ask("GET_PROPERTY", "combined"))[1]["result"] is False
    await follower.ask("SET_PROPERTY", "combined", True)
    await client.sim("POST", "price", symbol="ETHUSDT", price="2400")
    assert (await follower.next())["stream"] == "ethusdt@bookTicker"
    assert (await follower.ask("GET_PROPERTY", "combined"))[1]["result"] is True


async def test_an_address_of_no_stream_is_refused(client: Client) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
        await connect(client, "/private/elsewhere")
    assert raised.value.status == 404


async def test_stopping_does_not_wait_for_followers(client: Client) -> None:
    follower = await follow(client)
    async with asyncio.timeout(2):
        await client.simulator.stop()
    assert await follower.ended() is None
