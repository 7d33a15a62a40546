"""Who may decide: a list of sources, by everything that a decision goes through."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from redis.asyncio import Redis
from temporalio.client import Client

from contracts.flatten import FlattenRequest
from contracts.names import FLATTEN_WORKFLOW, STREAM_RESULT, flatten_workflow_id
from runtime.settings import Settings
from tests.lab import Lab

SYMBOL = "SOLUSDT"


class OwnedLab(Lab):
    """Only the brain, and whoever gives no name, may decide."""

    owners: tuple[str, ...] = ("brain", "unnamed")

    def _settings(self) -> Settings:
        return super()._settings().model_copy(update={"exit_owners": self.owners})


@pytest.fixture
async def owned(temporal: Client, redis: Redis) -> AsyncIterator[OwnedLab]:
    async with OwnedLab(temporal, redis) as running:
        yield running


async def test_r08_only_exit_owners_decide_and_others_are_told_so(owned: OwnedLab) -> None:
    await owned.open(SYMBOL, "LONG", "100")

    stranger = await owned.close(SYMBOL, "PARTIAL_CLOSE", percentage="0.5", source="exit_monitor")
    brain = await owned.close(SYMBOL, "PARTIAL_CLOSE", percentage="0.25", source=" Brain")
    unnamed = await owned.close(SYMBOL, "CLOSE")

    assert (stranger["outcome"], stranger["decisive"]) == ("BLOCKED", "not_exit_owner")
    assert (stranger["error"], stranger["producer"]) == ("not_exit_owner", "exit_monitor")
    assert (brain["outcome"], unnamed["outcome"]) == ("REDUCED", "CLOSED_FLAT")
    assert [Decimal(row["params"]["quantity"]) for row in await owned.requests(SYMBOL)] == [25, 75]


async def test_without_a_name_one_is_no_exit_owner_unless_the_list_says_so(temporal: Client, redis: Redis) -> None:
    class Strict(OwnedLab):
        owners = ("brain",)

    async with Strict(temporal, redis) as lab:
        await lab.open(SYMBOL, "LONG", "100")
        assert (await lab.close(SYMBOL))["decisive"] == "not_exit_owner"
        assert await lab.position(SYMBOL) == 100


async def test_an_emergency_passes_whoever_sends_it_and_says_so(owned: OwnedLab) -> None:
    await owned.open(SYMBOL, "LONG", "100")

    result = await owned.close(SYMBOL, "EMERGENCY_CLOSE", source="new_watchdog")

    assert result["outcome"] == "CLOSED_FLAT"
    assert "advisory:source_is_no_exit_owner" in result["reason_codes"].split(",")


async def test_what_harvest_itself_and_a_human_decide_is_not_asked_for_its_source(owned: OwnedLab) -> None:
    await owned.open(SYMBOL, "LONG", "100")

    await owned.client.execute_workflow(
        FLATTEN_WORKFLOW,
        FlattenRequest(account=owned.account, reason="drill", issued_by="ops", event_id="e-1"),
        id=flatten_workflow_id(owned.account),
        task_queue=owned.account,
    )

    assert await owned.position(SYMBOL) == 0


async def test_a_strangers_full_close_neither_displaces_nor_joins_what_is_running(owned: OwnedLab) -> None:
    await owned.open(SYMBOL, "LONG", "100")
    await owned.fault("executed_delay", delay_ms=700)
    part = await owned.send(SYMBOL, "PARTIAL_CLOSE", percentage="0.25", source="brain")
    await owned.until(SYMBOL, attempts=1)
    stranger = await owned.send(SYMBOL, "CLOSE", source="exit_monitor")
    repeat = await owned.send(SYMBOL, "PARTIAL_CLOSE", percentage="0.25", source="exit_monitor")

    assert (await owned.result(part))["outcome"] == "REDUCED"
    assert [(await owned.result(entry))["decisive"] for entry in (stranger, repeat)] == ["not_exit_owner"] * 2
    assert await owned.position(SYMBOL) == 75


async def test_a_stranger_moves_no_stop(owned: OwnedLab) -> None:
    await owned.open(SYMBOL, "LONG", "100")

    refused = await owned.close(SYMBOL, "MOVE_SL", new_sl_proposed="140", source="exit_monitor")
    moved = await owned.close(SYMBOL, "MOVE_SL", new_sl_proposed="140", source="brain")

    assert (refused["outcome"], refused["decisive"]) == ("BLOCKED", "not_exit_owner")
    assert moved["outcome"] == "STOP_MOVED"
    await owned.close(SYMBOL, source="brain")


async def test_r65_a_strangers_old_full_close_does_not_take_the_place_of_an_owners(owned: OwnedLab) -> None:
    """Of old decisions the strongest of a symbol is looked at: it must be one that may decide."""
    await owned.open(SYMBOL, "LONG", "100")
    await owned.stop()
    old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    part = await owned.send(SYMBOL, "PARTIAL_CLOSE", percentage="0.25", source="brain", timestamp=old)
    await owned.send(SYMBOL, "CLOSE", source="exit_monitor", timestamp=old)
    await owned.start()

    assert (await owned.result(part))["workflow_id"] == f"close-{owned.account}-{SYMBOL}"
    bulk = [each for each in await owned.stream(STREAM_RESULT) if each.get("count")]
    assert [json.loads(each["counts"]) for each in bulk] == [{SYMBOL: {"CLOSE": 1}}]
