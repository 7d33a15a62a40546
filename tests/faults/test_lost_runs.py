"""A run is lost or given up while its order is out: whoever comes next sends only what is really left."""

from decimal import Decimal

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from contracts.names import key_sent
from kernel.identity import client_order_id
from tests.bridge.servers import eventually
from tests.lab import Lab

ORDER = "GET /fapi/v1/order"
TRADES = "GET /fapi/v1/userTrades"
UNREADABLE = "the exchange: -1001: An unknown error occurred while processing the request."
FOR_THE_WHOLE_TEST_MS = 60_000
DOGE = "DOGEUSDT"
"""At most 100,000 in one MARKET order."""


async def position_becomes(lab: Lab, symbol: str, quantity: str) -> None:
    """Return when the exchange itself says so."""

    async def is_there() -> bool:
        return await lab.position(symbol) == Decimal(quantity)

    await eventually(is_there)


async def accepted(lab: Lab, symbol: str) -> list[Decimal]:
    """Quantities of the orders that the exchange took."""
    return [Decimal(row["params"]["quantity"]) for row in await lab.requests(symbol) if row["outcome"] == "accepted"]


async def test_a_split_rung_whose_run_is_lost_is_not_begun_again_while_trades_lag(lab: Lab) -> None:
    await lab.open(DOGE, "LONG", "1000000")
    await lab.fault("read_lag", call=TRADES, times=-1, delay_ms=3000)
    await lab.send(DOGE, "PARTIAL_25")
    await position_becomes(lab, DOGE, "750000")
    await lab.handle(DOGE).terminate("as if Temporal were empty")

    result = await lab.close(DOGE, "PARTIAL_25")

    assert result["outcome"] == "ALREADY_DONE"
    assert await accepted(lab, DOGE) == [50_000, 100_000, 100_000]
    assert await lab.position(DOGE) == 750_000


async def test_a_split_rung_whose_run_is_lost_between_two_pieces_is_finished_by_the_missing_one(lab: Lab) -> None:
    await lab.open(DOGE, "LONG", "1000000")
    await lab.fault("error", code=-1008, status=503, msg="overloaded", skip=2, times=3)
    await lab.send(DOGE, "PARTIAL_25")
    await position_becomes(lab, DOGE, "850000")
    await lab.handle(DOGE).terminate("as if Temporal were empty")

    result = await lab.close(DOGE, "PARTIAL_25")

    assert result["outcome"] == "REDUCED"
    assert await accepted(lab, DOGE) == [50_000, 100_000, 100_000]
    assert await lab.position(DOGE) == 750_000


@pytest.mark.parametrize("refused_before", [0, 1, 2])
async def test_r46_a_rung_whose_order_is_still_on_its_way_when_its_run_is_lost_executes_once_in_all(
    lab: Lab, refused_before: int
) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    if refused_before:
        await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.", times=refused_before)
    await lab.fault("late_execution", delay_ms=700)
    await lab.send("SOLUSDT", "PARTIAL_50")
    await lab.until("SOLUSDT", phase="settle")
    assert await lab.position("SOLUSDT") == 100
    await lab.handle("SOLUSDT").terminate("as if Temporal were empty")

    result = await lab.close("SOLUSDT", "PARTIAL_50")

    assert result["outcome"] in {"REDUCED", "ALREADY_DONE"}
    assert len(await lab.requests("SOLUSDT")) == refused_before + 1
    assert await lab.executed("SOLUSDT") == 50
    assert await lab.position("SOLUSDT") == 50


async def test_an_order_of_a_run_before_is_settled_by_its_own_fence_and_not_by_one_that_begins_now(
    temporal: Client, redis: Redis
) -> None:
    async with Lab(temporal, redis, recv_window_ms=5000) as lab:
        await lab.open("SOLUSDT", "LONG", "100")
        (opening,) = (await lab.call("GET", "/sim/ledger", symbol="SOLUSDT"))["fills"]
        lost = client_order_id(opening["trade_id"], "full", 1)
        await redis.set(key_sent(lab.account, "SOLUSDT", lost), opening["time_ms"] - 20_000)

        result = await lab.close("SOLUSDT", "EMERGENCY_CLOSE")

        assert result["outcome"] == "CLOSED_FLAT"
        settled, _ = await lab.handle("SOLUSDT").query("attempts")
        (sent,) = await lab.requests("SOLUSDT")
        assert (settled["settled_as"], settled["ticket"]["client_order_id"]) == ("refused", lost)
        assert sent["arrived_ms"] < settled["ticket"]["timestamp_ms"] + settled["ticket"]["recv_window_ms"]


async def test_a_partial_that_never_executed_and_cannot_be_proven_so_does_not_keep_a_full_close_waiting(
    lab: Lab,
) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("refused_cut")
    await lab.fault("read_lag", call=TRADES, delay_ms=FOR_THE_WHOLE_TEST_MS)
    partial = await lab.send("SOLUSDT", "PARTIAL_25")
    await lab.until("SOLUSDT", phase="settle")
    await lab.open("SOLUSDT", "LONG", "7")  # the position moves, and no trade explains it
    await lab.until("SOLUSDT", waiting_for="proof of what became of the order: position_differs")

    full = await lab.send("SOLUSDT")

    await position_becomes(lab, "SOLUSDT", "0")
    await lab.call("DELETE", "/sim/faults")
    assert (await lab.result(partial))["outcome"] == "SUPERSEDED"
    assert (await lab.result(full))["outcome"] == "CLOSED_FLAT"
    assert await lab.executed("SOLUSDT") == 107


async def test_a_partial_that_executed_and_cannot_be_looked_up_does_not_keep_a_full_close_waiting(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("read_lag", call=ORDER, times=-1, delay_ms=FOR_THE_WHOLE_TEST_MS)
    await lab.fault("executed_cut")
    partial = await lab.send("SOLUSDT", "PARTIAL_25")
    await lab.until("SOLUSDT", waiting_for="proof of what became of the order: unexplained_trades")

    full = await lab.send("SOLUSDT")

    assert (await lab.result(full))["outcome"] == "CLOSED_FLAT"
    assert (await lab.result(partial))["outcome"] == "SUPERSEDED"
    assert await accepted(lab, "SOLUSDT") == [25, 75]
    assert await lab.position("SOLUSDT") == 0


async def test_a_partial_whose_order_cannot_be_read_for_a_while_gives_way_to_a_full_close(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("error", call=ORDER, code=-1001, status=503, skip=1, times=9)  # the first look-up is the snapshot's
    await lab.fault("executed_cut")
    partial = await lab.send("SOLUSDT", "PARTIAL_25")
    await lab.until("SOLUSDT", waiting_for=UNREADABLE)

    full = await lab.send("SOLUSDT")

    assert (await lab.result(full))["outcome"] == "CLOSED_FLAT"
    assert (await lab.result(partial))["outcome"] in {"SUPERSEDED", "REDUCED"}
    assert await lab.executed("SOLUSDT") == 100
    assert await lab.position("SOLUSDT") == 0
