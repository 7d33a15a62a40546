"""What holds for the watch as a workflow: one for an account, ended when switched off, queried while it works."""

import json
from datetime import timedelta

from redis.asyncio import Redis
from temporalio.client import Client, WorkflowExecutionStatus

from contracts.names import KEY_CONFIG_VERSIONS
from runtime.watch_start import arrange_watch
from tests.bridge.servers import eventually
from tests.watch.test_harvesting import SYMBOL, opened
from tests.watch.watch_lab import WatchLab


class LongTurns(WatchLab):
    """Only what is told at once is seen in time."""

    turn = timedelta(minutes=5)


async def test_a_change_is_told_before_the_turn_ends(temporal: Client, redis: Redis) -> None:
    async with LongTurns(temporal, redis) as lab:
        await opened(lab)
        report = await lab.until_report(SYMBOL, rule="none")
        passed = (await lab.status()).passed_at

        assert report.generation is not None
        assert passed is not None
        assert report.codes == ("no_rule_fired",)
        assert "fallback_stop_used" in report.notes


async def test_started_twice_it_is_one_and_switched_off_it_ends(watched: WatchLab) -> None:
    await watched.until_status(readable=True)
    assert watched.settings is not None
    before = (await watched.watch.describe()).run_id

    await arrange_watch(watched.client, watched.settings)
    assert (await watched.watch.describe()).run_id == before

    off = watched.settings.model_copy(update={"watch": False})
    await arrange_watch(watched.client, off)
    await arrange_watch(watched.client, off)

    async def ended() -> bool:
        return (await watched.watch.describe()).status is WorkflowExecutionStatus.CANCELED

    await eventually(ended)
    await arrange_watch(watched.client, watched.settings)


async def test_the_rules_behind_a_version_can_be_looked_up(watched: WatchLab) -> None:
    await opened(watched, emergency_r="-1")
    await watched.price(SYMBOL, "2430")
    await watched.until_position(SYMBOL, "0")

    fields = (await watched.intents())[0]
    kept = await watched.redis.hget(KEY_CONFIG_VERSIONS, fields["config_version"])
    assert kept is not None
    assert json.loads(kept)["emergency_r"] == "-1"
