"""A decision is young when it is accepted and grows old before it can be carried out: it is carried out.

The age that R65 forbids is the one at acceptance. That the exchange keeps it waiting is not the decision's fault.
"""

from datetime import timedelta

import pytest

from tests.lab import Lab

MOST = timedelta(seconds=2)
OVERLOADED = {"code": -1008, "status": 503}


async def forget_after(lab: Lab, limit: timedelta) -> None:
    """Restart with another limit of age."""
    await lab.stop()
    assert lab.settings is not None
    lab.settings = lab.settings.model_copy(update={"max_intent_age": limit})
    await lab.start()


async def age_of_last_order_ms(lab: Lab, entry: str) -> int:
    """From the stream entry to the arrival of our last order."""
    decided_ms = int(entry.partition("-")[0])
    arrived_ms: int = (await lab.requests("SOLUSDT"))[-1]["arrived_ms"]
    return arrived_ms - decided_ms


@pytest.mark.parametrize(
    ("call", "times"), [("GET /fapi/v3/positionRisk", 9), ("GET /fapi/v1/userTrades", 9), ("POST /fapi/v1/order", 1)]
)
async def test_an_emergency_that_grows_old_because_the_exchange_is_away_is_carried_out(
    lab: Lab, call: str, times: int
) -> None:
    await forget_after(lab, MOST)
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("error", call=call, times=times, **OVERLOADED)

    entry = await lab.send("SOLUSDT", "EMERGENCY_CLOSE", reason="emergency_stop_loss (R=-2.2)")

    result = await lab.result(entry)
    assert result["outcome"] == "CLOSED_FLAT"
    assert await age_of_last_order_ms(lab, entry) > MOST.total_seconds() * 1000
    assert await lab.position("SOLUSDT") == 0


async def test_an_emergency_that_grows_old_behind_another_close_of_its_symbol_is_carried_out(lab: Lab) -> None:
    await forget_after(lab, MOST)
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("executed_delay", delay_ms=900)
    await lab.fault("error", call="GET /fapi/v3/positionRisk", skip=1, times=9, **OVERLOADED)
    partial = await lab.send("SOLUSDT", "PARTIAL_25")
    await lab.until("SOLUSDT", attempts=1)

    entry = await lab.send("SOLUSDT", "EMERGENCY_CLOSE", reason="emergency_stop_loss (R=-2.2)")

    assert (await lab.result(partial))["outcome"] in {"REDUCED", "SUPERSEDED"}
    assert (await lab.result(entry))["outcome"] == "CLOSED_FLAT"
    assert await age_of_last_order_ms(lab, entry) > MOST.total_seconds() * 1000
    assert await lab.position("SOLUSDT") == 0


async def test_r65_a_decision_that_was_too_old_when_it_arrived_is_still_not_carried_out(lab: Lab) -> None:
    await forget_after(lab, MOST)
    await lab.open("SOLUSDT", "LONG", "100")

    result = await lab.close("SOLUSDT", timestamp="2026-01-01T00:00:00Z")

    assert result["outcome"] == "SKIPPED_STALE"
    assert await lab.requests("SOLUSDT") == []
    assert await lab.position("SOLUSDT") == 100
