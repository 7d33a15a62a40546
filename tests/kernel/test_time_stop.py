from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.finding import ALL
from kernel.rules_config import RulesConfig
from kernel.time_stop import time_stop
from tests.kernel.views import config, situation, view


@pytest.mark.parametrize(("age", "fires"), [("0", False), ("86399.999", False), ("86400", True), ("1000000", True)])
def test_a_day_is_the_longest_hold(age: str, fires: bool) -> None:
    found = time_stop(situation(view(age_seconds=age)))

    assert (found is not None) is fires
    if found:
        assert (found.action, found.fraction) == ("TIME_STOP_EXIT", ALL)


def test_the_limit_is_a_setting_and_may_be_none() -> None:
    old = view(age_seconds="14400")

    assert time_stop(situation(old, config(max_hold_seconds="14400"))) is not None
    assert time_stop(situation(view(age_seconds="1E+9"), replace(RulesConfig(), max_hold_seconds=None))) is None


@given(st.decimals("1", "10000", places=2), st.decimals("86400", "1000000", places=0))
def test_profit_is_not_asked(mark: Decimal, age: Decimal) -> None:
    assert time_stop(situation(view(str(mark), age_seconds=age))) is not None
