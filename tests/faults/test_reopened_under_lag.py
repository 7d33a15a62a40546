"""A position is closed by somebody else and opened anew while the exchange does not list the trades yet."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from redis.asyncio import Redis
from temporalio.client import Client

from tests.lab import Lab

TRADES = "GET /fapi/v1/userTrades"


async def test_a_running_full_close_leaves_the_new_position_alone(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("error", code=-1008, status=503, msg="Server is currently overloaded", times=1)
    entry = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)
    await lab.fault("read_lag", call=TRADES, times=-1, delay_ms=2500)
    await lab.open("SOLUSDT", "LONG", "-100")
    await lab.call("POST", "/sim/price", symbol="SOLUSDT", price="149")
    await lab.open("SOLUSDT", "LONG", "60")

    await lab.result(entry)

    assert await lab.position("SOLUSDT") == 60


async def test_a_decision_older_than_the_new_position_leaves_it_alone(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.open("SOLUSDT", "LONG", "-100")
    await lab.fault("read_lag", call=TRADES, times=-1, delay_ms=2500)
    await lab.open("SOLUSDT", "LONG", "60")
    before = (datetime.now(UTC) - timedelta(seconds=7)).isoformat()

    await lab.close("SOLUSDT", timestamp=before)

    assert await lab.position("SOLUSDT") == 60


async def test_two_full_closes_within_one_lag_report_their_own_fills(temporal: Client, redis: Redis) -> None:
    async with Lab(temporal, redis, user_stream=True) as lab:
        await lab.open("SOLUSDT", "LONG", "5")
        await lab.close("SOLUSDT")
        await lab.handle("SOLUSDT").result()
        await lab.fault("read_lag", call=TRADES, times=-1, delay_ms=6000)
        filled = []
        for size in ("30", "20"):
            await lab.open("SOLUSDT", "LONG", size)
            filled.append(Decimal((await lab.close("SOLUSDT"))["filled_qty"]))
            await lab.handle("SOLUSDT").result()

        assert filled == [30, 20]
