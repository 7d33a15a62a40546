"""Suggestions against what happened: each contract once, in both worlds, to the last digit."""

from dataclasses import replace
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.shadow_compare import Compared, Fill, Story, compare, told_once
from harvest.shadow_suggestion import Suggestion
from kernel.side import Side
from tests.harvest.shadow_samples import FEE, FIRST, START, compared, fill, numbers, reasons, story, suggested

D = Decimal


def test_a_long_that_was_closed_later_and_lower_would_have_been_better_off() -> None:
    (told,) = compared([suggested("100")], story(fill("-100", "2550", after_s=60, fee="127.5"), now="0"))

    assert [told.closed, told.open, told.average_price] == [100, 0, 2550]
    assert told.suggested_pnl == D(100) * 100 - D(100) * 2600 * FEE == D("9870")
    assert told.happened_pnl == D(100) * 50 - D("127.5") == D("4872.5")
    assert told.difference == D("4997.5")
    assert (told.first_ms, told.last_ms) == (START + 60_000, START + 60_000)


def test_a_short_is_the_other_way_round() -> None:
    (told,) = compared(
        [suggested("100", position="-100", mark="2400")], story(fill("100", "2450", after_s=60, fee="122.5"), now="0")
    )

    assert told.suggested_pnl == D(10_000) - 120
    assert told.happened_pnl == D(5_000) - D("122.5")
    assert told.difference == D("5002.5")


def test_what_is_still_open_is_worth_todays_mark() -> None:
    (told,) = compared([suggested("40")], story(fill("-10", "2700", after_s=5, fee="13.5"), now="90", mark="2650"))

    assert [told.closed, told.open, told.mark_now] == [10, 30, 2650]
    assert told.happened_pnl == D(10) * 200 - D("13.5") + D(30) * 150 - D(30) * 2650 * FEE
    assert told.difference == told.suggested_pnl - told.happened_pnl < 0


def test_nothing_happened_and_the_mark_stands_still_is_no_difference() -> None:
    (told,) = compared([suggested("40")], story(now="100", mark="2600"))

    assert told.difference == 0
    assert told.average_price is None


def test_a_reduction_belongs_to_the_oldest_open_suggestion_and_its_fee_goes_with_it() -> None:
    first, second = compared(
        [suggested("25"), suggested("50", after_s=10)],
        story(fill("-40", "2500", after_s=20, fee="4"), now="60", mark="2600"),
    )

    assert [first.closed, first.fees, second.closed, second.fees] == [25, D("2.5"), 15, D("1.5")]
    assert [first.open, second.open] == [0, 35]


def test_a_reduction_before_the_suggestion_is_not_its_doing() -> None:
    (told,) = compared(
        [suggested("50", after_s=60, position="70")], story(fill("-30", "2590", after_s=10), now="70", mark="2610")
    )

    assert [told.closed, told.open] == [0, 50]


def test_two_full_closes_of_one_position_close_it_once() -> None:
    found = compare(
        [suggested("100"), suggested("100", after_s=30)], story(fill("-100", "2550", after_s=60), now="0"), FEE
    )

    assert [each.quantity for each in numbers(found)] == [100]
    assert reasons(found) == {"31-0": "earlier suggestions had closed everything already"}


def test_a_full_close_after_a_part_closes_the_rest() -> None:
    first, second = compared(
        [suggested("25"), suggested("100", after_s=30)], story(fill("-100", "2550", after_s=60), now="0")
    )

    assert [first.quantity, second.quantity] == [25, 75]


def test_what_somebody_bought_in_between_can_be_closed_as_well() -> None:
    _, second = compared(
        [suggested("100"), suggested("130", after_s=30, position="130")],
        story(fill("30", "2590", after_s=10), fill("-130", "2550", after_s=60), now="0"),
    )

    assert second.quantity == 30


def test_through_zero_only_what_closed_counts_and_the_next_position_is_another() -> None:
    first, second = compared(
        [suggested("100"), suggested("20", after_s=90, position="-20", mark="2540")],
        story(fill("-120", "2550", after_s=60, fee="12"), fill("20", "2530", after_s=120), now="0"),
    )

    assert [first.closed, first.fees] == [100, 10]
    assert [second.quantity, second.closed, second.average_price] == [20, 20, 2530]


def test_a_position_read_just_before_a_fill_that_is_stamped_earlier_is_found_by_its_amount() -> None:
    (told,) = compared([suggested("50", after_s=60)], story(fill("-30", "2590", after_s=58), now="70", mark="2610"))

    assert [told.closed, told.open] == [30, 20]


@pytest.mark.parametrize(
    "odd", [suggested("50", position="90"), suggested("50", position="-100"), suggested("50", after_s=600)]
)
def test_a_position_that_the_trades_do_not_lead_to_gives_no_number(odd: Suggestion) -> None:
    found = compare([odd], story(fill("-30", "2590", after_s=120), now="70", mark="2610"), FEE)

    assert numbers(found) == []
    assert "the trades lead to another" in reasons(found)[odd.id]


