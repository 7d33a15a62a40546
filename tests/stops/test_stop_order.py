"""The rule that a stop only ever tightens, over all prices and books."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.side import Side
from kernel.stop_identity import StopKey, parse_stop_id, place_of, stop_id
from kernel.stop_order import (
    RestingStop,
    StopMove,
    arrange,
    covering_level,
    is_tighter,
    judge_move,
    level_in_force,
    own_level,
    round_stop,
)

SIDES = st.sampled_from(list(Side))
PRICES = st.decimals("0.0001", "100000", places=4, allow_nan=False)
TICKS = st.sampled_from([Decimal(text) for text in ("0.0001", "0.01", "0.1", "0.5", "1", "0.25")])
SIZES = st.decimals("0.1", "100", places=1, allow_nan=False)
STOPS = st.lists(
    st.builds(RestingStop, st.integers(1, 10**6), PRICES, st.none() | SIZES, st.booleans()),
    max_size=6,
    unique_by=lambda stop: stop.order_id,
).map(tuple)


def own(order_id: int, level: str, quantity: str) -> RestingStop:
    return RestingStop(order_id, Decimal(level), Decimal(quantity), own=True)


def others(order_id: int, level: str, quantity: str | None = None) -> RestingStop:
    return RestingStop(order_id, Decimal(level), None if quantity is None else Decimal(quantity), own=False)


@given(side=SIDES, price=PRICES, tick=TICKS)
def test_rounding_goes_towards_the_market_by_less_than_a_tick(side: Side, price: Decimal, tick: Decimal) -> None:
    rounded = round_stop(side, price, tick)

    assert rounded % tick == 0
    assert 0 <= (rounded - price) * side.sign < tick


@pytest.mark.parametrize(("price", "tick"), [("0", "0.1"), ("-5", "0.1"), ("5", "0"), ("NaN", "1")])
def test_a_price_or_tick_that_is_none_is_refused(price: str, tick: str) -> None:
    with pytest.raises(KernelError):
        round_stop(Side.LONG, Decimal(price), Decimal(tick))


@given(side=SIDES, size=SIZES, mark=PRICES, wanted=PRICES, stops=STOPS)
def test_only_what_is_strictly_tighter_than_everything_of_ours_and_short_of_the_mark_is_placed(
    side: Side, size: Decimal, mark: Decimal, wanted: Decimal, stops: tuple[RestingStop, ...]
) -> None:
    move = judge_move(side, size, mark, wanted, stops)

    if move is StopMove.TIGHTER:
        assert (mark - wanted) * side.sign > 0
        assert all(is_tighter(side, wanted, stop.trigger) for stop in stops if stop.own)
        assert is_tighter(side, wanted, covering_level(side, size, stops))
    if move in (StopMove.BEYOND, StopMove.IMPLAUSIBLE):
        assert (mark - wanted) * side.sign <= 0


@given(side=SIDES, size=SIZES, mark=PRICES, wanted=PRICES, stops=STOPS)
def test_a_stop_that_was_placed_is_in_force_and_wanted_again_it_is_there_already(
    side: Side, size: Decimal, mark: Decimal, wanted: Decimal, stops: tuple[RestingStop, ...]
) -> None:
    if judge_move(side, size, mark, wanted, stops) is not StopMove.TIGHTER:
        return
    done = arrange(side, wanted, [size], stops, replace_others=True)
    placed = [RestingStop(10**7 + index, wanted, piece, own=True) for index, piece in enumerate(done.place)]
    left = (*(stop for stop in stops if stop.order_id not in done.cancel), *placed)

    assert level_in_force(side, size, left) == wanted
    assert judge_move(side, size, mark, wanted, left) is StopMove.IN_FORCE
    assert arrange(side, wanted, [size], left, replace_others=True).nothing


@given(side=SIDES, level=PRICES, pieces=st.lists(SIZES, min_size=1, max_size=3), stops=STOPS, others_too=st.booleans())
def test_nothing_tighter_is_ever_cancelled_and_exactly_the_pieces_are_left_of_ours(
    side: Side, level: Decimal, pieces: list[Decimal], stops: tuple[RestingStop, ...], others_too: bool
) -> None:
    result = arrange(side, level, pieces, stops, replace_others=others_too)

    cancelled = [stop for stop in stops if stop.order_id in result.cancel]
    assert not any(is_tighter(side, stop.trigger, level) for stop in cancelled)
    assert others_too or all(stop.own for stop in cancelled)
    kept = [stop for stop in stops if stop not in cancelled and stop.own and not is_tighter(side, stop.trigger, level)]
    assert all(stop.trigger == level for stop in kept)
    assert sorted([*result.place, *(stop.quantity or Decimal(0) for stop in kept)]) == sorted(pieces)


@pytest.mark.parametrize(
    ("stops", "in_force"),
    [
        ((), None),
        ((own(1, "95", "10"),), "95"),
        ((own(1, "95", "4"),), "95"),  # ours for a part is ours all the same: it is never loosened
        ((others(1, "95", "4"),), None),
        ((others(1, "95", "4"), others(2, "90", "6")), "90"),
        ((others(1, "95"), others(2, "97", "3")), "95"),
        ((others(1, "95"), own(2, "97", "10")), "97"),
    ],
)
def test_in_force_is_our_tightest_or_what_covers_everything(
    stops: tuple[RestingStop, ...], in_force: str | None
) -> None:
    assert level_in_force(Side.LONG, Decimal(10), stops) == (None if in_force is None else Decimal(in_force))


def test_after_a_partial_close_the_larger_stop_is_replaced_and_of_two_equal_ones_one_goes() -> None:
    resized = arrange(Side.LONG, Decimal(95), [Decimal("7.5")], (own(1, "95", "10"),), replace_others=False)
    doubled = arrange(
        Side.LONG, Decimal(95), [Decimal(10)], (own(1, "95", "10"), own(2, "95", "10")), replace_others=False
    )

    assert (resized.place, resized.cancel) == ((Decimal("7.5"),), (1,))
    assert (doubled.place, doubled.cancel) == ((), (2,))


def test_a_level_that_the_price_has_passed_by_far_is_a_wrong_number_and_no_stop() -> None:
    def judged(side: Side, mark: str, wanted: str) -> StopMove:
        return judge_move(side, Decimal(1), Decimal(mark), Decimal(wanted), ())

    assert judged(Side.LONG, "100", "100") is StopMove.BEYOND
    assert judged(Side.LONG, "100", "200") is StopMove.BEYOND
    assert judged(Side.LONG, "100", "200.1") is StopMove.IMPLAUSIBLE
    assert judged(Side.SHORT, "100", "50") is StopMove.BEYOND
    assert judged(Side.SHORT, "100", "0.02") is StopMove.IMPLAUSIBLE  # a fraction where a price was meant (R41)


def test_our_own_level_is_the_tightest_of_ours() -> None:
    stops = (own(1, "95", "1"), own(2, "97", "1"), others(3, "99"))

    assert own_level(Side.LONG, stops) == 97
    assert own_level(Side.SHORT, stops) == 95
    assert own_level(Side.LONG, stops[2:]) is None


@given(
    symbol=st.from_regex(r"[A-Z0-9_]{2,30}", fullmatch=True),
    side=SIDES,
    generation=st.integers(0, 2**64),
    sequence=st.integers(1, 10**9),
)
def test_a_stops_name_fits_and_says_whose_it_is(symbol: str, side: Side, generation: int, sequence: int) -> None:
    name = stop_id(symbol, side, generation, sequence)

    assert len(name) <= 36
    assert parse_stop_id(name) == StopKey(place_of(symbol, side), generation, sequence)


def test_names_of_two_symbols_and_of_two_sides_differ_and_strangers_are_nobodys() -> None:
    names = {stop_id(symbol, side, 7, 1) for symbol in ("SOLUSDT", "ETHUSDT") for side in Side}

    assert len(names) == 4
    assert [parse_stop_id(text) for text in ("hv-7-full-1", "web-140", "hs-abc-7-1", "x" * 40)] == [None] * 4
    with pytest.raises(KernelError):
        stop_id("SOLUSDT", Side.LONG, 7, 0)
