from decimal import Decimal

import pytest

from kernel.errors import KernelError
from kernel.side import Side


@pytest.mark.parametrize(
    ("quantity", "side", "sign", "order_side"),
    [("0.001", Side.LONG, Decimal(1), "SELL"), ("-0.001", Side.SHORT, Decimal(-1), "BUY")],
)
def test_r39_side_follows_the_sign_of_the_quantity(quantity: str, side: Side, sign: Decimal, order_side: str) -> None:
    found = Side.of(Decimal(quantity))

    assert found is side
    assert found.sign == sign
    assert found.exit_order_side == order_side


@pytest.mark.parametrize("quantity", ["0", "-0.000", "NaN", "Infinity"])
def test_side_of_nothing_is_an_error(quantity: str) -> None:
    with pytest.raises(KernelError):
        Side.of(Decimal(quantity))
