"""P1: the user's seven cases (original system, section 1.9), the invariant the original broke, and its mirror."""

from decimal import ROUND_UP, Decimal, localcontext
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.kill_score import MarketState
from kernel.side import Side
from kernel.stops import StopsPosition, StopsProposal, dominant_regime, propose_stops, stop_distance
from kernel.stops_theta import StopsTheta


def market(sigma: str, ts: str, trend: str, mean_reverting: str, chop: str) -> MarketState:
    return MarketState(*map(Decimal, (sigma, ts, trend, mean_reverting, chop)))


def position(side: Side, entry: str, price: str, peak: str, trough: str, stop: str | None) -> StopsPosition:
    current = None if stop is None else Decimal(stop)
    return StopsPosition(side, Decimal(entry), Decimal(price), Decimal(peak), Decimal(trough), current)


class Case(NamedTuple):
    """One row of the user's table. `stop` and `reasons` of the two defects are ours."""

    name: str
    position: StopsPosition
    market: MarketState
    distances: tuple[str, str, str]
    stop: str
    take_profit: str
    reasons: str


HALF_TREND = ("0.5", "0.2", "0.3")
P1_1 = market("0.01", "0.35", *HALF_TREND)
CASES = [
    Case(
        "P1-1",
        position(Side.LONG, "100", "105", "106", "99", "99"),
        P1_1,
        ("0.0121", "0.0210975", "0.0129"),
        "104.6326",
        "107.2152",
        "trail_active sl_tightening regime_trend tp_extended",
    ),
    Case(
        "P1-2",
        position(Side.LONG, "100", "105", "106", "99", "104.9"),
        P1_1,
        ("0.0121", "0.0210975", "0.0129"),
        "104.9",
        "107.2152",
        "trail_active sl_tightened_monotonic regime_trend tp_extended",
    ),
    Case(
        "P1-3",
        position(Side.SHORT, "100", "95", "101", "94", "101"),
        market("0.02", "0.5", "0.7", "0.2", "0.1"),
        ("0.0262", "0.05029", "0.0254"),
        "96.3876",
        "90.2224",
        "trail_active sl_tightening regime_trend tp_extended",
    ),
    Case(
        "P1-4",
        position(Side.LONG, "100", "100", "100", "100", None),
        market("0.001", "0", "0.2", "0.5", "0.3"),
        ("0.005", "0.01", "0.005"),
        "99.5",
        "101",
        "regime_mr",
    ),
    # The original put the stop at 111.278, above price and target.
    Case(
        "P1-5",
        position(Side.LONG, "100", "105", "112", "99", None),
        market("0.005", "0.35", *HALF_TREND),
        ("0.00605", "0.01054875", "0.00645"),
        "104.475",
        "106.1076",
        "trail_active regime_trend tp_extended sl_clamped_to_price",
    ),
    Case(
        "P1-6",
        position(Side.LONG, "100", "105", "106", "99", "99"),
        market("0.01", "1", "0.8", "0.1", "0.1"),
        ("0.0138", "0.02951", "0.0124"),
        "104.6856",
        "108.0986",
        "trail_active sl_tightening regime_trend tp_extended",
    ),
    # The original put the stop at 1930.55, below the price of a short. Clamped it is looser than the one in force.
    Case(
        "P1-7",
        position(Side.SHORT, "2000", "2050", "2100", "1900", "2060"),
        market("0.012", "0.05", "0.2", "0.3", "0.5"),
        ("0.01248", "0.01932", "0.01608"),
        "2060",
        "2010.394",
        "trail_active sl_tightened_monotonic regime_chop sl_clamped_to_price",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_users_table(case: Case) -> None:
    proposal = propose_stops(case.position, case.market)

    distances = (proposal.stop_dist, proposal.tp_dist, proposal.trail_gap)
    assert distances == tuple(map(Decimal, case.distances))  # to the last digit; the table shows six
    assert proposal.stop.quantize(Decimal("0.0001")) == Decimal(case.stop)
    assert proposal.take_profit.quantize(Decimal("0.0001")) == Decimal(case.take_profit)
    assert proposal.reasons == tuple(case.reasons.split())
    assert stop_distance(case.market) == proposal.stop_dist


def test_a_foreign_decimal_context_changes_nothing() -> None:
    expected = [propose_stops(case.position, case.market) for case in CASES]

    with localcontext(prec=5, rounding=ROUND_UP):
        found = [propose_stops(case.position, case.market) for case in CASES]

    assert found == expected


def test_r72_a_stop_in_force_that_was_passed_is_said_so() -> None:
    proposal = propose_stops(position(Side.LONG, "100", "105", "106", "99", "105.5"), P1_1)

    assert proposal.stop == Decimal("104.475")
    assert proposal.reasons[-2:] == ("sl_in_force_passed", "sl_clamped_to_price")


def test_a_looser_stop_is_proposed_only_when_asked_for() -> None:
    held = position(Side.LONG, "100", "105", "106", "99", "104.9")

    loosened = propose_stops(held, P1_1, StopsTheta(monotonic_sl=False))

    assert loosened.stop < Decimal("104.9")
    assert "sl_tightened_monotonic" not in loosened.reasons


@pytest.mark.parametrize(
    ("sigma", "code"), [("0.9", "sl_clamped_above_zero"), ("0.9", "tp_clamped_above_zero"), ("0.01", None)]
)
def test_prices_stay_positive_however_wild_the_market(sigma: str, code: str | None) -> None:
    wild = market(sigma, "0", "1", "0", "0")
    sides = {side: propose_stops(position(side, "100", "100", "100", "100", None), wild) for side in Side}

    clamps = {reason for proposal in sides.values() for reason in proposal.reasons if "above_zero" in reason}
    assert (code in clamps) if code else not clamps


@pytest.mark.parametrize(
    ("trend", "ts", "target"),
    [
        ("0.3", "1", "107.5"),  # 2.5 x 0.3 x 0.1: a trend of 0.3 is not above 0.3
        ("0.2", "1", "105"),
        ("0.4", "0.1", "110"),
        ("0.4", "0.05", "110"),
        ("0.4", "0.5", "111"),  # 1 + 0.5 x 0.5 x 0.4 times as far
        ("0.4", "9", "112"),  # strength counts up to 1
    ],
)
def test_only_a_strong_trend_extends_the_target(trend: str, ts: str, target: str) -> None:
    proposal = propose_stops(position(Side.LONG, "100", "100", "100", "100", None), market("0.1", ts, trend, "0", "0"))

    assert proposal.take_profit == Decimal(target)
    assert ("tp_extended" in proposal.reasons) is (target in ("111", "112"))


def test_regimes_that_are_equally_likely_name_the_first() -> None:
    assert dominant_regime(market("0", "0", "0.4", "0.4", "0.2")) == "trend"
    assert dominant_regime(market("0", "0", "0.2", "0.4", "0.4")) == "mr"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("entry_price", ("0", "1", "1", "1", None)),
        ("price", ("1", "NaN", "1", "1", None)),
        ("peak", ("1", "1", "-1", "1", None)),
        ("trough", ("1", "1", "1", "1E+16", None)),
        ("current_stop", ("1", "1", "1", "1", "0")),
    ],
)
def test_a_bad_position_is_refused_by_field(field: str, values: tuple[str, str, str, str, str | None]) -> None:
    with pytest.raises(KernelError) as caught:
        position(Side.LONG, *values)

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sl_min_pct", Decimal(0)),
        ("sl_min_pct", Decimal(1)),
        ("tp_min_pct", Decimal(2)),
        ("k_sl_trend", Decimal(-1)),
        ("tp_extend_max", Decimal("NaN")),
        ("monotonic_sl", Decimal(1)),
    ],
)
def test_bad_parameters_are_refused_by_field(field: str, value: Decimal) -> None:
    changes: dict[str, Decimal] = {field: value}
    with pytest.raises(KernelError) as caught:
        StopsTheta(**changes)  # type: ignore[arg-type]

    assert caught.value.field == f"theta.{field}"


