from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.generation import Fill, Generation, trace_generation

D = Decimal


def fills(*quantities: str, first: int = 100) -> list[Fill]:
    """One fill per order, each bought or sold as signed."""
    return [Fill(first + n, 900 + n, D(text), 1_000 * n) for n, text in enumerate(quantities)]


def test_a_position_is_opened_by_the_fill_from_flat() -> None:
    found = trace_generation(D("1.2"), fills("0.5", "-0.5", "1", "0.5", "-0.3"))

    assert found == Generation(102, 2_000, D("1.5"), (904,))


def test_a_short_is_opened_by_a_sale_and_reduced_by_purchases() -> None:
    found = trace_generation(D(-2), fills("-5", "1", "-1", "3"))

    assert found == Generation(100, 0, D(5), (901, 903))


def test_a_fill_through_zero_opens_the_new_side() -> None:
    found = trace_generation(D(-2), fills("5", "-8", "1"))

    assert found == Generation(101, 1_000, D(3), (902,))


def test_r01_adding_to_a_position_keeps_its_generation() -> None:
    before = trace_generation(D(1), fills("1"))
    after = trace_generation(D(3), fills("1", "2"))

    assert before is not None
    assert after is not None
    assert before.opening_trade_id == after.opening_trade_id


def test_r04_a_position_closed_and_opened_again_is_another_generation() -> None:
    first = trace_generation(D(1), fills("1"))
    second = trace_generation(D(1), fills("1", "-1", "1"))

    assert first is not None
    assert second is not None
    assert first.opening_trade_id != second.opening_trade_id


@pytest.mark.parametrize("known", [[], fills("-0.3"), fills("0.5", "-0.3")])
def test_a_history_that_is_too_short_says_so(known: Sequence[Fill]) -> None:
    assert trace_generation(D("1.2"), known) is None


def test_one_order_of_several_fills_is_named_once() -> None:
    history = [
        Fill(1, 10, D(3), 0),
        Fill(2, 11, D(-1), 1),
        Fill(3, 11, D(-1), 2),
    ]

    assert trace_generation(D(1), history) == Generation(1, 0, D(3), (11,))


def test_hedge_mode_traces_each_side_by_its_own_fills() -> None:
    long_side, short_side = fills("2", "-1"), fills("-4", first=200)

    assert trace_generation(D(1), long_side) == Generation(100, 0, D(2), (901,))
    assert trace_generation(D(-4), short_side) == Generation(200, 0, D(4), ())


def test_no_position_and_disorder_are_errors() -> None:
    with pytest.raises(KernelError):
        trace_generation(D(0), fills("1"))
    with pytest.raises(KernelError, match="sorted"):
        trace_generation(D(2), list(reversed(fills("1", "1"))))
    with pytest.raises(KernelError, match="quantity"):
        trace_generation(D(1), fills("1", "0"))


@given(st.lists(st.integers(-5, 5).filter(bool), min_size=1, max_size=30), st.data())
def test_the_walk_finds_the_opening_that_really_happened(moves: list[int], data: st.DataObject) -> None:
    position, opening, peak = 0, -1, 0
    reducing: list[int] = []
    for number, move in enumerate(moves):
        before, position = position, position + move
        if before * position <= 0:  # from flat, to flat, or through zero
            opening, peak, reducing = number, 0, []
        elif abs(position) < abs(before):
            reducing.append(900 + number)
        peak = max(peak, abs(position))
    if position == 0:
        return
    history = fills(*map(str, moves))

    assert trace_generation(D(position), history) == Generation(
        100 + opening, 1_000 * opening, D(peak), tuple(reducing)
    )

    cut = data.draw(st.integers(0, len(moves)))
    reaches_back = cut <= opening
    assert (trace_generation(D(position), history[cut:]) is not None) == reaches_back
