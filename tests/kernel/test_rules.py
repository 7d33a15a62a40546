"""All rules together: their order, what goes along with what, and what no setting can do."""

from dataclasses import replace
from decimal import ROUND_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.actions import CloseKind, normalise
from kernel.finding import ALL, NOTHING, ExitAction
from kernel.kill_score import MarketState
from kernel.position_view import ExitSignals, PositionView
from kernel.rules import ORDER, Verdict, judge, risk_distance
from kernel.rules_config import Harvest, HoldExit, RulesConfig, Targets, Trailing
from kernel.side import Side
from tests.kernel.views import CALM, FLIPPED, config, view

WEAK = ExitSignals(regime_changed=False, volatility_expanding=False, confidence_lost=False)


def test_the_order_is_the_documented_one() -> None:
    assert [rule.__name__ for rule in ORDER] == [
        "emergency_stop",
        "stop_hit",
        "take_profit_hit",
        "liquidation_protection",
        "kill_score",
        "tranche",
        "ladder",
        "profit_lock",
        "trailing",
        "time_stop",
        "funding_bleed",
        "fee_protection",
        "hold_exit",
    ]


# Each row fires the rules from its own downwards as far as they can be had together; the first one speaks.
@pytest.mark.parametrize(
    ("rule", "mark", "changes"),
    [
        ("emergency_stop", "90", {"stop": "95", "take_profit": "80", "liquidation_price": "89.9", "market": FLIPPED}),
        ("stop_hit", "98", {"stop": "98", "take_profit": "97", "liquidation_price": "97.9", "market": FLIPPED}),
        ("take_profit_hit", "105", {"take_profit": "105", "market": FLIPPED, "age_seconds": "90000"}),
        ("liquidation_protection", "98", {"liquidation_price": "97.9", "market": FLIPPED, "age_seconds": "90000"}),
        ("kill_score", "105", {"market": FLIPPED, "age_seconds": "90000", "funding_rate": "0.01"}),
        ("time_stop", "105", {"age_seconds": "90000", "funding_rate": "0.01"}),
        ("funding_bleed", "105", {"funding_rate": "0.01"}),
        ("tranche", "105", {"signals": WEAK}),
        ("fee_protection", "100.05", {"peak_price": "101", "fees_paid": "1"}),
        ("trailing", "102.5", {}),
        ("none", "100", {}),
    ],
)
def test_the_first_in_order_speaks(rule: str, mark: str, changes: dict[str, Any]) -> None:
    assert judge(view(mark, **changes)).rule == rule


def test_a_rule_that_closes_everything_goes_before_an_earlier_one_that_closes_a_part() -> None:
    verdict = judge(view("105", age_seconds="86400"))

    assert (verdict.rule, verdict.fraction, verdict.new_stop) == ("time_stop", ALL, None)


def test_a_stop_moves_along_with_a_partial_close_as_in_p2() -> None:
    verdict = judge(view("105"))

    assert (verdict.action, verdict.fraction, verdict.quantity, verdict.rung) == (
        "PARTIAL_25",
        Decimal("0.25"),
        Decimal("2.5"),
        "p25",
    )
    assert verdict.codes[:1] == ("harvest_partial_25",)
    # The trail (two risk units behind 105) is tighter than the lock (100.2).
    assert (verdict.new_stop, verdict.stop_action, verdict.codes[1]) == (Decimal(101), "MOVE_SL_TRAIL", "trailing_stop")


def test_a_stop_moves_alone_when_nothing_closes() -> None:
    verdict = judge(view("103.5", peak_price="103.5"))

    assert (verdict.action, verdict.fraction, verdict.quantity) == ("PROFIT_LOCK_SL", NOTHING, NOTHING)
    assert (verdict.new_stop, verdict.stop_action) == (Decimal("100.2"), "PROFIT_LOCK_SL")


def test_the_users_rise_through_the_tranches() -> None:
    seen, left = view("100"), []
    for mark in ("104.1", "104.5", "108.1", "112.1", "112.1"):
        seen = replace(seen, mark_price=Decimal(mark), peak_price=Decimal(mark))
        verdict = judge(seen)
        seen = after(verdict, seen)
        left.append(seen.quantity)

    assert left == list(map(Decimal, ("7.5", "7.5", "3.75", "0.9375", "0.9375")))


def test_each_rule_can_close_or_move_once_its_turn_comes() -> None:
    evaluator = config(hold_exit=HoldExit.EVALUATOR, harvest=Harvest.OFF, trailing=Trailing.OFF, profit_lock=False)

    assert judge(view("105", signals=WEAK), evaluator).rule == "hold_exit"
    assert judge(view("101"), config(harvest=Harvest.LSF, min_r="-1", trailing=Trailing.OFF)).rule == "ladder"


