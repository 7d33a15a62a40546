"""More decisions about one symbol than a close can carry."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from contracts.intent import CloseIntent
from contracts.order import PositionSide, Reaction
from kernel.identity import client_order_id
from kernel.precedence import Standing, Strength
from kernel.side import Side
from tests.activities.samples import NOW as NOW_MS
from tests.activities.samples import order, position
from workflows import inbox
from workflows.decision import Memory
from workflows.inbox import Inbox, Running

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


def test_r70_what_an_order_executed_counts_once_however_often_it_is_found() -> None:
    found = order(9, client_order_id(500, "full", 1), executed="1").model_copy(update={"updated_ms": NOW_MS - 5})
    subject = position("5", updated_ms=NOW_MS)
    known, unknown = Memory(), Memory()
    known.start_attempt(2, [found])
    unknown.start_attempt(2, [])

    for memory in (known, unknown):
        memory.take_over(found, subject)

    for memory in (known, unknown):
        assert (memory.executed, memory.executed_in_attempt) == (Decimal(1), Decimal(0))


@pytest.mark.parametrize(
    ("action", "side", "age", "other"),
    [
        ("CLOSE", "LONG", 0, False),
        ("PARTIAL_25", "LONG", 0, False),
        ("CLOSE", "SHORT", 0, True),
        ("EMERGENCY_CLOSE", "LONG", 0, True),
        ("CLOSE", "SHORT", 3600, False),
        ("HOLD", "SHORT", 0, False),
    ],
)
def test_only_what_would_be_carried_out_apart_is_another_decision(
    action: str, side: str, age: int, other: bool
) -> None:
    running = Running(Standing(Strength.FULL, "full", Side.LONG), "main", timedelta(minutes=5))
    box = Inbox(intent(0), ())
    said = intent(1 - age, action, "stop_loss").model_copy(update={"side": PositionSide(side)})
    box.submit(said, NOW)

    assert [box.has_other(running, NOW) for _ in range(2)] == [other, other]


def test_a_piece_that_is_refused_as_too_small_is_larger_the_next_time() -> None:
    memory = Memory()
    for reaction in (Reaction.SLICE, Reaction.SLICE, Reaction.SLICE):
        memory.count_reaction(reaction)

    sliced = memory.halvings
    memory.count_reaction(Reaction.HUMAN)

    assert (sliced, memory.halvings) == (3, 2)
