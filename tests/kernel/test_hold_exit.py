"""The hold and exit scores: the user's table (original system, section 3.2)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.finding import Abstention, Finding
from kernel.hold_exit import ExitQuestion, Leaning, fall_back, near_peak, weigh
from kernel.hold_exit_rule import hold_exit
from kernel.position_view import ExitSignals
from kernel.rules_config import HoldExit
from kernel.side import Side
from tests.kernel.views import config, situation, view

HOUR = Decimal(3600)
HOLD, PART, CLOSE = Leaning.HOLD, Leaning.PARTIAL_CLOSE, Leaning.CLOSE
EVALUATOR = config(hold_exit=HoldExit.EVALUATOR)
FINE = ExitSignals(regime_changed=False, volatility_expanding=True, confidence_lost=False)


# R, hours, near peak, regime changed / volatility expanding / confidence lost, history; hold, exit, what, fraction
@pytest.mark.parametrize(
    ("r", "hours", "near", "flags", "history", "hold", "leave", "leaning", "fraction"),
    [
        ("1.5", "0.5", True, "010", "1.0 1.2 1.5", 6, 0, HOLD, "0"),
        ("0.5", "0.5", True, "010", "", 5, 7, CLOSE, "1"),
        ("9", "2", True, "010", "", 5, 6, CLOSE, "1"),
        ("2.5", "2", True, "000", "", 4, 4, PART, "0.38"),
        ("2.5", "2", False, "000", "", 3, 7, PART, "0.58"),
        ("3.5", "7", True, "010", "", 5, 6, PART, "0.53"),
        ("5.5", "2", True, "010", "5 5.2 5.8", 7, 4, HOLD, "0"),
        # The table gives this row's volatility as expanding, which would be 5 and 0; its scores are these inputs'.
        ("-0.8", "2", True, "000", "", 4, 3, PART, "0.21"),
        ("-0.8", "2", True, "010", "", 5, 0, HOLD, "0"),
        ("-0.8", "8", True, "000", "", 4, 6, PART, "0.41"),
        ("2.5", "2", True, "110", "", 3, 6, CLOSE, "1"),
        ("1.2", "26", True, "001", "", 3, 12, CLOSE, "1"),
        ("6.2", "2", True, "000", "", 4, 7, PART, "0.58"),
    ],
)
def test_the_users_table(
    r: str,
    hours: str,
    near: bool,
    flags: str,
    history: str,
    hold: int,
    leave: int,
    leaning: Leaning,
    fraction: str,
) -> None:
    regime, volatility, confidence = (flag == "1" for flag in flags)
    past = tuple(map(Decimal, history.split()))

    answer = weigh(ExitQuestion(Decimal(r), Decimal(hours) * HOUR, near, regime, volatility, confidence, past))

    assert (answer.hold_score, answer.exit_score) == (hold, leave)
    assert (answer.leaning, answer.fraction) == (leaning, Decimal(fraction))


@pytest.mark.parametrize(
    ("r", "leaning", "fraction", "scores"),
    [
        ("5", CLOSE, "1", (0, 10)),
        ("3", CLOSE, "1", (2, 8)),
        ("2", PART, "0.5", (4, 6)),
        ("0.5", CLOSE, "1", (3, 8)),
        ("0.49", HOLD, "0", (5, 0)),
        ("-9", HOLD, "0", (5, 0)),
    ],
)
def test_the_steps_without_an_evaluator(r: str, leaning: Leaning, fraction: str, scores: tuple[int, int]) -> None:
    answer = fall_back(Decimal(r))

    assert (answer.leaning, answer.fraction) == (leaning, Decimal(fraction))
    assert (answer.hold_score, answer.exit_score) == scores


@pytest.mark.parametrize(
    ("side", "mark", "best", "near"),
    [
        (Side.LONG, "98.01", "100", True),
        (Side.LONG, "98", "100", False),
        (Side.SHORT, "101.99", "100", True),
        (Side.SHORT, "102", "100", False),
    ],
)
def test_near_the_peak_is_within_two_percent(side: Side, mark: str, best: str, near: bool) -> None:
    assert near_peak(view(mark, side=side, peak_price=best, trough_price=best)) is near


def test_a_losers_partial_close_is_not_called_profit_taking() -> None:
    answer = weigh(ExitQuestion(Decimal("-0.8"), 8 * HOUR, True, False, False, False))

    assert answer.code == "loss_cutting"


def test_the_rule_takes_r_without_costs() -> None:
    signals = replace(FINE, volatility_expanding=False)

    found = hold_exit(situation(view("105", signals=signals, age_seconds="7200"), EVALUATOR))

    assert isinstance(found, Finding)
    assert (found.fraction, found.rung) == (Decimal("0.38"), "x4")
    assert found.reason == "profit_taking (R=2.50, exit=4, hold=4)"


def test_r68_a_share_is_taken_once_for_each_exit_score() -> None:
    weak = replace(FINE, volatility_expanding=False)
    seen = view("105", signals=weak, age_seconds="7200", rungs_taken=frozenset({"x4"}))

    assert hold_exit(situation(seen, EVALUATOR)) is None
    worse = hold_exit(situation(replace(seen, peak_price=Decimal(120)), EVALUATOR))
    assert isinstance(worse, Finding)
    assert worse.rung == "x7"


def test_r73_detectors_that_are_missing_are_told_and_not_taken_for_good_news() -> None:
    unknown = hold_exit(situation(view("105"), EVALUATOR))
    partly = hold_exit(situation(view("100.5", signals=replace(FINE, confidence_lost=None)), EVALUATOR))

    assert unknown == Abstention("hold_exit", "signals_missing")
    for half in (replace(FINE, regime_changed=None), replace(FINE, volatility_expanding=None)):
        assert hold_exit(situation(view("105", signals=half), EVALUATOR)) == unknown
    assert isinstance(partly, Finding)
    assert partly.codes == ("fees_eat_profit", "confidence_unknown")


def test_without_a_market_it_says_so_and_off_it_says_nothing() -> None:
    blind = view("105", market=None, signals=FINE)

    assert hold_exit(situation(blind, EVALUATOR)) == Abstention("hold_exit", "market_state_missing")
    assert hold_exit(situation(blind)) is None


def test_the_fallback_as_a_rule() -> None:
    found = hold_exit(situation(view("104"), config(hold_exit=HoldExit.FALLBACK)))

    assert isinstance(found, Finding)
    assert (found.action, found.fraction, found.rung) == ("PARTIAL_CLOSE", Decimal("0.5"), "x6")


@given(
    st.decimals("-20", "20", places=2),
    st.decimals("0", "1000000", places=0),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_scores_and_fractions_stay_in_their_bounds(
    r: Decimal, age: Decimal, near: bool, regime: bool, volatility: bool, confidence: bool
) -> None:
    answer = weigh(ExitQuestion(r, age, near, regime, volatility, confidence))

    assert 0 <= answer.hold_score <= 8
    assert 0 <= answer.exit_score <= 27
    assert (answer.fraction == 1) is (answer.leaning is CLOSE)
    assert (answer.fraction == 0) is (answer.leaning is HOLD)
    assert answer.leaning is not PART or Decimal("0.01") <= answer.fraction <= Decimal("0.75")
