"""Our own market state. The expected numbers were computed apart, in binary floats, from the published definitions."""

from dataclasses import replace
from decimal import ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.estimator import DEFAULT, Estimate, EstimatorTheta, estimate
from kernel.kill_score import MarketState
from kernel.regime import RegimeTheta, directional_persistence, regime, variance_ratio
from kernel.trend import theil_sen, weighted_slope
from kernel.volatility import VolatilityTheta, variance, volatility
from tests.kernel.closes import reverting, walk

SERIES = {
    "chop": walk(7, 0, 500),
    "trend": walk(7, 400, 300),
    "fall": walk(7, -400, 300),
    "revert": reverting(7),
    "storm": walk(3, 0, 4000),
    "flat": [Decimal(100)] * 257,
}
# sigma, slope, ts, p_trend, p_mr, p_chop, persistence, variance ratio
EXPECTED = {
    "chop": (".00060615977876", "-.00001866865166", ".0307982355", ".2453199832", ".1051421999", ".6495378169",
             ".4823529412", ".9104736702"),
    "trend": (".00044825102449", ".00035895930216", ".8007997344", ".7249610370", ".0373904009", ".2376485621",
              ".7568627451", ".9246894703"),
    "fall": (".00052369813222", "-.00044460915505", ".8489798356", ".7177665125", ".0380811178", ".2441523697",
             ".6901960784", ".9290369664"),
    "revert": (".00091464928589", ".00000233396043", ".0025517545", ".1401191402", ".3433198131", ".5165610467",
               ".3450980392", ".2042655310"),
    "storm": (".00464438555718", "-.00001835648143", ".0039524026", ".2403940829", ".0932487833", ".6663571339",
              ".4862745098", ".9832773768"),
    "flat": (".00000100000000", "0", "0", ".3333333333", ".3333333333", ".3333333333", "1", "0"),
}  # fmt: skip
CLOSE_ENOUGH = Decimal("1E-9")


def known(found: Estimate) -> MarketState:
    assert found.market is not None
    return found.market


@pytest.mark.parametrize("name", SERIES)
def test_it_agrees_with_the_published_definitions(name: str) -> None:
    found = estimate(SERIES[name])

    market, shares = known(found), found.regime
    assert shares is not None
    assert found.slope is not None
    numbers = (market.sigma, found.slope, market.ts, market.p_trend, market.p_mr, market.p_chop,
               shares.persistence, shares.variance_ratio)  # fmt: skip
    wrong = {
        expected: number
        for number, expected in zip(numbers, EXPECTED[name], strict=True)
        if abs(number - Decimal(expected)) > CLOSE_ENOUGH
    }
    assert wrong == {}


def test_what_each_market_is() -> None:
    states = {name: known(estimate(closes)) for name, closes in SERIES.items()}

    assert states["trend"].p_trend > Decimal("0.7")
    assert states["fall"].p_trend > Decimal("0.7")
    assert states["chop"].p_chop > Decimal("0.6")
    assert states["revert"].p_mr > 3 * states["chop"].p_mr
    assert states["storm"].sigma > 7 * states["chop"].sigma


@pytest.mark.parametrize("count", [0, 1, 256])
def test_too_few_closes_are_no_estimate(count: int) -> None:
    assert estimate(SERIES["chop"][:count]) == Estimate(None, f"too_few_closes:{count}/257")


@pytest.mark.parametrize("broken", ["0", "-1", "NaN", "Infinity", "1E-13", "1E+16"])
def test_a_close_that_is_no_price_is_no_estimate(broken: str) -> None:
    closes = [*SERIES["chop"][:-1], Decimal(broken)]

    assert estimate(closes) == Estimate(None, "close_not_positive")


def test_only_the_newest_closes_count() -> None:
    assert estimate([Decimal(5), Decimal(0), *SERIES["trend"]]) == estimate(SERIES["trend"])


def test_a_single_jump_does_not_decide_sigma() -> None:
    calm = SERIES["chop"]
    jumped = [*calm[:100], *(close * Decimal("1.2") for close in calm[100:])]

    assert known(estimate(jumped)).sigma < known(estimate(calm)).sigma * Decimal("1.2")


def test_a_foreign_decimal_context_changes_nothing() -> None:
    expected = estimate(SERIES["storm"])

    with localcontext(prec=5, rounding=ROUND_UP):
        assert estimate(SERIES["storm"]) == expected


