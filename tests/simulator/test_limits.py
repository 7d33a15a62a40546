"""Request weight and order counts."""

import asyncio

import pytest

from simulator import SimulatorConfig
from tests.simulator.client import Client
from tests.simulator.conftest import Started

WEIGHT = "X-MBX-USED-WEIGHT-1M"
CALLS = {
    ("GET", "/fapi/v1/ping", ""): 1,
    ("GET", "/fapi/v1/exchangeInfo", ""): 1,
    ("GET", "/fapi/v1/premiumIndex", ""): 10,
    ("GET", "/fapi/v1/premiumIndex", "BTCUSDT"): 1,
    ("GET", "/fapi/v2/ticker/price", ""): 2,
    ("GET", "/fapi/v1/ticker/bookTicker", "BTCUSDT"): 2,
    ("GET", "/fapi/v1/ticker/bookTicker", ""): 5,
    ("GET", "/fapi/v1/positionSide/dual", ""): 30,
    ("GET", "/fapi/v1/accountConfig", ""): 5,
    ("GET", "/fapi/v3/positionRisk", ""): 5,
    ("GET", "/fapi/v1/openOrders", ""): 40,
    ("GET", "/fapi/v1/openOrders", "BTCUSDT"): 1,
    ("GET", "/fapi/v1/userTrades", "BTCUSDT"): 5,
    ("GET", "/fapi/v1/commissionRate", "BTCUSDT"): 20,
    ("GET", "/fapi/v1/order", "BTCUSDT"): 1,
    ("POST", "/fapi/v1/order", "BTCUSDT"): 0,
    ("GET", "/fapi/v1/openAlgoOrders", ""): 40,
}


async def test_every_call_has_its_weight(started: Started) -> None:
    client = await started(SimulatorConfig(clock_skew_ms=0))
    used = 0
    for (method, path, symbol), weight in CALLS.items():
        reply = await client.call(method, path, **({"symbol": symbol} if symbol else {}))
        now = int(reply.headers[WEIGHT])
        if now >= used:  # else a new minute has begun
            assert now - used == weight, path
        used = now


async def test_too_much_weight_is_refused_with_429_but_orders_pass(started: Started) -> None:
    client = await started(SimulatorConfig(weight_per_minute=39))
    assert (await client.get("/fapi/v1/positionSide/dual")).status == 200
    refused = await client.get("/fapi/v1/openOrders")
    assert (refused.status, refused.code) == (429, -1003)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert (await client.order("BTCUSDT", "BUY", "0.010")).status == 200


async def test_everything_that_was_counted_and_refused_can_be_asked_for(started: Started) -> None:
    client = await started(SimulatorConfig(weight_per_minute=39, orders_per_minute=1))
    await client.get("/fapi/v1/positionSide/dual")
    await client.get("/fapi/v1/openOrders")
    for _ in range(3):
        await client.order("BTCUSDT", "BUY", "0.010")

    told = (await client.sim("GET", "limits")).row

    assert told == {"weight": 70, "refused": {"429 -1003": 1, "429 -1015": 2}}


async def test_accepted_orders_are_counted_in_the_headers(client: Client) -> None:
    first = await client.order("BTCUSDT", "BUY", "0.010")
    refused = await client.order("BTCUSDT", "BUY", "0")
    assert int(first.headers["X-MBX-ORDER-COUNT-10S"]) == int(first.headers["X-MBX-ORDER-COUNT-1M"]) == 1
    assert "X-MBX-ORDER-COUNT-10S" not in refused.headers


@pytest.mark.parametrize("limit", [{"orders_per_10s": 2}, {"orders_per_minute": 2}])
async def test_too_many_orders_are_refused_with_429(client: Client, limit: dict[str, int]) -> None:
    await client.sim("POST", "limits", **limit)
    replies = await asyncio.gather(*(client.order("BTCUSDT", "BUY", "0.010") for _ in range(6)))
    refused = [reply for reply in replies if reply.status == 429]
    assert len(refused) >= 2  # six orders, two a window, at most two windows
    assert {reply.code for reply in refused} == {-1015}
    assert all(int(reply.headers["Retry-After"]) >= 1 for reply in refused)
    assert len(await client.fills()) == 6 - len(refused)


async def test_whoever_goes_on_after_429_is_banned_from_everything_each_time_for_longer(started: Started) -> None:
    client = await started(SimulatorConfig(weight_per_minute=39, refusals_before_ban=3))
    now = int(str((await client.raw("GET", "/fapi/v1/time")).row["serverTime"]))
    await client.sim("POST", "advance", ms=61_000 - now % 60_000)
    waits = []
    for _ in range(3):
        stamp = (await client.raw("GET", "/fapi/v1/time")).row["serverTime"]
        replies = [await client.get("/fapi/v1/openOrders", timestamp=stamp) for _ in range(4)]
        assert [reply.status for reply in replies] == [429, 429, 429, 418]
        banned = replies[-1]
        assert banned.code == -1003
        assert "banned until" in str(banned.row["msg"])
        waits.append(int(banned.headers["Retry-After"]))
        assert (await client.order("BTCUSDT", "BUY", "0.010", timestamp=stamp)).status == 418
        assert (await client.raw("GET", "/fapi/v1/ping")).status == 418
        await client.sim("POST", "advance", ms=waits[-1] * 1000 + 60_000)
    assert waits == [120, 240, 480]
    stamp = (await client.raw("GET", "/fapi/v1/time")).row["serverTime"]
    assert (await client.order("BTCUSDT", "BUY", "0.010", timestamp=stamp)).status == 200


async def test_whoever_waits_is_not_banned(started: Started) -> None:
    client = await started(SimulatorConfig(weight_per_minute=39, refusals_before_ban=3))
    for _ in range(3):
        stamp = (await client.raw("GET", "/fapi/v1/time")).row["serverTime"]
        replies = [await client.get("/fapi/v1/openOrders", timestamp=stamp) for _ in range(2)]
        assert {reply.status for reply in replies} == {429}
        await client.sim("POST", "advance", ms=60_000)
