"""Who may call, and when."""

import time

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import ORDER, Client, signed
from tests.simulator.conftest import Started

MODE = "/fapi/v1/accountConfig"
KEY = {"X-MBX-APIKEY": "sim-key"}


def now() -> int:
    return int(time.time() * 1000)


async def test_a_missing_and_an_unknown_key_are_refused_with_401(client: Client) -> None:
    query, _ = signed("sim-secret", {"timestamp": now()})
    missing = await client.raw("GET", MODE, query)
    unknown = await client.raw("GET", MODE, query, **{"X-MBX-APIKEY": "other"})
    assert [(reply.status, reply.code) for reply in (missing, unknown)] == [(401, -2014), (401, -2015)]


async def test_the_signature_must_be_made_with_the_secret(client: Client) -> None:
    query, _ = signed("wrong", {"timestamp": now()})
    assert (await client.raw("GET", MODE, query, **KEY)).code == -1022


async def test_the_signature_is_mandatory(client: Client) -> None:
    reply = await client.raw("GET", MODE, f"timestamp={now()}", **KEY)
    assert reply.code == -1102
    assert "'signature'" in str(reply.row["msg"])


async def test_nothing_may_follow_the_signature(client: Client) -> None:
    query, _ = signed("sim-secret", {"timestamp": now()})
    assert (await client.raw("GET", MODE, f"{query}&recvWindow=5000", **KEY)).code == -1022


@pytest.mark.parametrize("place", ["query", "body", "mixed"])
async def test_parameters_travel_in_query_body_or_both(client: Client, place: str) -> None:
    first: dict[str, object] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    second: dict[str, object] = {"quantity": "0.010", "timestamp": now()}
    sent = {"query": (first | second, {}), "body": ({}, first | second), "mixed": (first, second)}[place]
    query, body = signed("sim-secret", *sent)
    reply = await client.raw("POST", ORDER, query, body, **KEY)
    assert (reply.status, reply.row["origQty"]) == (200, "0.010")


async def test_the_query_wins_over_the_body(client: Client) -> None:
    in_query: dict[str, object] = {"symbol": "BTCUSDT", "quantity": "0.010"}
    in_body: dict[str, object] = {"quantity": "0.500", "side": "BUY", "type": "MARKET", "timestamp": now()}
    query, body = signed("sim-secret", in_query, in_body)
    assert (await client.raw("POST", ORDER, query, body, **KEY)).row["origQty"] == "0.010"


async def test_escaped_parameters_are_signed_as_sent_and_read_unescaped(client: Client) -> None:
    reply = await client.order("BTCUSDT", "BUY", "0.010", newClientOrderId="a:b/c")
    assert reply.row["clientOrderId"] == "a:b/c"


async def test_a_body_that_is_no_text_is_refused_as_any_other(client: Client) -> None:
    url = f"{client.simulator.url}{ORDER}"
    async with client.session.post(url, data=b"symbol=\xff&signature=\xfe", headers=KEY) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, -1022)


async def test_a_timestamp_is_mandatory_and_a_number(client: Client) -> None:
    query, _ = signed("sim-secret", {"symbol": "BTCUSDT"})
    assert (await client.raw("GET", MODE, query, **KEY)).code == -1102
    assert (await client.get(MODE, timestamp="soon")).code == -1102


async def test_a_request_older_than_its_window_is_refused(client: Client) -> None:
    old = await client.get(MODE, timestamp=now() - 6000)
    wide = await client.get(MODE, timestamp=now() - 6000, recvWindow=60000)
    narrow = await client.get(MODE, timestamp=now() - 400, recvWindow=200)
    assert (old.code, wide.status, narrow.code) == (-1021, 200, -1021)
    assert "outside of the recvWindow" in str(old.row["msg"])


async def test_a_request_from_the_future_is_refused(client: Client) -> None:
    ahead = await client.get(MODE, timestamp=now() + 2000)
    slightly = await client.get(MODE, timestamp=now() + 500)
    assert (ahead.code, slightly.status) == (-1021, 200)
    assert "1000ms ahead" in str(ahead.row["msg"])


@pytest.mark.parametrize("skew", [-3000, 6000])
async def test_the_exchange_judges_by_its_own_clock(started: Started, skew: int) -> None:
    client = await started(SimulatorConfig(clock_skew_ms=skew))
    assert (await client.get(MODE)).code == -1021
    assert (await client.get(MODE, timestamp=now() + skew)).status == 200
    assert abs(int(str((await client.get("/fapi/v1/time")).row["serverTime"])) - now() - skew) < 1000


async def test_the_clock_can_be_set_while_running(client: Client) -> None:
    await client.sim("POST", "clock", skew_ms=7000)
    assert (await client.get(MODE)).code == -1021
    await client.sim("POST", "clock", skew_ms=0)
    assert (await client.get(MODE)).status == 200
