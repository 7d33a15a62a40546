from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.rung import OwnOrder, remaining, rung_progress
from kernel.sizing import MAX_PIECES, LotRules, largest_piece, size_orders, target_after

D = Decimal


def lots(low: str, high: str, step: str, market: tuple[str, str, str] | None = None) -> LotRules:
    """Rules of both filters; the market's are the same unless given."""
    market_low, market_high, market_step = market or (low, high, step)
    return LotRules(D(low), D(high), D(step), D(market_low), D(market_high), D(market_step))


FINE = lots("0.001", "1000", "0.001")

steps = st.sampled_from(["0", "0.001", "0.002", "0.005", "0.01", "0.1", "0.25", "1"]).map(D)
minima = st.integers(0, 20)
maxima = st.sampled_from(["0", "30", "31.5", "120", "1000"]).map(D)
sizes = st.decimals(0, 3000, places=4)


@st.composite
def lot_rules(draw: st.DrawFn) -> LotRules:
    step, market_step = draw(steps), draw(steps)
    low, market_low = draw(minima) * (step or D("0.1")), draw(minima) * (market_step or D("0.1"))
    return LotRules(low, draw(maxima), step, market_low, draw(maxima), market_step)


def accepted(quantity: Decimal, rules: LotRules) -> bool:
    """The exchange's own rule, spelled out per filter."""
    filters = (
        (rules.min_qty, rules.max_qty, rules.step),
        (rules.market_min_qty, rules.market_max_qty, rules.market_step),
    )
    return all(
        quantity >= low and (high == 0 or quantity <= high) and (step == 0 or (quantity - low) % step == 0)
        for low, high, step in filters
    )


@given(current=sizes, target=sizes, rules=lot_rules())
def test_r53_every_piece_is_accepted_and_the_sum_never_exceeds_the_difference(
    current: Decimal, target: Decimal, rules: LotRules
) -> None:
    sizing = size_orders(current, target, rules)

    assert all(piece > 0 and accepted(piece, rules) for piece in sizing.quantities)
    assert sizing.residue >= 0
    assert sum(sizing.quantities) + sizing.residue == max(current - target, D(0))
    assert bool(sizing.quantities) != ("quantity_below_minimum" in sizing.reasons)


@given(current=sizes, step=steps, minimum=minima, most=maxima)
def test_repeated_attempts_leave_only_what_no_order_can_close(
    current: Decimal, step: Decimal, minimum: int, most: Decimal
) -> None:
    unit = step or D("0.0001")  # the finest place in play where there is no step
    rules = LotRules(minimum * unit, most, step, minimum * unit, most, step)

    while (sizing := size_orders(current, D(0), rules)).quantities:
        current -= sum(sizing.quantities)

    assert current < max(unit, rules.min_qty)


@given(current=sizes, target=sizes, rules=lot_rules())
def test_the_odd_piece_comes_first_and_the_rest_are_full(current: Decimal, target: Decimal, rules: LotRules) -> None:
    _, *others = size_orders(current, target, rules).quantities or (D(0),)

    assert set(others) <= {largest_piece(rules)}


@settings(max_examples=500)
@given(amount=sizes, rules=lot_rules())
def test_r68_the_first_order_alone_tells_everything_that_can_be_sent(amount: Decimal, rules: LotRules) -> None:
    """A rest below the minimum once shortened the first piece and was missing from the total: closed too little."""
    sizing = size_orders(amount + 7, D(7), rules)
    assume(sizing.quantities)
    first = OwnOrder(1, len(sizing.quantities) - 1 or None, sizing.quantities[0], D(0), final=True)

    assert rung_progress([first], largest_piece(rules)).total == sum(sizing.quantities)
    assert size_orders(sizing.residue, D(0), rules).quantities == ()


def test_r68_a_split_partial_with_an_awkward_rest_is_finished_after_amnesia() -> None:
    rules = lots("1", "10", "0.1")
    first = size_orders(D(60), D("39.5"), rules).quantities[0]
    executed = OwnOrder(1, 2, first, first, final=True)

    left = remaining(rung_progress([executed], largest_piece(rules)), D(60) - first)

    assert first + left == D("20.5")


