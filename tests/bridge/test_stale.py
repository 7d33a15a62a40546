"""Old backlog is answered in bulk; fresh decisions never wait for it; the strongest are not thrown away."""

import json
from datetime import UTC, datetime

from structlog.testing import capture_logs

from bridge.entry import Entry
from bridge.old import OldDecision
from bridge.stale import stale_record
from contracts.intent import CloseIntent
from contracts.names import STREAM_INTENT, STREAM_RESULT
from tests.bridge.rig import Rig
from tests.bridge.stub_close import StubClose

NOW = datetime(2026, 2, 18, tzinfo=UTC)


async def test_backlog_is_answered_in_bulk(rig: Rig) -> None:
    """R15, R65: an old backlog was replayed into the market."""
    ids = [await rig.add_old() for _ in range(7)]
    await rig.add_old(symbol="BTCUSDT", action="HOLD")
    rig.run()
    await rig.settled()
    (record,) = await rig.records(STREAM_RESULT)
    assert (record["outcome"], record["executed"], record["reason_codes"]) == (
        "SKIPPED_STALE",
        "false",
        "intent_too_old",
    )
    assert (record["count"], record["first_id"]) == ("7", ids[0])
    assert json.loads(record["counts"]) == {"BTCUSDT": {"HOLD": 1}, "ETHUSDT": {"CLOSE": 6}}
    assert record["account"] == rig.name

    (newest,) = await rig.handle().query(StubClose.intents)
    assert (newest.entry_id, newest.stale) == (ids[-1], True)
    stats = rig.bridge.stats
    assert (stats.stale, stats.stale_started, stats.started) == (7, 1, 1)


async def test_a_fresh_decision_goes_before_the_backlog_around_it(rig: Rig) -> None:
    for number in range(20):
        await rig.add_old(symbol=f"OLD{number}")
    fresh = await rig.add(symbol="ETHUSDT", reason="emergency_stop_loss (R=-2.21)")
    rig.run()
    await rig.settled()
    (intent,) = await rig.handle().query(StubClose.intents)
    assert (intent.entry_id, intent.stale) == (fresh, False)
    assert rig.bridge.stats.stale_started == 20


async def test_a_fresh_decision_behind_a_long_backlog_does_not_wait(rig: Rig) -> None:
    async with rig.redis.pipeline(transaction=False) as pipe:
        for number in range(3000):
            pipe.xadd(STREAM_INTENT, {"symbol": "OLDUSDT", "action": "CLOSE"}, id=f"1771371476000-{number}")
        await pipe.execute()
    fresh = await rig.add(symbol="ETHUSDT")
    with capture_logs() as lines:
        rig.run()
        await rig.settled()
    events = [line["event"] for line in lines]
    started = next(place for place, line in enumerate(lines) if line.get("entry_id") == fresh)
    assert events[started] == "close started"
    assert events[started:].count("too old to act on") >= 10  # of 12
    assert rig.bridge.stats.stale == 2999
    records = await rig.records(STREAM_RESULT)
    assert sum(int(record["count"]) for record in records) == 2999
    assert [intent.entry_id for intent in await rig.handle().query(StubClose.intents)] == [fresh]


async def test_looking_ahead_does_not_look_back(rig: Rig) -> None:
    """What was handled before a restart is not handled again because a backlog follows it."""
    await rig.add(symbol="ETHUSDT")
    rig.run()
    await rig.settled()
    await rig.finish()
    async with rig.redis.pipeline(transaction=False) as pipe:
        for _ in range(300):
            pipe.xadd(STREAM_INTENT, {"symbol": "OLDUSDT", "action": "CLOSE", "timestamp": "1771371476"})
        await pipe.execute()
    rig.bridge = rig.fresh()
    rig.run()
    await rig.settled()
    assert len(await rig.handle().query(StubClose.intents)) == 1
    assert (rig.bridge.stats.joined, rig.bridge.stats.stale) == (0, 299)


