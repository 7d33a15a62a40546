from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.finding import ALL, Abstention, Finding
from kernel.liquidation import liquidation_protection
from kernel.side import Side
from tests.kernel.views import config, situation, view


@pytest.mark.parametrize(
    ("side", "entry", "mark", "liquidation", "fires"),
    [
        (Side.LONG, "100", "92", "90", False),  # 2.17 % away, 2 % to keep
        (Side.LONG, "100", "91.8", "90", True),  # 1.96 %
        (Side.LONG, "100", "100", "98", False),  # a quarter of the way: half a percent
        (Side.LONG, "80", "100", "98", True),  # exactly 2 % away
        (Side.LONG, "100", "89", "90", True),  # beyond it
        (Side.SHORT, "100", "107", "110", False),
        (Side.SHORT, "100", "108", "110", True),
        # 50x: 1.6 % away as it opens. A flat 2 % would close it at once, a quarter of the way is 0.4 %.
        (Side.LONG, "100", "100", "98.4", False),
        (Side.LONG, "100", "98.79", "98.4", True),
        # A liquidation price on the winning side says nothing of the way there.
        (Side.LONG, "100", "100", "101", True),
        (Side.LONG, "100", "101", "100", True),
    ],
)
def test_the_buffer(side: Side, entry: str, mark: str, liquidation: str, fires: bool) -> None:
    found = liquidation_protection(situation(view(mark, side=side, entry_price=entry, liquidation_price=liquidation)))

    assert isinstance(found, Finding) is fires
    if isinstance(found, Finding):
        assert (found.fraction, found.emergency) == (ALL, True)


def test_an_unknown_liquidation_price_is_said_and_not_guessed() -> None:
    found = liquidation_protection(situation(view(liquidation_price=None)))

    assert found == Abstention("liquidation_protection", "liquidation_price_unknown")


def test_the_buffer_is_a_setting() -> None:
    seen = view("93", liquidation_price="90")

    assert liquidation_protection(situation(seen, config(liquidation_buffer_pct="0.01"))) is None
    wide = config(liquidation_buffer_pct="0.05", liquidation_way_share="0.9")
    assert isinstance(liquidation_protection(situation(seen, wide)), Finding)


@given(st.decimals("80", "120", places=2), st.decimals("80", "120", places=2), st.sampled_from(Side))
def test_a_worse_price_never_calls_it_off(one: Decimal, other: Decimal, side: Side) -> None:
    better, worse = sorted((one, other), key=lambda price: -price * side.sign)
    liquidation = str(100 - side.sign * 15)

    fires = [
        isinstance(
            liquidation_protection(situation(view(str(mark), side=side, liquidation_price=liquidation))), Finding
        )
        for mark in (better, worse)
    ]

    assert fires != [True, False]
