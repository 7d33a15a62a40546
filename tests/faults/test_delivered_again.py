"""The stream delivers a decision again after its close has ended: the acknowledgement was lost with its worker."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts.close import CloseRequest
from contracts.intent import CloseIntent
from contracts.names import CLOSE_WORKFLOW, CONSUMER_GROUP, STREAM_INTENT, close_workflow_id, key_answered
from contracts.result import CloseResult
from tests.lab import Lab
from worker import policy_of


async def test_r11_a_decision_that_another_bridge_answered_in_bulk_meanwhile_is_not_carried_out_nor_answered_again(
    lab: Lab,
) -> None:
    """One bridge held it back for longer than others wait; Temporal was away."""
    assert lab.settings is not None
    await lab.open("SOLUSDT", "LONG", "10")
    intent = CloseIntent(entry_id="5-1", symbol="SOLUSDT", action="CLOSE", decided_at=datetime.now(UTC), stale=True)
    await lab.redis.zadd(key_answered(lab.account), {intent.entry_id: 1})

    result = await lab.client.execute_workflow(
        CLOSE_WORKFLOW,
        CloseRequest(intent=intent, policy=policy_of(lab.settings)),
        id=close_workflow_id(lab.account, "SOLUSDT"),
        task_queue=lab.settings.task_queue,
        result_type=CloseResult,
    )

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
