"""The key of the user stream."""

import pytest

from tests.simulator.client import Client
from tests.simulator.follower import follow, key_call, listen_key

HOUR_MS = 3_600_000


async def test_there_is_one_key_and_asking_again_extends_it(client: Client) -> None:
    key = await listen_key(client)
    assert (len(key), key.isalnum()) == (64, True)
    await client.sim("POST", "clock", skew_ms=HOUR_MS - 5000)
    assert await listen_key(client) == key
    await client.sim("POST", "clock", skew_ms=2 * HOUR_MS - 10_000)
    assert await listen_key(client) == key


@pytest.mark.parametrize("named", [True, False])
async def test_put_extends_the_key_whether_named_or_not(client: Client, named: bool) -> None:
    key = await listen_key(client)
    await client.sim("POST", "clock", skew_ms=HOUR_MS - 5000)
    assert await key_call(client, "PUT", f"listenKey={key}" if named else "") == {"listenKey": key}
    await client.sim("POST", "clock", skew_ms=2 * HOUR_MS - 10_000)
    assert await listen_key(client) == key


async def test_an_hour_later_the_key_is_another(client: Client) -> None:
    key = await listen_key(client)
    await client.sim("POST", "clock", skew_ms=HOUR_MS)
    assert (await key_call(client, "PUT"))["code"] == -1125
    assert await listen_key(client) != key


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_key_that_is_not_there_is_refused(client: Client, method: str) -> None:
    assert (await key_call(client, method))["code"] == -1125
    await listen_key(client)
    assert (await key_call(client, method, "listenKey=other"))["code"] == -1125


@pytest.mark.parametrize(("key", "code"), [("", -2014), ("other", -2015)])
async def test_the_api_key_is_needed(client: Client, key: str, code: int) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert (await key_call(client, method, key=key))["code"] == code


async def test_the_end_of_the_hour_is_told_and_then_nothing_more(client: Client) -> None:
    follower = await follow(client)
    key = await listen_key(client)
    await client.sim("POST", "clock", skew_ms=HOUR_MS)
    last = await follower.next()
    assert (set(last), last["e"], last["listenKey"]) == ({"e", "E", "listenKey"}, "listenKeyExpired", key)
    await client.hold("ETHUSDT", "LONG", "1")
    await listen_key(client)
    await client.hold("ETHUSDT", "LONG", "1")
    assert await follower.told() == []


async def test_giving_the_key_up_ends_the_connections_of_all(client: Client) -> None:
    followers = [await follow(client), await follow(client)]
    assert await key_call(client, "DELETE") == {}
    assert [await follower.ended() for follower in followers] == [1001, 1001]


async def test_the_same_seed_gives_the_same_keys(client: Client) -> None:
    first = await listen_key(client)
    await client.sim("POST", "reset")
    assert await listen_key(client) == first
