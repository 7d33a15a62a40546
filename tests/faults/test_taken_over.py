"""A stronger decision goes on at once, but its result waits for the order that was given up for it (R46, R65)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from kernel.settle import fence_ms
from tests.bridge.servers import eventually
from tests.lab import Lab

SYMBOL = "SOLUSDT"
ORDER = "GET /fapi/v1/order"


async def lose_a_part(lab: Lab, action: str, how: str, *, side: str = "", **fault: Any) -> tuple[str, int]:
    """A part of 100 is closed, and the answer to its order lost: the entry, and until when the order may execute."""
    await lab.open(SYMBOL, "LONG", "100")
    await lab.fault(how, **fault)
    entry = await lab.send(SYMBOL, action, **({"side": side} if side else {}))
    await lab.until(SYMBOL, phase="settle")
    first = (await lab.requests(SYMBOL))[0]
    return entry, fence_ms(int(first["params"]["timestamp"]), lab.recv_window_ms)


async def flat(lab: Lab, side: str | None = None) -> None:
    """Return when the exchange itself says so."""

    async def is_flat() -> bool:
        return await lab.position(SYMBOL, side) == 0

    await eventually(is_flat)


async def fate_of_the_first(lab: Lab) -> Mapping[str, Any]:
    """The first request, once the exchange is done with it."""
    rows: list[Mapping[str, Any]] = []

    async def decided() -> bool:
        rows[:] = await lab.requests(SYMBOL)
        return rows[0]["code"] is not None or rows[0]["outcome"] == "accepted"

    await eventually(decided)
    return rows[0]


@pytest.mark.parametrize("closed_by", ["us", "somebody else"])
async def test_r46_a_reentry_after_the_result_is_out_of_reach_of_the_order_that_was_given_up(
    temporal: Client, redis: Redis, closed_by: str
) -> None:
    """Found by a drill: it executed late, and took a part of the position opened after the result."""
    async with Lab(temporal, redis, recv_window_ms=2500) as lab:
        await lose_a_part(lab, "PARTIAL_25", "late_execution", delay_ms=2000)
        if closed_by != "us":
            await lab.open(SYMBOL, "LONG", "-100")

        result = await lab.close(SYMBOL, "EMERGENCY_CLOSE")
        await lab.open(SYMBOL, "LONG", "60")

        assert result["outcome"] == ("CLOSED_FLAT" if closed_by == "us" else "ALREADY_FLAT")
        assert (await fate_of_the_first(lab))["code"] == -2022
        assert await lab.position(SYMBOL) == 60


async def test_r46_hedge_mode_a_part_of_the_other_side_that_waits_does_not_bring_it_within_reach(
    temporal: Client, redis: Redis
) -> None:
    async with Lab(temporal, redis, hedge=True, recv_window_ms=2500) as lab:
        await lab.open(SYMBOL, "SHORT", "40")
        await lose_a_part(lab, "PARTIAL_25", "late_execution", side="LONG", delay_ms=2000)
        other = await lab.send(SYMBOL, "PARTIAL_50", side="SHORT")

        result = await lab.close(SYMBOL, "EMERGENCY_CLOSE", side="LONG")
        await lab.open(SYMBOL, "LONG", "60")

        assert (result["outcome"], (await lab.result(other))["outcome"]) == ("CLOSED_FLAT", "REDUCED")
        assert (await fate_of_the_first(lab))["code"] is not None
        assert await lab.position(SYMBOL, "LONG") == 60
        assert await lab.position(SYMBOL, "SHORT") == -20


async def test_the_order_of_a_stronger_decision_does_not_wait_for_the_one_that_was_given_up(lab: Lab) -> None:
    _, fence = await lose_a_part(lab, "PARTIAL_25", "refused_cut")

    await lab.close(SYMBOL)

    assert int((await lab.requests(SYMBOL))[1]["params"]["timestamp"]) < fence - 1000


async def test_a_close_of_a_reentry_does_not_wait_for_it_either(temporal: Client, redis: Redis) -> None:
    async with Lab(temporal, redis, recv_window_ms=5000) as lab:
        part, fence = await lose_a_part(lab, "PARTIAL_25", "refused_cut")
        emergency = await lab.send(SYMBOL, "EMERGENCY_CLOSE")
        await flat(lab)
        await lab.open(SYMBOL, "LONG", "60")
        again = await lab.close(SYMBOL, "EMERGENCY_CLOSE")

        assert (again["outcome"], Decimal(again["filled_qty"])) == ("CLOSED_FLAT", Decimal(60))
        assert int((await lab.requests(SYMBOL))[-1]["params"]["timestamp"]) < fence - 1000
        results = {entry: await lab.results(entry) for entry in (part, emergency)}
        assert [(len(each), each[0]["outcome"]) for each in results.values()] == [(1, "SUPERSEDED"), (1, "CLOSED_FLAT")]


async def test_hedge_mode_a_close_of_the_other_side_does_not_wait_for_it_either(temporal: Client, redis: Redis) -> None:
    async with Lab(temporal, redis, hedge=True, recv_window_ms=5000) as lab:
        await lab.open(SYMBOL, "SHORT", "40")
        _, fence = await lose_a_part(lab, "PARTIAL_25", "refused_cut", side="LONG")
        long = await lab.send(SYMBOL, "EMERGENCY_CLOSE", side="LONG")
        await flat(lab, "LONG")

        short = await lab.close(SYMBOL, side="SHORT")

        assert ((await lab.result(long))["outcome"], short["outcome"]) == ("CLOSED_FLAT", "CLOSED_FLAT")
        assert int((await lab.requests(SYMBOL))[-1]["params"]["timestamp"]) < fence - 1000


async def test_r56_stops_of_the_closed_position_are_gone_before_its_result_waits(
    temporal: Client, redis: Redis
) -> None:
    async with Lab(temporal, redis, recv_window_ms=5000) as lab:
        await lose_a_part(lab, "PARTIAL_25", "refused_cut")
        assert lab.exchange is not None
        exchange = lab.exchange
        await exchange._client.futures_create_algo_order(
            algoType="CONDITIONAL", symbol=SYMBOL, side="SELL", type="STOP_MARKET", triggerPrice="50", quantity="10",
            reduceOnly="true", clientAlgoId="stop-1",
        )  # fmt: skip
        emergency = await lab.send(SYMBOL, "EMERGENCY_CLOSE")

        async def swept() -> bool:
            return await exchange.open_algo_orders(SYMBOL) == ()

        await eventually(swept)

        assert await lab.position(SYMBOL) == 0
        assert await lab.results(emergency) == []


async def test_r70_what_the_order_that_was_given_up_executed_is_in_the_result_of_the_full_close(lab: Lab) -> None:
    await lab.fault("read_lag", call=ORDER, times=-1, delay_ms=1500)
    await lose_a_part(lab, "PARTIAL_25", "executed_cut")

    result = await lab.close(SYMBOL)

    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_FLAT", Decimal(100))
    assert sorted(result["client_order_id"].split(",")) == sorted(
        row["client_order_id"] for row in await lab.requests(SYMBOL)
    )
    assert "position_moved_by_others" not in result["reason_codes"]
    assert len(await lab.trades_closed()) == 1