@pytest.mark.parametrize(
    ("values", "slope"), [(("1", "2"), "1"), (("0", "1", "5"), "2.5"), (("3", "3", "3"), "0"), (("9", "0", "-1"), "-5")]
)
def test_the_median_slope(values: tuple[str, ...], slope: str) -> None:
    assert theil_sen(list(map(Decimal, values))) == Decimal(slope)


def test_slopes_are_weighted_whatever_the_weights_add_up_to() -> None:
    logs = list(map(Decimal, ("0", "0", "0", "1")))

    assert weighted_slope(logs, (2, 4), (Decimal(3), Decimal(1))) == Decimal("0.75") + theil_sen(logs) / 4


def test_features_of_small_series() -> None:
    up_down = list(map(Decimal, ("1", "-1", "1", "-1", "1", "-1")))

    assert directional_persistence(up_down) == 0
    assert directional_persistence(list(map(Decimal, ("1", "2", "0", "0", "-1")))) == Decimal("0.5")
    assert variance(up_down) == 1
    assert variance_ratio(up_down, RegimeTheta(variance_ratio_steps=2)) == 0


@pytest.mark.parametrize(
    "theta",
    [
        lambda: EstimatorTheta(window=4),
        lambda: EstimatorTheta(trend_windows=(1,), trend_weights=(Decimal(1),)),
        lambda: EstimatorTheta(trend_windows=(64,)),
        lambda: EstimatorTheta(trend_windows=(64,), trend_weights=(Decimal(0),)),
        lambda: RegimeTheta(softmax_temp=Decimal(0)),
        lambda: RegimeTheta(variance_ratio_steps=1),
        lambda: VolatilityTheta(ewma_lambda=Decimal(2)),
        lambda: VolatilityTheta(sigma_floor=Decimal(0)),
    ],
)
def test_bad_parameters_are_refused(theta: object) -> None:
    assert callable(theta)
    with pytest.raises(KernelError):
        theta()


SMALL = EstimatorTheta(window=12, trend_windows=(4, 12), trend_weights=(Decimal(1), Decimal(1)))
small_closes = st.lists(st.decimals("0.01", "1000", places=2), min_size=13, max_size=20)


@given(small_closes)
def test_probabilities_are_shares_and_sigma_is_positive(closes: list[Decimal]) -> None:
    market = known(estimate(closes, SMALL))

    assert abs(market.p_trend + market.p_mr + market.p_chop - 1) < Decimal("1E-24")
    assert min(market.p_trend, market.p_mr, market.p_chop) >= 0
    assert market.sigma >= VolatilityTheta().sigma_floor
    assert market.ts >= 0


@given(small_closes, st.sampled_from([Decimal(10), Decimal("0.001"), Decimal("1E+6")]))
def test_the_unit_of_the_price_does_not_matter(closes: list[Decimal], unit: Decimal) -> None:
    one, other = known(estimate(closes, SMALL)), known(estimate([close * unit for close in closes], SMALL))

    assert abs(one.sigma - other.sigma) < CLOSE_ENOUGH
    assert abs(one.ts - other.ts) < CLOSE_ENOUGH


@given(small_closes)
def test_a_fall_is_as_strong_as_the_rise_it_mirrors(closes: list[Decimal]) -> None:
    rise = estimate(closes, SMALL)
    fall = estimate([1 / close for close in closes], SMALL)

    assert abs(known(rise).ts - known(fall).ts) < Decimal("1E-6")
    assert rise.slope is not None
    assert fall.slope is not None
    assert abs(rise.slope + fall.slope) < CLOSE_ENOUGH


@given(st.lists(st.decimals("-0.1", "0.1", places=4), min_size=6, max_size=30), st.decimals("0", "3", places=2))
@settings(max_examples=50)
def test_a_stronger_trend_is_never_less_likely_one(returns: list[Decimal], ts: Decimal) -> None:
    weaker, stronger = regime(returns, ts), regime(returns, ts + 1)

    assert stronger.p_trend > weaker.p_trend
    assert stronger.p_mr < weaker.p_mr


@given(st.lists(st.decimals("-0.1", "0.1", places=4), min_size=3, max_size=30))
def test_twice_the_moves_are_twice_the_sigma(returns: list[Decimal]) -> None:
    one, twice = volatility(returns), volatility([2 * value for value in returns])

    assert one <= twice <= 2 * one + Decimal("1E-6")


def test_the_defaults_need_257_closes() -> None:
    assert DEFAULT.closes_needed == 257
    assert replace(DEFAULT, window=300).closes_needed == 301
