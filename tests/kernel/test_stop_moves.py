from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.finding import NOTHING, Abstention, Finding
from kernel.rules_config import RulesConfig, Targets, Trailing
from kernel.side import Side
from kernel.stop_moves import profit_lock, trailing
from tests.kernel.views import CALM, config, situation, view

GAP = config(trailing=Trailing.GAP)
P1 = config(trailing=Trailing.P1)


@pytest.mark.parametrize(
    ("side", "mark", "stop", "locked"),
    [
        (Side.LONG, "103.09", None, None),
        (Side.LONG, "103.1", None, "100.2"),  # R is 1.5 exactly
        (Side.LONG, "103.1", "100.1", "100.2"),
        (Side.LONG, "103.1", "100.2", None),
        (Side.LONG, "103.1", "101", None),
        (Side.SHORT, "96.9", None, "99.8"),
        (Side.SHORT, "96.9", "99.8", None),
    ],
)
def test_the_lock(side: Side, mark: str, stop: str | None, locked: str | None) -> None:
    found = profit_lock(situation(view(mark, side=side, stop=stop)))

    assert (found.new_stop if isinstance(found, Finding) else None) == (None if locked is None else Decimal(locked))
    if isinstance(found, Finding):
        assert (found.action, found.fraction) == ("PROFIT_LOCK_SL", NOTHING)


def test_the_lock_needs_no_market_and_can_be_switched_off() -> None:
    assert isinstance(profit_lock(situation(view("104", market=None))), Finding)
    assert profit_lock(situation(view("104"), config(profit_lock=False))) is None


def test_the_lock_comes_sooner_with_leverage() -> None:
    seen = view("101.1")  # R = 0.5; at 10x the lock is 0.474

    assert profit_lock(situation(seen)) is None
    assert isinstance(profit_lock(situation(seen, config(targets=Targets.BY_LEVERAGE))), Finding)


def test_a_level_beyond_the_mark_is_not_proposed() -> None:
    # With a risk unit of 0.02 % the lock is reached before the price has come as far as the lock's own level.
    found = profit_lock(situation(view("100.15", stop_dist_pct="0.0002")))

    assert found == Abstention("profit_lock", "level_beyond_mark")


@pytest.mark.parametrize(
    ("settings", "side", "mark", "extreme", "stop", "moved"),
    [
        (config(), Side.LONG, "101", "101", None, None),  # R 0.45 at best
        (config(), Side.LONG, "104", "106", None, "102"),  # 106 less two risk units of 2
        (config(), Side.LONG, "104", "106", "102", None),
        (config(), Side.LONG, "104", "106", "101.95", None),  # a gain below 0.05 % is not worth an order
        (config(), Side.LONG, "104", "106", "101.948", "102"),  # a gain of 0.05 % to the last digit
        (config(trail_risk_units="53"), Side.LONG, "104", "106", None, None),  # a stop at zero is none
        (config(), Side.SHORT, "96", "94", None, "98"),
        (GAP, Side.LONG, "105.9", "106", None, "105.152"),
        (GAP, Side.SHORT, "94.1", "94", None, "94.752"),
        (config(trailing=Trailing.OFF), Side.LONG, "104", "106", None, None),
    ],
)
def test_trailing(
    settings: RulesConfig, side: Side, mark: str, extreme: str, stop: str | None, moved: str | None
) -> None:
    seen = view(mark, side=side, peak_price=extreme, trough_price=extreme, stop=stop)

    found = trailing(situation(seen, settings))

    assert (found.new_stop if isinstance(found, Finding) else None) == (None if moved is None else Decimal(moved))


def test_p1_trails_with_its_own_reasons() -> None:
    found = trailing(situation(view("105", peak_price="106", stop="99"), P1))

    assert isinstance(found, Finding)
    assert found.new_stop == Decimal("104.6326")
    assert found.codes == ("trailing_stop", "trail_active", "sl_tightening", "regime_trend", "tp_extended")


def test_p1_cannot_trail_without_a_market_and_says_so() -> None:
    assert trailing(situation(view("105", market=None), P1)) == Abstention("trailing", "market_state_missing")
    assert isinstance(trailing(situation(view("105", market=None))), Finding)


def test_a_trail_that_was_passed_is_not_placed_beyond_the_market() -> None:
    assert trailing(situation(view("101", peak_price="106"), GAP)) == Abstention("trailing", "level_beyond_mark")


prices = st.decimals("80", "120", places=2)


@given(
    prices,
    prices,
    st.none() | prices,
    st.sampled_from(Side),
    st.sampled_from([config(), GAP, P1]),
    st.sampled_from([profit_lock, trailing]),
    st.sampled_from([CALM, None]),
)
def test_a_stop_only_tightens_and_never_reaches_the_mark(
    mark: Decimal,
    extreme: Decimal,
    stop: Decimal | None,
    side: Side,
    settings: RulesConfig,
    rule: object,
    market: object,
) -> None:
    best = max(mark, extreme, key=lambda price: price * side.sign)
    seen = view(str(mark), side=side, peak_price=best, trough_price=best, stop=stop, market=market)
    given_to_it = situation(seen, settings)

    found = profit_lock(given_to_it) if rule is profit_lock else trailing(given_to_it)

    if isinstance(found, Finding):
        assert found.new_stop is not None
        assert found.new_stop > 0
        assert (mark - found.new_stop) * side.sign > 0
        assert stop is None or (found.new_stop - stop) * side.sign > 0
        assert found.fraction == 0
