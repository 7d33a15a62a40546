"""The stream delivers a decision again after its close has ended: the acknowledgement was lost with its worker."""

from decimal import Decimal

import pytest

from contracts.names import CONSUMER_GROUP, STREAM_INTENT
from tests.lab import Lab


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
