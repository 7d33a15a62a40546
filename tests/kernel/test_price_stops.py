from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.actions import normalise
from kernel.emergency import is_emergency
from kernel.finding import ALL
from kernel.price_stops import emergency_stop, stop_hit, take_profit_hit
from kernel.side import Side
from tests.kernel.views import config, situation, view


@pytest.mark.parametrize(
    ("side", "mark", "reason"),
    [
        (Side.LONG, "97.1", None),  # R is -1.5 exactly, which is not below
        (Side.LONG, "97.0999", "emergency_stop_loss (R=-1.50)"),
        (Side.LONG, "90", "emergency_stop_loss (R=-5.05)"),
        (Side.LONG, "150", None),
        (Side.SHORT, "102.9", None),
        (Side.SHORT, "102.9001", "emergency_stop_loss (R=-1.50)"),
        (Side.SHORT, "50", None),
    ],
)
def test_the_emergency_stop(side: Side, mark: str, reason: str | None) -> None:
    found = emergency_stop(situation(view(mark, side=side)))

    assert (found.reason if found else None) == reason
    if found:
        assert (found.fraction, found.hold_score, found.exit_score) == (ALL, 0, 10)


def test_the_recorded_incident_is_an_emergency() -> None:
    # AEVOUSDT: -2.2069 without costs; the flat 10 bps of P2 are 0.05 of a 2 % risk unit.
    aevo = view(
        "0.028130006584426603", entry_price="0.0294289434484", peak_price="0.0295", trough_price="0.028", quantity="1"
    )

    found = emergency_stop(situation(aevo))

    assert found is not None
    assert found.reason == "emergency_stop_loss (R=-2.26)"
    assert situation(aevo).r_gross.quantize(Decimal("0.000001")) == Decimal("-2.206904")


def test_its_words_make_the_close_an_emergency() -> None:
    found = emergency_stop(situation(view("90")))

    assert found is not None
    assert normalise(found.action, None, reason=found.reason).emergency


def test_the_limit_is_a_setting() -> None:
    deep = view("94")

    assert emergency_stop(situation(deep, config(emergency_r="-3"))) is not None
    assert emergency_stop(situation(deep, config(emergency_r="-3.1"))) is None


@pytest.mark.parametrize(
    ("side", "mark", "stop", "hit"),
    [
        (Side.LONG, "98.01", "98", False),
        (Side.LONG, "98", "98", True),
        (Side.LONG, "97", "98", True),
        (Side.LONG, "105", "105.5", True),  # a stop that was passed in profit
        (Side.SHORT, "101.99", "102", False),
        (Side.SHORT, "102", "102", True),
        (Side.SHORT, "103", "102", True),
    ],
)
def test_a_stop_is_hit_at_its_price(side: Side, mark: str, stop: str, hit: bool) -> None:
    found = stop_hit(situation(view(mark, side=side, stop=stop)))

    assert (found is not None) is hit


@pytest.mark.parametrize(
    ("side", "mark", "target", "hit"),
    [
        (Side.LONG, "109.99", "110", False),
        (Side.LONG, "110", "110", True),
        (Side.SHORT, "90.01", "90", False),
        (Side.SHORT, "90", "90", True),
        (Side.SHORT, "80", "90", True),
    ],
)
def test_a_take_profit_is_hit_at_its_price(side: Side, mark: str, target: str, hit: bool) -> None:
    found = take_profit_hit(situation(view(mark, side=side, take_profit=target)))

    assert (found is not None) is hit


def test_without_stop_and_target_nothing_is_hit() -> None:
    assert stop_hit(situation(view("1"))) is None
    assert take_profit_hit(situation(view("1000"))) is None


prices = st.decimals("50", "150", places=3)


@given(prices, prices, st.sampled_from(Side))
def test_stop_and_target_never_fire_together_when_they_enclose_the_entry(
    mark: Decimal, away: Decimal, side: Side
) -> None:
    width = abs(away - 100) + Decimal("0.01")
    seen = view(str(mark), side=side, stop=str(100 - side.sign * width), take_profit=str(100 + side.sign * width))
    given_to_both = situation(seen)

    assert not (stop_hit(given_to_both) and take_profit_hit(given_to_both))


@given(prices, st.sampled_from(Side))
def test_the_emergency_is_the_one_the_close_workflow_knows(mark: Decimal, side: Side) -> None:
    given_to_it = situation(view(str(mark), side=side))

    assert (emergency_stop(given_to_it) is not None) == is_emergency(given_to_it.r.r_net)
