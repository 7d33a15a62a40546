"""The stream delivers a decision again after its close has ended: the acknowledgement was lost with its worker."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts.intent import CloseIntent
from contracts.names import CONSUMER_GROUP, STREAM_INTENT, key_answered
from tests.lab import Lab


async def test_r01_an_answered_decision_that_comes_again_takes_the_place_of_no_running_one(lab: Lab) -> None:
    """Found by a drill: the full close of the position before made a partial one of the next give way."""
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.result(await lab.send("SOLUSDT"))
    await lab.handle("SOLUSDT").result()
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.", times=-1)
    partial = await lab.send("SOLUSDT", "PARTIAL_25")
    await lab.until("SOLUSDT", attempts=1)

    await lab.stop()
    await lab.redis.xgroup_setid(STREAM_INTENT, CONSUMER_GROUP, "0")
    await lab.start()
    again = await lab.send("ETHUSDT")
    await lab.result(again)  # everything before it on the stream was read
    await lab.call("DELETE", "/sim/faults")

    assert (await lab.result(partial))["outcome"] == "REDUCED"
    assert await lab.position("SOLUSDT") == 75


async def test_r11_a_decision_that_another_bridge_answered_in_bulk_meanwhile_is_not_carried_out_nor_answered_again(
    lab: Lab,
) -> None:
    """One bridge held it back for longer than others wait; Temporal was away."""
    await lab.open("SOLUSDT", "LONG", "10")
    intent = CloseIntent(entry_id="5-1", symbol="SOLUSDT", action="CLOSE", decided_at=datetime.now(UTC), stale=True)
    await lab.redis.zadd(key_answered(lab.account), {intent.entry_id: 1})

    result = await lab.carry_out(intent)

    assert (result.outcome, result.decisive) == ("ALREADY_DONE", "answered_before")
    assert await lab.requests("SOLUSDT") == []
    assert await lab.results(intent.entry_id) == []


@pytest.mark.parametrize(("action", "fields"), [("CLOSE", {}), ("PARTIAL_CLOSE", {"percentage": "0.5"})])
async def test_r01_an_answered_decision_that_comes_again_leaves_a_reopened_position_alone(
    lab: Lab, action: str, fields: dict[str, str]
) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    entry = await lab.send("SOLUSDT", action, **fields)
    await lab.result(entry)
    await lab.handle("SOLUSDT").result()
    left = await lab.position("SOLUSDT")
    if left:
        await lab.call("POST", "/sim/position", symbol="SOLUSDT", side="LONG", quantity=str(-left))
    await lab.open("SOLUSDT", "LONG", "7")  # a moment after the decision: by the clocks it could be about this one
    before = await lab.requests("SOLUSDT")

    await lab.stop()
    await lab.redis.xgroup_setid(STREAM_INTENT, CONSUMER_GROUP, "0")
    await lab.start()
    again = await lab.send("ETHUSDT")
    await lab.result(again)  # everything before it on the stream was read
    await lab.handle("SOLUSDT").result()

    assert await lab.position("SOLUSDT") == Decimal(7)
    assert await lab.requests("SOLUSDT") == before
    assert len(await lab.results(entry)) == 1
