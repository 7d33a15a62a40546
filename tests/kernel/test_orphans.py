"""Which conditional orders have lost their position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.orphans import Resting, orphans, resting
from kernel.side import Side

ORDERS = st.lists(
    st.builds(Resting, st.integers(1, 50), st.sampled_from(Side), st.booleans()), unique_by=lambda each: each.order_id
)


@pytest.mark.parametrize(
    ("side", "position_side", "reduce_only", "acts_on", "only_reduces"),
    [
        ("SELL", "BOTH", True, Side.LONG, True),
        ("BUY", "BOTH", True, Side.SHORT, True),
        ("SELL", "BOTH", False, Side.SHORT, False),
        ("BUY", "BOTH", False, Side.LONG, False),
        ("SELL", "LONG", False, Side.LONG, True),
        ("BUY", "LONG", False, Side.LONG, False),
        ("BUY", "SHORT", False, Side.SHORT, True),
        ("SELL", "SHORT", False, Side.SHORT, False),
    ],
)
def test_r55_what_an_order_can_do_in_either_position_mode(
    side: str, position_side: str, reduce_only: bool, acts_on: Side, only_reduces: bool
) -> None:
    assert resting(7, side, position_side, reduce_only=reduce_only) == Resting(7, acts_on, only_reduces)


@given(ORDERS, ORDERS, st.sets(st.sampled_from(Side)))
def test_r56_never_an_order_that_could_open_nor_one_whose_position_is_there_or_awaited(
    conditional: list[Resting], plain: list[Resting], held: set[Side]
) -> None:
    gone = orphans(conditional, plain, held)

    by_id = {each.order_id: each for each in conditional}
    awaited = {each.acts_on for each in (*conditional, *plain) if not each.only_reduces}
    assert all(by_id[number].only_reduces and by_id[number].acts_on not in held | awaited for number in gone)
    assert gone == {each.order_id for each in conditional if each.only_reduces and each.acts_on not in held | awaited}