@given(size=sizes, fraction=st.decimals("0.001", 1, places=4), base=st.none() | sizes.filter(bool), rules=lot_rules())
def test_the_target_lies_between_zero_and_the_position(
    size: Decimal, fraction: Decimal, base: Decimal | None, rules: LotRules
) -> None:
    target = target_after(size, fraction, rules, base)

    assert 0 <= target <= size
    assert size - target <= (size if base is None else base) * fraction or fraction == 1


def test_r67_the_users_ladder_of_25_50_and_75_percent() -> None:
    size, left = D(100), []
    for fraction in ("0.25", "0.50", "0.75"):
        size = target_after(size, D(fraction), FINE)
        left.append(size)

    assert left == [D(75), D("37.5"), D("9.375")]


@pytest.mark.parametrize(
    ("fraction", "remains"),
    [("0.25", "7.501"), ("0.33", "6.701"), ("0.5", "5.001"), ("0.7", "3.001"), ("0.75", "2.501"), ("1", "0")],
)
def test_r67_each_fraction_is_honoured_to_the_step(fraction: str, remains: str) -> None:
    assert target_after(D("10.0006"), D(fraction), FINE).quantize(D("0.001")) == D(remains)


def test_r68_a_base_makes_fractions_of_the_original_size() -> None:
    assert target_after(D(75), D("0.5"), FINE, base=D(100)) == D(25)
    assert target_after(D(40), D("0.5"), FINE, base=D(100)) == D(0)


def test_a_full_close_leaves_nothing_not_even_dust() -> None:
    assert target_after(D("0.00004"), D(1), FINE) == 0


@pytest.mark.parametrize("fraction", ["0", "-0.5", "1.0001", "NaN"])
def test_a_fraction_outside_its_range_is_refused(fraction: str) -> None:
    with pytest.raises(KernelError) as caught:
        target_after(D(10), D(fraction), FINE)

    assert caught.value.field == "fraction"


@pytest.mark.parametrize(
    ("current", "step", "sent"),
    [
        ("75179.2", "0.1", "75179.2"),
        ("18794.8", "0.1", "18794.8"),
        ("0.0155", "0.001", "0.015"),
        ("0.00003", "0.00001", "0.00003"),
        ("7.75", "0.5", "7.5"),
        ("1.5", "1", "1"),
        ("2.5", "1", "2"),
    ],
)
def test_r53_the_quantities_that_were_once_rounded_up_or_printed_as_zero(current: str, step: str, sent: str) -> None:
    sizing = size_orders(D(current), D(0), lots(step, "1000000", step))

    assert sizing.quantities == (D(sent),)


def test_r53_a_close_over_the_market_maximum_is_split_odd_piece_first() -> None:
    sizing = size_orders(D("300.5"), D(0), lots("0.001", "1000", "0.001", ("0.001", "120", "0.001")))

    assert sizing.quantities == (D("60.5"), D(120), D(120))
    assert sizing.residue == 0
    assert sizing.reasons == ("quantity_split_over_maximum",)


def test_an_exact_multiple_of_the_maximum_has_no_odd_piece() -> None:
    assert size_orders(D(240), D(0), lots("0.001", "120", "0.001")).quantities == (D(120), D(120))


def test_r53_the_market_filter_counts_though_its_step_differs() -> None:
    rules = lots("0.001", "1000", "0.004", ("0.003", "1000", "0.006"))

    sizing = size_orders(D(1), D(0), rules)

    assert sizing.quantities == (D("0.993"),)
    assert accepted(sizing.quantities[0], rules)


def test_a_step_of_zero_is_no_grid() -> None:
    assert size_orders(D("1.23456"), D(0), lots("0", "0", "0")).quantities == (D("1.23456"),)


