"""More decisions about one symbol than a close can carry."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.intent import CloseIntent
from contracts.order import Reaction
from workflows import inbox
from workflows.decision import Memory
from workflows.inbox import Inbox

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def intent(number: int, action: str = "PARTIAL_25", reason: str = "") -> CloseIntent:
    """A decision that was made so many seconds after the first."""
    decided = NOW + timedelta(seconds=number)
    return CloseIntent(entry_id=f"{number}-0", symbol="SOLUSDT", action=action, decided_at=decided, reason=reason)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for three, two answers at a time."""
    monkeypatch.setattr(inbox, "MOST_CARRIED", 3)
    monkeypatch.setattr(inbox, "ANSWERED_AT_ONCE", 2)


@pytest.mark.usefixtures("few")
def test_the_strongest_and_youngest_stay_and_the_rest_is_handed_out_in_portions() -> None:
    box = Inbox(intent(0), ())
    emergency = intent(1, "EMERGENCY_CLOSE", "emergency_stop_loss (R=-2.2)")
    said = [emergency, intent(2, "CLOSE"), *(intent(number) for number in range(3, 8))]
    for one in said:
        box.submit(one, NOW)

    portions = [[each.entry_id for each in box.take_excess()] for _ in range(3)]

    assert portions == [["3-0", "4-0"], ["5-0", "6-0"], []]
    assert [each.entry_id for each in box.everything()] == ["1-0", "2-0", "7-0"]
    assert box.next()[0].entry_id == "1-0"


@pytest.mark.usefixtures("few")
def test_what_was_handed_out_may_come_again() -> None:
    box = Inbox(intent(0), tuple(intent(number) for number in range(1, 6)))
    gone = box.take_excess()

    box.submit(gone[0], NOW)
    box.submit(intent(0), NOW)

    assert [each.entry_id for each in box.everything()].count(gone[0].entry_id) == 1
    assert "0-0" not in [each.entry_id for each in box.everything()]


def test_a_piece_that_is_refused_as_too_small_is_larger_the_next_time() -> None:
    memory = Memory()
    for reaction in (Reaction.SLICE, Reaction.SLICE, Reaction.SLICE):
        memory.count_reaction(reaction)

    sliced = memory.halvings
    memory.count_reaction(Reaction.HUMAN)

    assert (sliced, memory.halvings) == (3, 2)