async def test_a_stop_while_decisions_are_held_back_loses_none(rig: Rig) -> None:
    ids = [await rig.add_old() for _ in range(3)]
    await rig.bridge._reader.ensure_group()
    await rig.bridge._intake.take(await rig.bridge._reader.new(None))  # as if killed before the backlog was drained
    assert await rig.pending() == 1
    rig.bridge = rig.fresh()
    rig.run()
    await rig.settled()
    (newest,) = await rig.handle().query(StubClose.intents)
    assert (newest.entry_id, newest.stale) == (ids[-1], True)


async def _started(rig: Rig) -> list[str]:
    rig.run()
    await rig.settled()
    intents = await rig.handle().query(StubClose.intents)
    assert all(intent.stale for intent in intents)
    return [intent.entry_id for intent in intents]


async def test_an_old_emergency_is_not_given_up_for_a_newer_part(rig: Rig) -> None:
    emergency = await rig.add_old(action="EMERGENCY_CLOSE")
    await rig.add_old(3000, action="CLOSE")
    await rig.add_old(2000, action="PARTIAL_25")
    assert await _started(rig) == [emergency]
    assert rig.bridge.stats.stale == 2


async def test_a_newer_full_close_takes_the_place_of_an_older_part(rig: Rig) -> None:
    await rig.add_old(action="PARTIAL_25")
    full = await rig.add_old(3000, action="CLOSE")
    assert await _started(rig) == [full]


async def test_among_equals_the_newest_decision_counts_not_the_newest_entry(rig: Rig) -> None:
    newest = await rig.add_old(2000, action="PARTIAL_50")
    await rig.add_old(3000, action="PARTIAL_25")
    assert await _started(rig) == [newest]


async def test_each_side_of_a_hedged_symbol_keeps_its_own(rig: Rig) -> None:
    long = await rig.add_old(action="PARTIAL_25", side="LONG")
    short = await rig.add_old(3000, side="SHORT")
    unnamed = await rig.add_old(2000, action="EMERGENCY_CLOSE")
    assert await _started(rig) == [unnamed, short, long]  # the strongest first
    assert rig.bridge.stats.stale == 0


async def test_an_old_decision_for_another_account_displaces_none_of_ours(rig: Rig) -> None:
    ours = await rig.add_old(account=rig.name)
    foreign = await rig.add_old(2000, action="EMERGENCY_CLOSE", account="elsewhere")
    assert await _started(rig) == [ours]
    (record,) = await rig.records(STREAM_RESULT)
    assert (record["first_id"], record["count"], record["outcome"]) == (foreign, "1", "SKIPPED_STALE")


def test_a_range_of_one_symbol_names_it() -> None:
    intent = CloseIntent(entry_id="9-0", symbol="ETHUSDT", action="CLOSE", decided_at=NOW)
    later = intent.model_copy(update={"entry_id": "10-0"})
    decisions = [OldDecision.of(Entry(each.entry_id, {}), each) for each in (later, intent)]
    record = stale_record(decisions, "main", "b", 5)
    assert (record["symbol"], record["first_id"], record["last_id"]) == ("ETHUSDT", "9-0", "10-0")
    assert (record["plan_id"], record["timestamp"]) == ("stale:9-0:10-0", "5")


async def test_what_another_bridge_took_over_is_not_started_here_as_well(rig: Rig) -> None:
    """We held a decision back for so long, or were stopped, that we seemed dead."""
    held = await rig.add_old()
    await rig.bridge._reader.ensure_group()
    await rig.bridge._intake.take(await rig.bridge._reader.new(None))
    await rig.redis.xclaim(STREAM_INTENT, rig.settings.group, "another", 0, [held])
    await rig.bridge._intake.start_held(10)
    assert rig.bridge.stats.stale_started == len(rig.bridge._intake.lanes) == 0