def test_r68_a_repeated_decision_counts_once_and_is_told() -> None:
    again = replace(FIRST, id="9-0", at_ms=START + 9_000, mark_price=D(2700))
    reopened = replace(FIRST, id="10-0", at_ms=START + 10_000, generation=8)

    decisions, repeats = told_once([again, reopened, FIRST])

    assert [each.id for each in decisions] == ["1-0", "10-0"]
    assert [(each.id, each.reason) for each in repeats] == [("9-0", "repeats 1-0")]


prices = st.decimals(min_value=1, max_value=9999, places=2)
sizes = st.decimals(min_value="0.001", max_value=500, places=3)


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Suggestion], Story]:
    """Fills a minute apart, on one side of zero, and suggestions in between."""
    sign = draw(st.sampled_from([1, -1]))
    start = draw(sizes)
    moves: list[Decimal] = []
    size = start
    for _ in range(draw(st.integers(0, 8))):
        move = draw(sizes) if draw(st.booleans()) else -draw(sizes)
        move = max(move, -size)
        if move and size:
            moves.append(move)
            size += move
    fills = tuple(
        Fill(START + 120_000 * number, move * sign, draw(prices), draw(st.decimals(0, 5, places=4)))
        for number, move in enumerate(moves, 1)
    )
    held = list(accumulate(moves, initial=start))
    at = [count for count in draw(st.lists(st.integers(0, len(moves)), max_size=6)) if held[count]]
    suggestions = [
        replace(
            FIRST,
            id=f"{number}-0",
            rung=f"r{number}",
            side=Side.LONG if sign > 0 else Side.SHORT,
            at_ms=START + 120_000 * count + 61_000,
            position=held[count] * sign,
            quantity=min(draw(sizes), held[count]),
            entry_price=draw(prices),
            mark_price=draw(prices),
        )
        for number, count in enumerate(at)
    ]
    return suggestions, Story(fills, held[-1] * sign, draw(prices) if held[-1] else None)


@given(life=lives())
def test_each_suggestion_is_told_and_no_contract_is_closed_twice(life: tuple[list[Suggestion], Story]) -> None:
    suggestions, happened = life

    found = compare(suggestions, happened, FEE)

    told = numbers(found)
    assert sorted([each.suggestion.id for each in told] + list(reasons(found))) == sorted(
        each.id for each in suggestions
    )
    reduced = sum((abs(each.quantity) for each in happened.fills if _reduces(each, suggestions)), D(0))
    assert sum((each.closed for each in told), D(0)) <= reduced
    assert sum((each.open for each in told), D(0)) <= abs(happened.amount_now)
    assert all(0 < each.quantity <= each.suggestion.quantity for each in told)
    assert all(each.closed + each.open == each.quantity for each in told)


@given(life=lives(), shift=prices)
def test_the_difference_does_not_depend_on_the_entry_price(
    life: tuple[list[Suggestion], Story], shift: Decimal
) -> None:
    suggestions, happened = life
    moved = [replace(each, entry_price=each.entry_price + shift) for each in suggestions]

    assert _differences(suggestions, happened) == pytest.approx(_differences(moved, happened))


@given(life=lives(), price=prices)
def test_at_one_price_and_one_fee_both_worlds_are_the_same(
    life: tuple[list[Suggestion], Story], price: Decimal
) -> None:
    suggestions, happened = life
    suggestions = [replace(each, mark_price=price) for each in suggestions]
    fills = tuple(replace(each, price=price, fee=abs(each.quantity) * price * FEE) for each in happened.fills)
    calm = Story(fills, happened.amount_now, price if happened.amount_now else None)

    assert all(abs(each) < D("1e-15") for each in _differences(suggestions, calm))


@given(life=lives())
def test_a_mirrored_world_has_the_same_differences_but_for_fees(life: tuple[list[Suggestion], Story]) -> None:
    """Long and short with prices mirrored at 10000 gain and lose the same."""
    suggestions, happened = life
    free = Story(tuple(replace(each, fee=D(0)) for each in happened.fills), happened.amount_now, happened.mark_now)
    mirrored = [
        replace(
            each,
            side=Side.SHORT if each.side is Side.LONG else Side.LONG,
            position=-each.position,
            entry_price=10_000 - each.entry_price,
            mark_price=10_000 - each.mark_price,
        )
        for each in suggestions
    ]
    world = Story(
        tuple(replace(each, quantity=-each.quantity, price=10_000 - each.price) for each in free.fills),
        -free.amount_now,
        None if free.mark_now is None else 10_000 - free.mark_now,
    )

    assert _differences(mirrored, world, D(0)) == _differences(suggestions, free, D(0))


def _reduces(each: Fill, suggestions: list[Suggestion]) -> bool:
    return bool(suggestions) and each.quantity * suggestions[0].side.sign < 0


def _differences(suggestions: list[Suggestion], happened: Story, fee: Decimal = FEE) -> list[Decimal]:
    told: list[Compared] = numbers(compare(suggestions, happened, fee))
    return [each.difference for each in sorted(told, key=lambda each: each.suggestion.id)]