def test_a_rest_below_the_minimum_stays_closable() -> None:
    rules = lots("1", "10", "0.1")

    sizing = size_orders(D("20.5"), D(0), rules)

    assert (sizing.quantities, sizing.residue) == ((D("2.3"), D("9.1"), D("9.1")), D(0))
    assert sizing.reasons == ("quantity_split_over_maximum",)
    assert size_orders(D("10.5"), D(0), rules).quantities == (D("1.4"), D("9.1"))


def test_pieces_fit_both_grids_down_to_what_neither_accepts() -> None:
    # Together the filters accept 28, 38 and 48 only.
    rules = lots("23", "48", "5", ("24", "48", "2"))

    sizing = size_orders(D(73), D(0), rules)

    assert (sizing.quantities, sizing.residue) == ((D(38), D(28)), D(7))


@pytest.mark.parametrize(
    ("low", "high", "step", "full"),
    [
        ("0.001", "120", "0.001", "120"),  # nearly every symbol: the minimum is one step
        ("0", "120", "0.001", "120"),
        ("1", "10", "0.1", "9.1"),
        ("3", "5", "1", "3"),
        ("4", "5", "1", "4"),
        ("0.1", "10", "0", "9.9"),
        ("0", "10", "0", "10"),
        ("5", "3", "1", "0"),
        ("1", "0", "1", "0"),
    ],
)
def test_a_full_piece_leaves_the_first_one_room_for_any_rest(low: str, high: str, step: str, full: str) -> None:
    assert largest_piece(lots(low, high, step)) == D(full)


@pytest.mark.parametrize(("amount", "sent"), [("8", ("4", "4")), ("9", ("5", "4")), ("7", ("5",)), ("3", ())])
def test_a_minimum_above_half_of_the_maximum_leaves_gaps_and_no_more(amount: str, sent: tuple[str, ...]) -> None:
    assert size_orders(D(amount), D(0), lots("4", "5", "1")).quantities == tuple(map(D, sent))


def test_a_minimum_as_large_as_the_maximum_still_sends_what_it_can() -> None:
    assert size_orders(D("3.3"), D(0), lots("3", "3", "0.1")).quantities == (D(3),)


def test_dust_off_the_grid_is_left_and_named() -> None:
    sizing = size_orders(D("1.00004"), D(0), FINE)

    assert (sizing.quantities, sizing.residue, sizing.reasons) == ((D(1),), D("0.00004"), ("residue_below_grid",))


@pytest.mark.parametrize(("current", "target"), [("0.0009", "0"), ("0", "0"), ("5", "5"), ("4", "5")])
def test_nothing_to_send_is_said(current: str, target: str) -> None:
    sizing = size_orders(D(current), D(target), FINE)

    assert sizing.quantities == ()
    assert sizing.reasons == ("quantity_below_minimum",)


def test_r54_a_close_worth_next_to_nothing_is_still_sent() -> None:
    # At any price: sizing knows no notional, and no rule of that kind can be given to it.
    assert not any("notional" in name for name in LotRules.__slots__)
    assert size_orders(D("0.001"), D(0), FINE).quantities == (D("0.001"),)


def test_a_burst_has_an_end() -> None:
    sizing = size_orders(D(1_000_000), D(0), lots("1", "1", "1"))

    assert len(sizing.quantities) == MAX_PIECES
    assert "residue_needs_another_attempt" in sizing.reasons


def test_contradicting_filters_are_refused_when_they_are_read() -> None:
    with pytest.raises(KernelError, match="no quantity in common"):
        lots("0.001", "10", "0.01", ("0.002", "10", "0.01"))


@pytest.mark.parametrize("bad", [D(-1), D("NaN")])
def test_bad_numbers_are_refused(bad: Decimal) -> None:
    with pytest.raises(KernelError, match="step"):
        replace(FINE, step=bad)
    with pytest.raises(KernelError, match="current"):
        size_orders(bad, D(0), FINE)
    with pytest.raises(KernelError, match="target"):
        size_orders(D(1), bad, FINE)
