"""One entry that breaks us costs a dead letter; the bridge and all other decisions go on (R23)."""

from datetime import datetime
from decimal import Decimal

import pytest

from bridge import old, urgency
from bridge.dead_letters import DeadLetters
from bridge.entry import Entry
from bridge.urgency import urgency_of
from bridge.validate import Rejected, validate
from contracts.intent import CloseIntent
from contracts.names import STREAM_DEAD
from tests.bridge.rig import Rig
from tests.bridge.servers import eventually
from tests.bridge.stub_close import StubClose

BAD = "BADUSDT"


def break_urgency(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel that refuses what its own reader had let pass."""

    def fragile(action: str, percentage: Decimal | None, quantity: Decimal | None, *said: str) -> urgency.Urgency:
        if BAD in said:
            raise ValueError("nobody thought of this")
        return urgency_of(action, percentage, quantity, *said)

    monkeypatch.setattr(urgency, "urgency_of", fragile)
    monkeypatch.setattr(old, "urgency_of", fragile)


async def survived(rig: Rig, bad: str, good: str) -> None:
    """The bad entry became a dead letter, the good one a close, and the bridge still works."""
    rig.run()
    await rig.settled()
    (letter,) = await rig.records(STREAM_DEAD)
    assert (letter["entry_id"], letter["field"]) == (bad, "entry")
    assert BAD in letter["raw"]
    assert rig.bridge.stats.failures >= 3
    assert [intent.entry_id for intent in await rig.handle().query(StubClose.intents)] == [good]
    await rig.add(symbol="LATERUSDT")
    await rig.settled()
    assert len(await rig.handle("LATERUSDT").query(StubClose.intents)) == 1


async def test_an_entry_whose_urgency_cannot_be_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    break_urgency(monkeypatch)
    await survived(rig, await rig.add(symbol=BAD, reason=BAD), await rig.add())


async def test_a_stale_entry_that_cannot_be_judged(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    break_urgency(monkeypatch)
    await survived(rig, await rig.add_old(symbol=BAD, reason=BAD), await rig.add_old())
    assert rig.bridge.stats.stale_started == 1


async def test_an_entry_whose_age_cannot_be_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(entry: Entry, limit: datetime) -> old.OldDecision | None:
        if entry.fields[b"symbol"] == BAD.encode():
            raise OverflowError
        return old.plainly_old(entry, limit)

    monkeypatch.setattr("bridge.intake.plainly_old", broken)
    await survived(rig, await rig.add(symbol=BAD), await rig.add())


async def test_an_entry_whose_validation_breaks(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(entry: Entry, now: datetime) -> CloseIntent | Rejected:
        if entry.fields[b"symbol"] == BAD.encode():
            raise RecursionError
        return validate(entry, now)

    monkeypatch.setattr("bridge.intake.validate", broken)
    await survived(rig, await rig.add(symbol=BAD), await rig.add())


async def test_entries_that_were_left_pending_do_not_break_a_restart(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker died of one entry, and of the same one again after every restart."""
    break_urgency(monkeypatch)
    await rig.bridge._reader.ensure_group()
    bad, good = await rig.add(symbol=BAD, reason=BAD), await rig.add()
    assert len(await rig.bridge._reader.new(None)) == 2
    rig.bridge = rig.fresh()
    await survived(rig, bad, good)


async def test_an_error_that_belongs_to_no_entry_does_not_end_the_bridge(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_start: str) -> tuple[str, list[Entry]]:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(rig.bridge._reader, "claim", broken)
        rig.run()
        await eventually(lambda: _failures(rig, 2))
    await rig.add()
    await rig.settled()
    assert rig.bridge.stats.started == 1


async def test_a_dead_letter_that_cannot_be_written_is_tried_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    bury, tries = DeadLetters.bury, 0

    async def broken(letters: DeadLetters, *rejected: Rejected) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ZeroDivisionError
        await bury(letters, *rejected)

    monkeypatch.setattr(DeadLetters, "bury", broken)
    await rig.add({"symbol": "ETHUSDT"})
    rig.run()
    await rig.settled()
    assert len(await rig.records(STREAM_DEAD)) == 1
    assert rig.bridge.stats.failures == 1


async def _failures(rig: Rig, at_least: int) -> bool:
    return rig.bridge.stats.failures >= at_least
