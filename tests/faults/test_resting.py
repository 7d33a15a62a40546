"""Resting stops: a close neither waits for them nor leaves them behind (R56)."""

from decimal import Decimal

import pytest

from tests.faults.test_position_replaced import rest_a_stop, stops
from tests.lab import Lab

LISTING = "GET /fapi/v1/openAlgoOrders"


async def unread(lab: Lab, times: int) -> None:
    """The service of conditional orders is away; positions and orders are not."""
    await lab.fault("error", call=LISTING, code=-1001, status=503, times=times)


@pytest.mark.parametrize("action", ["CLOSE", "PARTIAL_25", "EMERGENCY_CLOSE"])
async def test_a_close_does_not_wait_for_a_list_of_stops_that_cannot_be_read(lab: Lab, action: str) -> None:
    await unread(lab, times=-1)
    await lab.open("SOLUSDT", "LONG", "10")

    result = await lab.close("SOLUSDT", action)

    assert result["outcome"] in {"CLOSED_FLAT", "REDUCED"}
    assert await lab.orders_executed("SOLUSDT") == 1


async def test_r56_stops_that_could_not_be_listed_at_first_are_cancelled_when_they_can(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await rest_a_stop(lab, "10", "stop-1")
    await unread(lab, times=5)  # the read of the close, and the first ones of the sweep

    await lab.close("SOLUSDT")
    await lab.handle("SOLUSDT").result()

    assert await stops(lab) == []
    assert "1 resting reducing orders cancelled" in str(await lab.handle("SOLUSDT").query("timeline"))


async def test_r56_stops_that_stay_unread_call_a_human_and_the_close_ends(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await unread(lab, times=-1)

    await lab.close("SOLUSDT")
    result = await lab.handle("SOLUSDT").result()

    assert result["outcome"] == "CLOSED_FLAT"
    assert "a human is needed: stops may be left of the position" in str(await lab.handle("SOLUSDT").query("timeline"))


async def test_while_stops_stay_unread_the_next_position_is_closed_at_once(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await unread(lab, times=-1)
    await lab.close("SOLUSDT")
    await lab.open("SOLUSDT", "LONG", "7")

    result = await lab.close("SOLUSDT", "EMERGENCY_CLOSE")

    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_FLAT", Decimal(7))


async def test_a_symbol_that_is_delisted_after_its_close_leaves_no_decision_without_an_answer(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await unread(lab, times=-1)  # so the close tidies up for a while when its result is told
    await lab.close("SOLUSDT")
    await lab.fault("error", call="GET /fapi/v3/positionRisk", code=-1121, msg="Invalid symbol.", times=-1)

    later = await lab.send("SOLUSDT")

    assert (await lab.result(later))["reason_codes"].startswith("unknown_symbol")


async def test_what_is_in_the_way_is_read_and_cancelled_before_the_next_try(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await rest_a_stop(lab, "10", "stop-1")
    await unread(lab, times=2)
    await lab.fault("error", code=-4118, msg="ReduceOnly Order Failed.")

    result = await lab.close("SOLUSDT", "PARTIAL_25")

    assert result["outcome"] == "REDUCED"
    assert await stops(lab) == []
    assert await lab.orders_executed("SOLUSDT") == 1
