"""A record against the exchange: every pair has an answer, and what is repaired agrees."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.records import SAME_ENTRY, Held, Match, Recorded, is_same_position, judge_record, subject_of
from kernel.side import Side

PRICE = st.decimals("0.0001", "100000", places=4)
SIZE = st.decimals("0.001", "100000", places=3)
NUMBER = st.none() | st.decimals("-1e9", "1e9", allow_nan=False, places=4)


@st.composite
def helds(draw: st.DrawFn, side: Side | None = None) -> Held:
    chosen = side or draw(st.sampled_from(Side))
    return Held(chosen, draw(SIZE) * chosen.sign, draw(PRICE))


@st.composite
def positions(draw: st.DrawFn) -> tuple[Held, ...]:
    """Of one symbol: none, one, or in hedge mode one of each side."""
    sides = draw(st.sampled_from([(), (Side.LONG,), (Side.SHORT,), (Side.LONG, Side.SHORT), (Side.SHORT, Side.LONG)]))
    return tuple(draw(helds(side)) for side in sides)


RECORDS = st.builds(
    Recorded,
    st.lists(NUMBER, max_size=4).map(tuple),
    st.lists(NUMBER, max_size=2).map(tuple),
    st.none() | st.sampled_from(Side),
    NUMBER,
)


def repaired(held: Held) -> Recorded:
    """As it is after every fact was written."""
    return Recorded((held.amount, held.amount), (held.entry_price,), held.side)


@given(positions(), st.none() | RECORDS, st.booleans())
def test_every_pair_has_an_answer_and_a_repaired_record_agrees(
    held: Sequence[Held], recorded: Recorded | None, keeps_flat: bool
) -> None:
    judged = judge_record(held, recorded, keeps_flat=keeps_flat)

    assert (judged.held is None) == (not held)
    if judged.held:
        after = judge_record(held, repaired(judged.held), keeps_flat=keeps_flat)
        assert (after.finding, after.held) == (Match.AGREES, judged.held)


@given(positions(), RECORDS)
def test_r33_a_record_is_a_ghost_only_where_there_is_no_position_at_all(
    held: Sequence[Held], recorded: Recorded
) -> None:
    assert (judge_record(held, recorded).finding is Match.GHOST) == (not held)


@given(positions())
def test_r57_a_position_without_a_record_is_unknown_and_nothing_worse(held: Sequence[Held]) -> None:
    assert judge_record(held, None).finding is (Match.UNKNOWN if held else Match.AGREES)


@given(helds(), RECORDS)
def test_agreement_has_no_tolerance(held: Held, recorded: Recorded) -> None:
    judged = judge_record((held,), recorded)

    exact = (
        bool(recorded.amounts)
        and bool(recorded.entries)
        and set(recorded.amounts) == {held.amount}
        and set(recorded.entries) == {held.entry_price}
        and recorded.side is held.side
    )
    assert (judged.finding is Match.AGREES) == exact == (judged.wrong == ())


@given(helds(), RECORDS)
def test_r39_a_record_of_the_other_side_is_always_another_position(held: Held, recorded: Recorded) -> None:
    other = Side.SHORT if held.side is Side.LONG else Side.LONG
    turned = Recorded(recorded.amounts, recorded.entries, other, recorded.stop)

    assert judge_record((held,), turned).finding is Match.REPLACED


@given(helds(Side.LONG), helds(Side.SHORT), RECORDS)
def test_in_hedge_mode_a_record_is_of_the_side_it_names_else_of_the_larger(
    long: Held, short: Held, recorded: Recorded
) -> None:
    subject = subject_of((short, long), recorded.side)

    assert subject is not None
    if recorded.side:
        assert subject.side is recorded.side
    else:
        assert abs(subject.amount) == max(long.amount, -short.amount)


@pytest.mark.parametrize(
    ("entry", "stop", "side", "same"),
    [
        ("100", "97", Side.LONG, True),
        ("100.5", "97", Side.LONG, True),
        ("100.6", "97", Side.LONG, False),
        ("99.4", None, Side.LONG, False),
        ("0", "97", Side.LONG, True),
        ("0", "103", Side.LONG, False),
        (None, None, Side.LONG, True),
        ("100", "97", None, True),
        ("100", "103", None, False),
        ("100", "97", Side.SHORT, False),
    ],
)
def test_whose_stop_it_is(entry: str | None, stop: str | None, side: Side | None, same: bool) -> None:
    recorded = Recorded((Decimal(7),), (Decimal(entry) if entry else None,), side, Decimal(stop) if stop else None)

    assert Decimal("0.005") == SAME_ENTRY
    assert is_same_position(Held(Side.LONG, Decimal(10), Decimal(100)), recorded) is same


def test_a_ledger_that_says_flat_is_right_and_a_position_record_that_says_so_is_a_ghost() -> None:
    flat = Recorded((Decimal(0), Decimal("0.0")), (), None)

    assert judge_record((), flat, keeps_flat=True).finding is Match.AGREES
    assert judge_record((), flat).finding is Match.GHOST
    assert judge_record((), Recorded((), (), None), keeps_flat=True).finding is Match.GHOST
    assert judge_record((), Recorded((Decimal(0), None), (), None), keeps_flat=True).finding is Match.GHOST
