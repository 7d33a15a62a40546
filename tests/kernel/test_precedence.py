from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.actions import CloseKind, normalise
from kernel.errors import KernelError
from kernel.precedence import Relation, Standing, Strength, relation, strongest
from kernel.side import Side

PARTIAL, FULL, EMERGENCY = Strength.PARTIAL, Strength.FULL, Strength.EMERGENCY
LONG, SHORT = Side.LONG, Side.SHORT

standings = st.builds(
    Standing, st.sampled_from(Strength), st.sampled_from(["full", "p25", "iabc"]), st.none() | st.sampled_from(Side)
)


@pytest.mark.parametrize(
    ("running", "incoming", "expected"),
    [
        (Standing(FULL, "full", LONG), Standing(FULL, "full", LONG), Relation.JOIN),
        (Standing(PARTIAL, "p25", LONG), Standing(PARTIAL, "p25", None), Relation.JOIN),
        (Standing(FULL, "full", None), Standing(FULL, "iabc", LONG), Relation.JOIN),
        (Standing(EMERGENCY, "full", LONG), Standing(EMERGENCY, "iabc", LONG), Relation.JOIN),
        (Standing(PARTIAL, "p25", LONG), Standing(FULL, "full", LONG), Relation.ESCALATE),
        (Standing(PARTIAL, "iabc", LONG), Standing(EMERGENCY, "iabc", LONG), Relation.ESCALATE),
        (Standing(FULL, "full", LONG), Standing(EMERGENCY, "full", LONG), Relation.ESCALATE),
        (Standing(FULL, "full", LONG), Standing(PARTIAL, "p25", LONG), Relation.SUPERSEDED),
        (Standing(EMERGENCY, "full", LONG), Standing(FULL, "full", None), Relation.SUPERSEDED),
        (Standing(PARTIAL, "p25", LONG), Standing(PARTIAL, "p50", LONG), Relation.WAIT),
        (Standing(PARTIAL, "p25", LONG), Standing(EMERGENCY, "full", SHORT), Relation.WAIT),
        (Standing(FULL, "full", SHORT), Standing(FULL, "full", LONG), Relation.WAIT),
    ],
)
def test_relation(running: Standing, incoming: Standing, expected: Relation) -> None:
    assert relation(running, incoming) is expected


@given(running=standings, incoming=standings)
def test_a_stronger_decision_is_never_superseded_or_merely_joined(running: Standing, incoming: Standing) -> None:
    found = relation(running, incoming)

    if incoming.strength > running.strength:
        assert found in (Relation.ESCALATE, Relation.WAIT)
    if found is Relation.SUPERSEDED:
        assert running.strength >= FULL
    if found is Relation.WAIT:
        assert running.side is not incoming.side or running.rung != incoming.rung


@given(standing=standings)
def test_r01_a_repeat_always_joins(standing: Standing) -> None:
    assert relation(standing, standing) is Relation.JOIN


@given(st.lists(standings, min_size=1))
def test_the_strongest_is_the_earliest_of_the_strongest(many: list[Standing]) -> None:
    index = strongest(many)

    assert all(other.strength < many[index].strength for other in many[:index])
    assert all(other.strength <= many[index].strength for other in many[index:])


def test_the_strongest_of_none_is_an_error() -> None:
    with pytest.raises(KernelError):
        strongest([])


def test_r35_an_urgent_part_never_displaces_a_full_close() -> None:
    urgent = normalise("PARTIAL_25", None, urgency="EMERGENCY")

    assert urgent.emergency
    assert Strength.of(urgent.kind, urgent.emergency) is PARTIAL


def test_strength_follows_kind_and_emergency() -> None:
    assert Strength.of(CloseKind.FULL, emergency=False) is FULL
    assert Strength.of(CloseKind.FULL, emergency=True) is EMERGENCY
    for kind, emergency in product((CloseKind.HOLD, CloseKind.MOVE_STOP, CloseKind.REFUSED), (True, False)):
        with pytest.raises(KernelError):
            Strength.of(kind, emergency)
