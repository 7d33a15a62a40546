"""A decision that arrives while the result before it is being written, about a position that was opened since."""

import asyncio
from typing import Any

import pytest

from activities.publisher import Publisher
from contracts.close import ConcludeRequest
from contracts.names import STREAM_INTENT
from contracts.result import CloseResult
from tests.bridge.servers import eventually
from tests.lab import Lab


def slow_record(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    original = Publisher.record_position

    async def slow(self: Publisher, request: ConcludeRequest, result: CloseResult) -> None:
        await asyncio.sleep(seconds)
        await original(self, request, result)

    monkeypatch.setattr(Publisher, "record_position", slow)


async def test_a_partial_of_a_reentry_decided_while_the_result_before_it_is_written_is_carried_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_record(monkeypatch, 0.1)
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.close("SOLUSDT", "PARTIAL_25")
    await lab.open("SOLUSDT", "LONG", "-75")
    await lab.open("SOLUSDT", "LONG", "100")

    second = await lab.close("SOLUSDT", "PARTIAL_25")

    assert second["outcome"] == "REDUCED"
    assert await lab.position("SOLUSDT") == 75


async def test_a_close_of_a_reentry_decided_while_the_result_before_it_is_written_is_carried_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_record(monkeypatch, 2.5)  # longer than a workflow task's heartbeat (1.6 s)
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.close("SOLUSDT")
    await lab.open("SOLUSDT", "LONG", "60")

    second = await lab.close("SOLUSDT")

    assert second["outcome"] == "CLOSED_FLAT"
    assert await lab.position("SOLUSDT") == 0


async def test_a_close_of_a_position_that_was_turned_over_before_we_looked_is_carried_out(lab: Lab) -> None:
    """Found by a drill: the read showed no long, so the decision about the short was taken for one about the long."""
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("executed_delay", delay_ms=900)
    first = await lab.send("SOLUSDT")
    await eventually(lambda: executed(lab, 100))
    repeated = await lab.send("SOLUSDT", timestamp=(await decided_at(lab, first)))
    await lab.open("SOLUSDT", "SHORT", "60")

    second = await lab.close("SOLUSDT")

    assert (await lab.result(first))["outcome"] == "CLOSED_FLAT"
    assert (await lab.result(repeated))["outcome"] == "JOINED"
    assert second["outcome"] == "CLOSED_FLAT"
    assert await lab.executed("SOLUSDT") == 160
    assert await lab.position("SOLUSDT") == 0


async def test_r52_a_close_of_a_reentry_that_reads_do_not_show_yet_is_carried_out(lab: Lab) -> None:
    """Found by a drill: a read that lagged behind the re-entry showed it flat, and its close was told it had joined."""
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("read_lag", call="GET /fapi/v1/userTrades", delay_ms=1_800)  # so the close looks again and again
    first = await lab.send("SOLUSDT")
    await eventually(lambda: executed(lab, 100))
    await lab.fault("read_lag", call="GET /fapi/v3/positionRisk", delay_ms=5_000)
    await lab.open("SOLUSDT", "LONG", "60")

    second = await lab.close("SOLUSDT")

    assert (await lab.result(first))["outcome"] == "CLOSED_FLAT"
    assert (second["outcome"], second["filled_qty"]) == ("CLOSED_FLAT", "60.00")
    assert await lab.position("SOLUSDT") == 0


async def executed(lab: Lab, quantity: int) -> bool:
    return await lab.executed("SOLUSDT") == quantity


async def decided_at(lab: Lab, entry_id: str) -> str:
    entries: Any = await lab.redis.xrange(STREAM_INTENT, entry_id, entry_id)
    timestamp: bytes = entries[0][1][b"timestamp"]
    return timestamp.decode()
