"""A refusal followed by a read that shows nothing is a question each time it happens, not only the first time."""

from tests.lab import Lab


async def test_r52_after_a_refusal_flat_is_read_twice_even_if_it_was_read_twice_before(lab: Lab) -> None:
    entry = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", phase="guard")
    await lab.open("SOLUSDT", "LONG", "10")  # between the first look and the second
    await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.", times=2)
    await lab.until("SOLUSDT", attempts=1)
    await lab.open("SOLUSDT", "SHORT", "10")

    result = await lab.result(entry)
    timeline = await lab.handle("SOLUSDT").query("timeline")

    assert result["outcome"] == "CLOSED_ELSEWHERE"
    refused = max(index for index, step in enumerate(timeline) if "refused" in step["text"])
    assert [step["phase"] for step in timeline[refused:]].count("snapshot") == 2
