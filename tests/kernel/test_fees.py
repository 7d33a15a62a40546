from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.fees import fee_protection
from kernel.finding import ALL
from kernel.side import Side
from tests.kernel.views import config, situation, view


# 10 at 100: leaving costs 0.4, so with 0.6 paid before all costs are 1, and 0.1 of price is break-even.
@pytest.mark.parametrize(
    ("side", "mark", "best", "funding", "fires"),
    [
        (Side.LONG, "100.09", "100.31", "0", True),
        (Side.LONG, "100.11", "100.31", "0", False),  # still covers its costs
        (Side.LONG, "100.09", "100.29", "0", False),  # never earned three times its costs
        (Side.LONG, "100.30", "101.30", "2.1", True),  # funding is a cost like any other
        (Side.LONG, "100.30", "101.30", "1.9", False),
        (Side.LONG, "100.20", "100.80", "2", False),  # 8 once, with costs of 3
        (Side.LONG, "100", "101", "0", False),  # no profit left to protect
        (Side.LONG, "99", "101", "0", False),
        (Side.SHORT, "99.91", "99.69", "0", True),
        (Side.SHORT, "99.89", "99.69", "0", False),
    ],
)
def test_a_profit_that_costs_have_eaten(side: Side, mark: str, best: str, funding: str, fires: bool) -> None:
    seen = view(mark, side=side, peak_price=best, trough_price=best, fees_paid="0.6", funding_paid=funding)

    found = fee_protection(situation(seen))

    assert (found is not None) is fires
    if found:
        assert (found.fraction, found.hold_score, found.exit_score) == (ALL, 3, 8)


def test_limits_belong_to_it() -> None:
    seen = view("100.06", peak_price="100.18", fees_paid="0.6")  # a profit of exactly the costs, once three times that

    assert fee_protection(situation(seen, config(fee_rate="0"))) is not None


def test_it_is_a_setting() -> None:
    seen = view("100.09", peak_price="100.31", fees_paid="0.6")

    assert fee_protection(situation(seen, config(fee_protection=False))) is None
    assert fee_protection(situation(seen, config(fee_arm="4"))) is None
    assert fee_protection(situation(seen, config(fee_rate="0"))) is None


@given(st.decimals("90", "110", places=2), st.decimals("90", "110", places=2), st.sampled_from(Side))
def test_it_never_closes_at_a_loss_and_never_before_a_profit(mark: Decimal, best: Decimal, side: Side) -> None:
    seen = view(str(mark), side=side, peak_price=best, trough_price=best, fees_paid="1")

    if fee_protection(situation(seen)):
        assert seen.profit_per_unit > 0
        assert (best - 100) * side.sign > 0