def test_without_a_market_what_needs_only_prices_still_works_and_the_rest_says_why() -> None:
    blind: dict[str, Any] = {"market": None, "market_missing": "too_few_closes:3/257"}
    everything = config(hold_exit=HoldExit.EVALUATOR)

    rising = judge(view("105", **blind), everything)

    assert judge(view("90", **blind), everything).rule == "emergency_stop"
    assert judge(view("98", stop="98", **blind), everything).rule == "stop_hit"
    assert judge(view(age_seconds="86400", **blind), everything).rule == "time_stop"
    assert (rising.rule, rising.kill_score) == ("trailing", None)
    assert rising.notes == tuple(f"{rule}:too_few_closes:3/257" for rule in ("kill_score", "tranche", "hold_exit"))


def test_r50_fallbacks_are_visible() -> None:
    assert "fallback_stop_used" in judge(view(stop_dist_pct=None)).notes
    assert "fallback_stop_used" not in judge(view(stop_dist_pct=None, stop="98")).notes
    assert judge(view(market_estimated=True)).notes == ("market_estimated",)
    assert "market_estimated" not in judge(view(market=None, market_estimated=True)).notes
    assert judge(view()).notes == ()


@pytest.mark.parametrize(
    ("side", "recorded", "stop", "distance"),
    [
        (Side.LONG, "0.03", "99", "0.03"),
        (Side.LONG, None, "99", "0.01"),
        (Side.SHORT, None, "101", "0.01"),
        (Side.LONG, None, "100", None),  # a stop at or beyond entry is no risk; it once hid losses as R = 0
        (Side.LONG, None, "101", None),
        (Side.SHORT, None, "200", None),
        (Side.LONG, None, None, None),
    ],
)
def test_the_risk_unit(side: Side, recorded: str | None, stop: str | None, distance: str | None) -> None:
    seen = view(side=side, stop_dist_pct=recorded, stop=stop)

    assert risk_distance(seen) == (None if distance is None else Decimal(distance))


def test_the_verdict_carries_the_numbers_it_rests_on() -> None:
    verdict = judge(view("105"))

    assert verdict.r_net == Decimal("2.45")
    assert verdict.kill_score is not None
    assert verdict.kill_score.quantize(Decimal("0.0001")) == Decimal("0.5031")
    assert dict(verdict.numbers)["R_net"] == verdict.r_net


@pytest.mark.parametrize("action", list(ExitAction))
def test_every_word_is_one_of_the_vocabulary(action: ExitAction) -> None:
    said = normalise(action, Decimal("0.5") if action is ExitAction.PARTIAL_CLOSE else None)

    assert said.kind is not CloseKind.REFUSED
    assert (said.kind is CloseKind.MOVE_STOP) is (action in ("PROFIT_LOCK_SL", "MOVE_SL_TRAIL"))


def after(verdict: Verdict, seen: PositionView) -> PositionView:
    """The position once the verdict was carried out; the same when it closed everything."""
    left = seen.quantity - verdict.quantity
    return replace(
        seen,
        quantity=left if left > 0 else seen.quantity,
        peak_quantity=seen.original_quantity,
        rungs_taken=seen.rungs_taken | ({verdict.rung} if verdict.rung else frozenset()),
        stop=verdict.new_stop or seen.stop,
    )


