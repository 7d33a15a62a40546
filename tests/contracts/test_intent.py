"""Whose decisions count, where an operator named those who may decide."""

import pytest

from contracts.intent import CloseIntent
from contracts.wire_time import entry_time

OWNERS = ("brain", "unnamed")


def intent(entry_id: str, source: str) -> CloseIntent:
    return CloseIntent(
        entry_id=entry_id, symbol="ETHUSDT", action="CLOSE", decided_at=entry_time("1795185973376-0"), source=source
    )


@pytest.mark.parametrize(
    ("entry_id", "source", "admitted"),
    [
        ("1795185973376-0", "brain", True),
        ("1795185973376-0", " BRAIN ", True),
        ("1795185973376-0", "", True),
        ("1795185973376-0", "  ", True),
        ("1795185973376-0", "exit_monitor", False),
        ("1795185973376-0", "bsc", False),
        ("1795185973376-0", "move_stop", False),
        ("bsc-0123abcd-ETHUSDT:LONG", "bsc", True),
        ("stop-1795185973376-0", "move_stop", True),
        ("flatten-main-ETHUSDT-LONG-1", "ops", True),
    ],
)
def test_the_list_is_for_what_comes_from_the_stream(entry_id: str, source: str, admitted: bool) -> None:
    assert intent(entry_id, source).admitted_by(OWNERS) is admitted


@pytest.mark.parametrize("source", ["", "brain", "exit_monitor"])
def test_an_empty_list_admits_everybody(source: str) -> None:
    assert intent("1795185973376-0", source).admitted_by(())


def test_without_a_name_one_is_not_the_brain() -> None:
    assert not intent("1795185973376-0", "").admitted_by(("brain",))
