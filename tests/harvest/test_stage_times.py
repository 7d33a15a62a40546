"""Stages of a close from its timeline."""

from datetime import UTC, datetime, timedelta

from contracts.status import Phase, TimelineEntry
from harvest.stage_times import epoch_ms, stage_times

SENT = datetime(2026, 2, 17, 23, 37, 56, 532000, tzinfo=UTC)


def entry(phase: Phase, after_ms: int) -> TimelineEntry:
    return TimelineEntry(at=SENT + timedelta(milliseconds=after_ms), phase=phase, text="")


def test_each_stage_counts_from_the_entry_and_only_once() -> None:
    timeline = [
        entry(Phase.SNAPSHOT, 5),
        entry(Phase.GUARD, 9),
        entry(Phase.PLACE, 9),
        entry(Phase.PLACE, 14),
        entry(Phase.CONFIRM, 15),
        entry(Phase.DONE, 22),
    ]
    expected = {"evaluated": 9, "guarded": 9, "ordered": 9, "filled": 15, "verified": 22}
    assert stage_times(timeline, epoch_ms(SENT)) == expected


def test_a_close_under_way_has_the_stages_it_reached() -> None:
    assert stage_times([entry(Phase.SNAPSHOT, 5), entry(Phase.GUARD, 9)], epoch_ms(SENT)) == {
        "evaluated": 9,
        "guarded": 9,
    }