prices = st.decimals("85", "120", places=2)
shares = st.decimals("0", "1", places=2)
markets = st.none() | st.builds(
    MarketState, st.decimals("0", "0.05", places=3), st.decimals("-1", "2", places=2), shares, shares, shares
)
flags = st.none() | st.booleans()
signals = st.builds(ExitSignals, flags, flags, flags)
rungs = st.frozensets(
    st.sampled_from(["p25", "p50", "p75", "lsf1", "lsf2", "lsf3", "r1", "r2", "r3", "x7"]), max_size=2
)
wild_views = st.builds(
    PositionView,
    side=st.sampled_from(Side),
    entry_price=prices,
    mark_price=prices,
    quantity=st.decimals("0.001", "1000", places=3),
    age_seconds=st.decimals("0", "100000", places=0),
    peak_price=prices,
    trough_price=prices,
    leverage=st.decimals("1", "125", places=0),
    liquidation_price=st.none() | prices,
    stop=st.none() | prices,
    take_profit=st.none() | prices,
    stop_dist_pct=st.decimals("0.001", "0.1", places=3),
    fees_paid=st.decimals("0", "100", places=2),
    funding_paid=st.decimals("-100", "100", places=2),
    funding_rate=st.none() | st.decimals("-0.01", "0.01", places=4),
    rungs_taken=rungs,
    market=markets,
    signals=signals,
)
# Where nothing protects, so that what takes profit has its say.
rising_views = st.builds(
    lambda side, gain, back, taken, signals, age: view(
        str(100 + side.sign * gain),
        side=side,
        peak_price=100 + side.sign * (gain + back),
        trough_price=100 + side.sign * (gain + back),
        rungs_taken=taken,
        signals=signals,
        age_seconds=age,
        fees_paid="1",
    ),
    st.sampled_from(Side),
    st.decimals("0", "16", places=2),
    st.decimals("0", "4", places=2),
    rungs,
    signals,
    st.decimals("0", "80000", places=0),
)
views = wild_views | rising_views
profit_settings = st.fixed_dictionaries(
    {
        "harvest": st.sampled_from(Harvest),
        "targets": st.sampled_from(Targets),
        "min_r": st.decimals("-5", "50", places=1),
        "profit_lock": st.booleans(),
        "trailing": st.sampled_from(Trailing),
        "fee_protection": st.booleans(),
        "hold_exit": st.sampled_from(HoldExit),
    }
)
configs = profit_settings.map(lambda chosen: RulesConfig(**chosen))
BARE = RulesConfig(
    harvest=Harvest.OFF, profit_lock=False, trailing=Trailing.OFF, fee_protection=False, hold_exit=HoldExit.OFF
)


@given(views, configs)
@settings(max_examples=400)
def test_r22_no_profit_setting_ever_blocks_or_weakens_what_protects(seen: PositionView, chosen: RulesConfig) -> None:
    protected, verdict = judge(seen, BARE), judge(seen, chosen)

    if protected.fraction == 1:
        assert verdict.fraction == 1
        assert verdict.quantity == seen.quantity
        if protected.rule not in ("time_stop", "funding_bleed"):
            assert (verdict.rule, verdict.reason, verdict.emergency) == (
                protected.rule,
                protected.reason,
                protected.emergency,
            )


@given(views, configs)
@settings(max_examples=400)
def test_a_verdict_stays_within_the_position(seen: PositionView, chosen: RulesConfig) -> None:
    verdict = judge(seen, chosen)

    assert 0 <= verdict.quantity <= seen.quantity
    assert 0 <= verdict.fraction <= 1
    assert (verdict.fraction == 1) is (verdict.quantity == seen.quantity)
    assert (verdict.fraction == 0) is (verdict.quantity == 0)
    assert (verdict.new_stop is None) is (verdict.stop_action is None)
    assert verdict.new_stop is None or verdict.fraction < 1
    assert verdict.codes
    assert verdict.reason


@given(views, configs)
@settings(max_examples=400)
def test_the_same_position_gets_the_same_verdict(seen: PositionView, chosen: RulesConfig) -> None:
    expected = judge(seen, chosen)

    with localcontext(prec=5, rounding=ROUND_UP):
        assert judge(seen, chosen) == expected


@given(views, configs)
@settings(max_examples=400)
def test_r68_what_was_carried_out_is_not_asked_for_again(seen: PositionView, chosen: RulesConfig) -> None:
    first = judge(seen, chosen)
    second = judge(after(first, seen), chosen)

    if first.rung is not None and first.fraction < 1:
        assert second.rung != first.rung
    if first.new_stop is not None:
        assert second.new_stop is None
    if first.action is ExitAction.NONE:
        assert second == first


@given(st.decimals("90", "115", places=2), st.decimals("0", "100000", places=0), markets)
def test_long_and_short_are_judged_alike(mark: Decimal, age: Decimal, market: MarketState | None) -> None:
    shared: dict[str, Any] = {"age_seconds": age, "market": market, "funding_rate": "0"}
    long = judge(view(str(mark), **shared), config(fee_protection=False))
    short = judge(view(str(200 - mark), side=Side.SHORT, **shared), config(fee_protection=False))

    assert (long.rule, long.fraction, long.codes, long.r_net) == (short.rule, short.fraction, short.codes, short.r_net)
    if long.stop_action == ExitAction.MOVE_SL_TRAIL:
        assert short.new_stop == 200 - (long.new_stop or 0)


def test_no_position_the_exchange_can_have_is_too_odd() -> None:
    for price in ("1E-12", "1E+15"):
        for quantity in ("1E-12", "1E+15"):
            odd = view(price, entry_price=price, quantity=quantity, peak_price=price, trough_price=price, stop=price)
            assert judge(odd).rule
    assert judge(replace(view(), market=CALM, leverage=Decimal("1E+15"))).rule
