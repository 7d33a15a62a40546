import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.kill_score import KillComponents, MarketState, kill_components, kill_score

shares = st.decimals(0, 1, places=3)
markets = st.builds(
    MarketState,
    sigma=st.decimals(0, 1, places=5),
    ts=st.decimals(-2, 2, places=4),
    p_trend=shares,
    p_mr=shares,
    p_chop=shares,
)
ages = st.decimals(0, 1_000_000, places=0)
components = st.builds(
    KillComponents,
    regime_flip=st.sampled_from([Decimal(0), Decimal(1)]),
    sigma_spike=st.decimals(0, 2, places=5),
    ts_drop=st.decimals(0, "0.5", places=5),
    age_penalty=st.decimals(0, 1, places=5),
)


@given(market=markets, age=ages)
def test_k_stays_within_its_bounds_at_defaults(market: MarketState, age: Decimal) -> None:
    assert Decimal("0.5") <= kill_score(kill_components(market, age)) <= Decimal("0.9277")


@given(parts=components, name=st.sampled_from(KillComponents.__slots__), more=st.decimals("0.00001", 1, places=5))
def test_k_grows_with_every_component(parts: KillComponents, name: str, more: Decimal) -> None:
    worse = replace(parts, **{name: getattr(parts, name) + more})

    assert kill_score(worse) > kill_score(parts)


@given(market=markets, age=ages, more=st.decimals(0, 1, places=4))
def test_r27_a_worse_market_never_lowers_k(market: MarketState, age: Decimal, more: Decimal) -> None:
    before = kill_score(kill_components(market, age))

    assert kill_score(kill_components(replace(market, sigma=market.sigma + more), age)) >= before
    assert kill_score(kill_components(replace(market, ts=market.ts - more), age)) >= before
    assert kill_score(kill_components(market, age + more)) >= before


def test_k_is_exactly_a_half_in_a_neutral_market() -> None:
    none = Decimal(0)

    assert kill_score(KillComponents(none, none, none, none)) == Decimal("0.5")


def test_k_at_its_largest_by_an_independent_computation() -> None:
    largest = KillComponents(Decimal(1), Decimal(2), Decimal("0.5"), Decimal(1))

    assert float(kill_score(largest)) == pytest.approx(1 / (1 + math.exp(-2.55)), rel=1e-15)
    assert str(kill_score(largest)).startswith("0.92757351463848228215607649")


@pytest.mark.parametrize(
    ("field", "value"),
    [("sigma", "-0.1"), ("ts", "NaN"), ("p_trend", "50"), ("p_mr", "-0.1"), ("p_chop", "Infinity")],
)
def test_a_bad_market_is_refused_by_field(field: str, value: str) -> None:
    good = MarketState(Decimal("0.01"), Decimal("0.3"), Decimal("0.5"), Decimal("0.2"), Decimal("0.3"))

    with pytest.raises(KernelError) as caught:
        replace(good, **{field: Decimal(value)})

    assert caught.value.field == field


def test_a_share_may_exceed_one_by_float_noise() -> None:
    state = MarketState(Decimal("0.01"), Decimal(0), Decimal("1.0000000000000002"), Decimal(0), Decimal(0))

    assert kill_components(state, Decimal(0)).regime_flip == 0
