"""Candles: a past that hangs together, then what the mark did."""

from decimal import Decimal
from itertools import pairwise

import pytest

from simulator import SimulatorConfig
from simulator.intervals import NAMES
from tests.simulator.client import Client
from tests.simulator.conftest import Started

KLINES = "/fapi/v1/klines"
MINUTE, DAY = 60_000, 24 * 3600 * 1000
OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, CLOSE_TIME, _, TRADES = range(9)
Candle = list[object]


async def klines(client: Client, symbol: str = "BTCUSDT", path: str = KLINES, **params: object) -> list[Candle]:
    rows: list[Candle] = (await client.get(path, symbol=symbol, **params)).rows  # type: ignore[assignment]
    return rows


def number(candle: Candle, field: int) -> Decimal:
    return Decimal(str(candle[field]))


@pytest.mark.parametrize("interval", NAMES)
async def test_candles_of_any_length_follow_each_other_up_to_the_mark(client: Client, interval: str) -> None:
    candles = await klines(client, interval=interval, limit=60)
    assert len(candles) == 60
    for earlier, later in pairwise(candles):
        assert int(str(earlier[CLOSE_TIME])) + 1 == later[OPEN_TIME]
        assert earlier[CLOSE] == later[OPEN]
    for candle in candles:
        body = number(candle, OPEN), number(candle, CLOSE)
        assert number(candle, LOW) <= min(body) <= max(body) <= number(candle, HIGH)
        assert sum(body) % Decimal("0.10") == 0
    assert number(candles[-1], CLOSE) == 64000


async def test_a_long_candle_is_the_sum_of_its_short_ones(client: Client) -> None:
    (day,) = await klines(client, interval="1d", limit=1, endTime=await now(client) - DAY)
    start, end = int(str(day[OPEN_TIME])), int(str(day[CLOSE_TIME]))
    for interval, count in (("1m", 1440), ("15m", 96), ("4h", 6)):
        parts = await klines(client, interval=interval, startTime=start, endTime=end, limit=1500)
        assert len(parts) == count
        assert (parts[0][OPEN], parts[-1][CLOSE]) == (day[OPEN], day[CLOSE])
        assert max(number(part, HIGH) for part in parts) == number(day, HIGH)
        assert min(number(part, LOW) for part in parts) == number(day, LOW)
        assert sum(number(part, VOLUME) for part in parts) == number(day, VOLUME)


async def test_the_same_seed_has_the_same_past_and_another_one_has_not(started: Started) -> None:
    pasts = []
    for seed in (7, 7, 8):
        client = await started(SimulatorConfig(seed=seed))
        pasts.append(await klines(client, interval="1h", limit=48, endTime=await now(client) - DAY))
    assert pasts[0] == pasts[1] != pasts[2]


async def test_the_marks_way_is_kept(client: Client) -> None:
    skew = await early_in_a_minute(client)
    for price in ("64100", "63900", "64050"):
        await client.sim("POST", "price", symbol="BTCUSDT", price=price)
    await client.order("BTCUSDT", "BUY", "2", timestamp=await now(client))
    await client.sim("POST", "clock", skew_ms=skew + 2 * MINUTE)
    await client.sim("POST", "price", symbol="BTCUSDT", price="64200")
    moved, between, last = await klines(client, interval="1m", limit=3)
    assert [number(moved, field) for field in (OPEN, HIGH, LOW, CLOSE)] == [64000, 64100, 63900, 64050]
    assert (moved[VOLUME], moved[TRADES]) == ("2.000", 1)
    assert {number(between, field) for field in (OPEN, HIGH, LOW, CLOSE)} == {Decimal(64050)}
    assert [number(last, field) for field in (OPEN, CLOSE)] == [64050, 64200]


async def test_a_span_is_walked_from_its_start_and_without_one_the_newest_come(client: Client) -> None:
    start = (await now(client) // DAY - 3) * DAY
    forwards = await klines(client, interval="1h", startTime=start, limit=3)
    assert [candle[OPEN_TIME] for candle in forwards] == [start, start + 60 * MINUTE, start + 120 * MINUTE]
    backwards = await klines(client, interval="1h", endTime=start + 120 * MINUTE, limit=3)
    assert backwards == forwards
    assert await klines(client, interval="1h", startTime=start, endTime=start + 120 * MINUTE) == forwards


async def test_a_days_statistics_are_those_of_its_candles(client: Client) -> None:
    await early_in_a_minute(client)
    day = (await client.get("/fapi/v1/ticker/24hr", symbol="BTCUSDT")).row
    minutes = await klines(client, interval="1m", startTime=day["openTime"], limit=1500)
    assert day["openPrice"] == minutes[0][OPEN]
    assert day["lastPrice"] == minutes[-1][CLOSE]
    assert Decimal(str(day["highPrice"])) == max(number(candle, HIGH) for candle in minutes)
    assert Decimal(str(day["volume"])) == sum(number(candle, VOLUME) for candle in minutes)
    assert day["count"] == sum(int(str(candle[TRADES])) for candle in minutes)


async def test_what_asks_for_no_candle_is_refused(client: Client) -> None:
    refused = {
        "interval": await client.get(KLINES, symbol="BTCUSDT", interval="7m"),
        "symbol": await client.get(KLINES, symbol="NOPE", interval="1m"),
        "limit": await client.get(KLINES, symbol="BTCUSDT", interval="1m", limit=1501),
        "none": await client.get(KLINES, symbol="BTCUSDT"),
    }
    codes = {name: reply.code for name, reply in refused.items()}
    assert codes == {"interval": -1120, "symbol": -1121, "limit": -1130, "none": -1102}


@pytest.mark.parametrize(("limit", "weight"), [(99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1001, 10)])
async def test_many_candles_weigh_more(client: Client, limit: int, weight: int) -> None:
    reply = await client.raw("GET", KLINES, f"symbol=BTCUSDT&interval=1m&limit={limit}")
    assert reply.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


async def early_in_a_minute(client: Client) -> int:
    """Set the exchange's clock on when its minute is nearly over, so that what follows falls into one; how far, ms."""
    skew = 30_000 if await now(client) % MINUTE > 30_000 else 0
    await client.sim("POST", "clock", skew_ms=skew)
    return skew


async def now(client: Client) -> int:
    return int(str((await client.get("/fapi/v1/time")).row["serverTime"]))


async def test_more_than_there_can_be_is_refused(client: Client) -> None:
    assert (await client.get(KLINES, symbol="BTCUSDT", interval="1m", limit="9" * 40)).code == -1130