prices = st.decimals("0.0001", "100000", places=4)
shares = st.decimals("0", "1", places=3)
markets = st.builds(
    MarketState, st.decimals("0", "2", places=4), st.decimals("-2", "2", places=3), shares, shares, shares
)


def propose(
    side: Side, price: Decimal, peak: Decimal, trough: Decimal, stop: Decimal | None, state: MarketState
) -> StopsProposal:
    return propose_stops(StopsPosition(side, price, price, peak, trough, stop), state)


@given(prices, prices, prices, st.none() | prices, markets)
def test_r72_the_stop_lies_before_the_price_and_the_target_beyond_it(
    price: Decimal, peak: Decimal, trough: Decimal, stop: Decimal | None, state: MarketState
) -> None:
    long = propose(Side.LONG, price, peak, trough, stop, state)
    short = propose(Side.SHORT, price, peak, trough, stop, state)

    assert 0 < long.stop < price < long.take_profit
    assert short.stop > price > short.take_profit > 0


@given(prices, prices, prices, prices, markets, st.sampled_from(Side))
def test_a_stop_that_still_stands_is_never_loosened(
    price: Decimal, peak: Decimal, trough: Decimal, stop: Decimal, state: MarketState, side: Side
) -> None:
    standing = (price - stop) * side.sign > 0

    proposal = propose(side, price, peak, trough, stop, state)

    if standing:
        assert (proposal.stop - stop) * side.sign >= -StopsTheta().eps
    else:
        assert "sl_in_force_passed" in proposal.reasons or "sl_clamped_to_price" in proposal.reasons


@given(prices, prices, prices, st.none() | prices, markets, st.sampled_from(Side))
def test_asking_again_with_the_answer_in_force_changes_nothing(
    price: Decimal, peak: Decimal, trough: Decimal, stop: Decimal | None, state: MarketState, side: Side
) -> None:
    first = propose(side, price, peak, trough, stop, state)

    assert propose(side, price, peak, trough, first.stop, state).stop == first.stop


@given(markets, st.decimals("0", "0.5", places=4))
def test_more_volatility_never_narrows_a_distance(state: MarketState, more: Decimal) -> None:
    wilder = MarketState(state.sigma + more, state.ts, state.p_trend, state.p_mr, state.p_chop)
    calm, wild = (propose(Side.LONG, Decimal(100), Decimal(100), Decimal(100), None, each) for each in (state, wilder))

    assert wild.stop_dist >= calm.stop_dist
    assert wild.tp_dist >= calm.tp_dist
    assert wild.trail_gap >= calm.trail_gap


@given(st.decimals("50", "200", places=4), st.decimals("0", "0.05", places=4), markets)
def test_long_and_short_are_mirrors(price: Decimal, away: Decimal, state: MarketState) -> None:
    calm = MarketState(state.sigma / 10, state.ts, state.p_trend, state.p_mr, state.p_chop)
    long = propose(Side.LONG, price, price * (1 + away), price, None, calm)
    short = propose(Side.SHORT, price, price, price * (1 - away), None, calm)

    assert (long.stop_dist, long.tp_dist, long.trail_gap) == (short.stop_dist, short.tp_dist, short.trail_gap)
    assert ("sl_clamped_above_zero" in long.reasons) or long.take_profit - price == price - short.take_profit
