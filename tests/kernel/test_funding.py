from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.finding import ALL, Abstention, Finding
from kernel.funding import funding_bleed
from kernel.side import Side
from tests.kernel.views import config, situation, view


@pytest.mark.parametrize(
    ("side", "rate", "fires"),
    [
        (Side.LONG, "0.00167", False),
        (Side.LONG, "0.00168", True),
        (Side.LONG, "-0.01", False),  # a long is paid
        (Side.SHORT, "-0.00168", True),
        (Side.SHORT, "0.01", False),
    ],
)
def test_only_the_side_that_pays_bleeds(side: Side, rate: str, fires: bool) -> None:
    found = funding_bleed(situation(view(side=side, funding_rate=rate)))

    assert isinstance(found, Finding) is fires
    if isinstance(found, Finding):
        assert (found.fraction, found.hold_score, found.exit_score) == (ALL, 0, 9)
        assert found.codes == ("excessive_funding_bleed", "funding_rate")
        assert dict(found.numbers)["rate"] == abs(Decimal(rate))


# The margin is 100: 10 at 100 with 10x.
@pytest.mark.parametrize(
    ("paid", "rate", "fires"),
    [("25", "0.0001", False), ("25.01", "0.0001", True), ("25.01", None, True), ("-1000", "0.0001", False)],
)
def test_r73_what_was_paid_counts_against_the_margin(paid: str, rate: str | None, fires: bool) -> None:
    found = funding_bleed(situation(view(funding_paid=paid, funding_rate=rate)))

    assert isinstance(found, Finding) is fires


def test_r73_the_recorded_incident() -> None:
    # BREVUSDT paid 78.61 on a margin of 31.60 and nothing noticed.
    brev = view(entry_price="1", mark_price="1", quantity="31.60", leverage="1", funding_paid="78.61")

    found = funding_bleed(situation(brev))

    assert isinstance(found, Finding)
    assert "paid=2.4877 of margin" in found.reason


def test_an_unknown_rate_is_said() -> None:
    assert funding_bleed(situation(view(funding_rate=None))) == Abstention("funding_bleed", "funding_rate_unknown")


def test_the_limits_are_settings() -> None:
    strict = config(funding_rate_limit="0.0001", funding_margin_share="0.01")

    assert isinstance(funding_bleed(situation(view(funding_rate="0.0002"), strict)), Finding)
    assert isinstance(funding_bleed(situation(view(funding_paid="1.1"), strict)), Finding)


@given(st.decimals("-0.05", "0.05", places=5), st.decimals("-100", "100", places=2))
def test_long_and_short_never_both_pay_the_rate(rate: Decimal, paid: Decimal) -> None:
    received = min(paid, Decimal(0))
    found = [funding_bleed(situation(view(side=side, funding_rate=rate, funding_paid=received))) for side in Side]

    assert sum(isinstance(each, Finding) for each in found) <= 1
