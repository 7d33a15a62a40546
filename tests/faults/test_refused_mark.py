"""A definite refusal leaves nothing behind that would delay the next decision about the same position."""

from tests.lab import Lab


async def test_an_emergency_after_refused_orders_is_sent_at_once(lab: Lab) -> None:
    await lab.open("SOLUSDT", "SHORT", "40")
    await lab.fault("error", code=-1008, times=3, msg="overloaded")
    await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)
    emergency = await lab.send("SOLUSDT", "EMERGENCY_CLOSE")
    await lab.result(emergency)
    attempts = await lab.handle("SOLUSDT").query("attempts")
    assert [attempt["settled_as"] for attempt in attempts if attempt["settled_as"]] == []


async def test_a_close_after_a_freeze_that_interrupted_refused_orders_is_sent_at_once(lab: Lab) -> None:
    await lab.open("SOLUSDT", "SHORT", "40")
    await lab.fault("error", code=-1008, times=3, msg="overloaded")
    first = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)
    await lab.redis.set("quantum:harvest:freeze", "ops")
    assert (await lab.result(first))["outcome"] == "BLOCKED"
    await lab.redis.delete("quantum:harvest:freeze")
    await lab.call("DELETE", "/sim/faults")
    await lab.close("SOLUSDT")
    attempts = await lab.handle("SOLUSDT").query("attempts")
    assert [attempt["settled_as"] for attempt in attempts if attempt["settled_as"]] == []
