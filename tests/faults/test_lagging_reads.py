"""What the exchange shows is behind what it did: a picture that lags is waited for, never acted on (R45, R52)."""

from decimal import Decimal

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from tests.bridge.servers import eventually
from tests.lab import Lab

POSITION = "GET /fapi/v3/positionRisk"
TRADES = "GET /fapi/v1/userTrades"


async def position_becomes(lab: Lab, symbol: str, quantity: str) -> None:
    """Return when the exchange itself says so."""

    async def is_there() -> bool:
        return await lab.position(symbol) == Decimal(quantity)

    await eventually(is_there)


@pytest.mark.parametrize("traded", ["5", "-5"])
@pytest.mark.parametrize(("call", "lag_ms"), [(POSITION, 1500), (TRADES, 3000)])
async def test_r68_a_repeated_rung_takes_no_second_part_while_reads_lag_behind_somebody_elses_trade(
    lab: Lab, call: str, lag_ms: int, traded: str
) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    first = await lab.close("SOLUSDT", "PARTIAL_25")
    await lab.handle("SOLUSDT").result()
    await lab.fault("read_lag", call=call, delay_ms=lag_ms)
    await lab.open("SOLUSDT", "LONG", traded)

    repeated = await lab.close("SOLUSDT", "PARTIAL_25")

    assert (first["outcome"], repeated["outcome"]) == ("REDUCED", "ALREADY_DONE")
    assert len(await lab.requests("SOLUSDT")) == 1
    assert await lab.executed("SOLUSDT") == 25
    assert await lab.position("SOLUSDT") == 75 + Decimal(traded)


@pytest.mark.parametrize("lag_ms", [1500, 4000])
async def test_r68_a_repeated_rung_takes_no_second_part_while_the_order_of_the_first_cannot_be_read(
    temporal: Client, redis: Redis, lag_ms: int
) -> None:
    """Found by a drill: the first id was refused, the second executed; its trade was shown and the order was not."""
    async with Lab(temporal, redis, user_stream=True) as lab:
        await lab.stream_connected()
        await lab.open("SOLUSDT", "LONG", "100")
        await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.")
        await lab.fault("read_lag", call="GET /fapi/v1/order", delay_ms=lag_ms)
        first = await lab.close("SOLUSDT", "PARTIAL_25")
        await lab.handle("SOLUSDT").result()

        repeated = await lab.close("SOLUSDT", "PARTIAL_25")

        assert (first["outcome"], repeated["outcome"]) == ("REDUCED", "ALREADY_DONE")
        assert await lab.executed("SOLUSDT") == 25
        assert await lab.position("SOLUSDT") == 75


async def test_a_full_close_of_a_position_whose_opening_cannot_be_read_yet_claims_nothing_of_the_one_before(
    temporal: Client, redis: Redis
) -> None:
    async with Lab(temporal, redis, user_stream=True) as lab:
        await lab.open("SOLUSDT", "LONG", "30")
        await lab.fault("read_lag", call=TRADES, delay_ms=3000)
        before = await lab.close("SOLUSDT")  # its fills were told by the stream; trades do not show them yet
        await lab.handle("SOLUSDT").result()
        await lab.open("SOLUSDT", "LONG", "20")

        result = await lab.close("SOLUSDT")

        assert result["outcome"] == "CLOSED_FLAT"
        assert Decimal(result["filled_qty"]) == 20
        assert await lab.position("SOLUSDT") == 0
        assert not set(before["client_order_id"].split(",")) & set(result["client_order_id"].split(","))


async def test_a_full_close_that_was_refused_ends_flat_although_the_position_lags_behind_what_a_stop_took(
    lab: Lab,
) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("read_lag", call=POSITION, times=-1, delay_ms=4500)
    await lab.fault("error", code=-4131, msg="The counterparty's best price does not meet the PERCENT_PRICE filter.")
    entry = await lab.send("SOLUSDT", "EMERGENCY_CLOSE")
    await lab.until("SOLUSDT", attempts=1)
    await lab.open("SOLUSDT", "LONG", "-30")

    result = await lab.result(entry)

    assert await lab.position("SOLUSDT") == 0
    assert await lab.executed("SOLUSDT") == 70
    assert Decimal(result["position_amt"]) == 0
    assert Decimal(result["filled_qty"]) == 70


async def test_a_position_that_opened_a_moment_ago_is_not_taken_for_flat_because_its_read_lags(lab: Lab) -> None:
    await lab.fault("read_lag", call=POSITION, times=-1, delay_ms=1500)
    await lab.open("SOLUSDT", "LONG", "100")

    result = await lab.close("SOLUSDT", "EMERGENCY_CLOSE", reason="emergency_stop_loss")

    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_FLAT", Decimal(100))
    assert await lab.position("SOLUSDT") == 0


@pytest.mark.parametrize("action", ["CLOSE", "PARTIAL_50"])
async def test_r52_a_position_opened_and_then_reduced_a_moment_ago_is_not_taken_for_flat_because_its_read_lags(
    lab: Lab, action: str
) -> None:
    """Found by a drill."""
    await lab.fault("read_lag", call=POSITION, times=-1, delay_ms=2500)
    await lab.open("SOLUSDT", "SHORT", "100")
    await lab.call("POST", "/sim/price", symbol="SOLUSDT", price="140")
    await lab.open("SOLUSDT", "SHORT", "-40")

    result = await lab.close("SOLUSDT", action)

    left = 0 if action == "CLOSE" else 30
    assert Decimal(result["filled_qty"]) == await lab.executed("SOLUSDT") == 60 - left
    assert await lab.position("SOLUSDT") == -left


async def test_what_somebody_else_closed_before_we_could_look_is_not_claimed_for_our_orders(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("partial_fill", fraction="0.4")
    await lab.fault("error", call=POSITION, code=-1001, status=503, skip=1, times=4)  # the snapshot's read succeeds
    entry = await lab.send("SOLUSDT")
    await position_becomes(lab, "SOLUSDT", "60")
    await lab.open("SOLUSDT", "LONG", "-60")

    result = await lab.result(entry)

    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_ELSEWHERE", Decimal(40))
    assert await lab.executed("SOLUSDT") == 40
    assert await lab.trades_closed() == []


@pytest.mark.parametrize(("call", "lag_ms"), [(POSITION, 2500), (TRADES, 2500)])
async def test_r46_a_lost_order_made_from_reads_of_different_moments_is_settled(
    lab: Lab, call: str, lag_ms: int
) -> None:
    """Found by a drill: somebody else's trade was in one of the two reads only, and nothing was proof any more."""
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.close("SOLUSDT", "PARTIAL_25")
    await lab.handle("SOLUSDT").result()
    await lab.fault("read_lag", call=call, delay_ms=lag_ms)
    await lab.open("SOLUSDT", "LONG", "-30")
    await lab.fault("refused_cut")

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.position("SOLUSDT") == 0
    assert await lab.executed("SOLUSDT") == 70
