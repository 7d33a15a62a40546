"""R targets by leverage: the user's table (original system, section 1.8)."""

from dataclasses import fields
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.targets import scaled_by_leverage
from kernel.theta import DEFAULT

THOUSANDTH = Decimal("0.001")
SCALED = ("T1_R", "T2_R", "T3_R", "lock_R")


@pytest.mark.parametrize(
    ("leverage", "first", "second", "third", "lock"),
    [
        ("0.5", "2.0", "4.0", "6.0", "1.5"),
        ("1", "2.0", "4.0", "6.0", "1.5"),
        ("2", "1.414", "2.828", "4.243", "1.061"),
        ("5", "0.894", "1.789", "2.683", "0.671"),
        ("9", "0.667", "1.333", "2.000", "0.500"),
        ("10", "0.632", "1.265", "1.897", "0.474"),
        ("20", "0.447", "0.894", "1.342", "0.335"),
        ("30", "0.365", "0.730", "1.095", "0.274"),
        ("50", "0.283", "0.566", "0.849", "0.212"),
        ("100", "0.200", "0.400", "0.600", "0.150"),
    ],
)
def test_the_users_table(leverage: str, first: str, second: str, third: str, lock: str) -> None:
    theta = scaled_by_leverage(DEFAULT, Decimal(leverage))

    found = [getattr(theta, name).quantize(THOUSANDTH) for name in SCALED]
    assert found == list(map(Decimal, (first, second, third, lock)))


@given(st.decimals("-5", "1000", places=2))
def test_nothing_else_changes_and_the_order_stays(leverage: Decimal) -> None:
    theta = scaled_by_leverage(DEFAULT, leverage)

    others = [field.name for field in fields(theta) if field.name not in SCALED]
    assert all(getattr(theta, name) == getattr(DEFAULT, name) for name in others)
    assert 0 < theta.lock_R < theta.T1_R < theta.T2_R < theta.T3_R <= DEFAULT.T3_R


def test_a_leverage_that_is_no_number_is_refused() -> None:
    with pytest.raises(KernelError) as caught:
        scaled_by_leverage(DEFAULT, Decimal("NaN"))

    assert caught.value.field == "leverage"
