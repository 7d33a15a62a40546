"""A decision that arrives while the result before it is being written, about a position that was opened since."""

import asyncio

import pytest

from activities.publisher import Publisher
from contracts.close import ConcludeRequest
from contracts.result import CloseResult
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
