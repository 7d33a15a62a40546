from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.harvest import (
    DEFAULT,
    HarvestAction,
    HarvestDecision,
    HarvestPosition,
    MarketState,
    evaluate,
    r_net,
    tranche_weights,
)
from kernel.side import Side

CALM = MarketState(Decimal("0.01"), Decimal("0.35"), Decimal("0.5"), Decimal("0.2"), Decimal("0.3"))
FLIPPED = replace(CALM, p_trend=Decimal("0.1"), p_mr=Decimal("0.3"), p_chop=Decimal("0.6"))


def decide(pnl: str = "5", market: MarketState = CALM, stop_dist: str = "0.02") -> HarvestDecision:
    position = HarvestPosition(Side.LONG, Decimal(100), Decimal(pnl), Decimal(3600), Decimal(99))
    return evaluate(position, market, Decimal(stop_dist))


def test_r22_a_loser_is_closed_on_kill_score_before_any_profit_filter() -> None:
    decision = decide(pnl="-40", market=FLIPPED)

    assert decision.r_net < -20
    assert decision.action is HarvestAction.FULL_CLOSE_PROPOSED


def test_r27_a_worse_market_never_turns_a_close_into_less() -> None:
    calm = decide(market=FLIPPED)
    storm = decide(market=replace(FLIPPED, sigma=Decimal("0.09"), ts=Decimal(-1)))

    assert calm.action is HarvestAction.FULL_CLOSE_PROPOSED
    assert storm.action is HarvestAction.FULL_CLOSE_PROPOSED
    assert storm.kill_score > calm.kill_score


def test_r68_the_kernel_has_no_memory_and_repeats_itself() -> None:
    assert decide().action is HarvestAction.PARTIAL_25
    assert decide() == decide()


def test_risk_unit_has_a_floor() -> None:
    tiny = HarvestPosition(Side.LONG, Decimal("1E-8"), Decimal(0), Decimal(0), None)

    assert r_net(tiny, Decimal("0.01")).risk_unit == Decimal("1E-9")


def test_tranche_weights_are_uniform_at_defaults_and_softmax_otherwise() -> None:
    third = Decimal(1) / 3
    assert tranche_weights(DEFAULT) == (third, third, third)
    assert tranche_weights(replace(DEFAULT, u1=Decimal(-99), u2=Decimal(-99), u3=Decimal(-50))) == (third,) * 3

    first, second, last = tranche_weights(replace(DEFAULT, u1=Decimal(1)))

    assert first / second == pytest.approx(Decimal(1).exp())
    assert second == last


@pytest.mark.parametrize(
    ("field", "position"),
    [
        ("entry_price", ("0", "1", "0", None)),
        ("entry_price", ("-1", "1", "0", None)),
        ("entry_price", ("1E+16", "1", "0", None)),
        ("pnl_per_unit", ("100", "NaN", "0", None)),
        ("age_seconds", ("100", "1", "-1", None)),
        ("current_stop", ("100", "1", "0", "0")),
    ],
)
def test_a_bad_position_is_refused_by_field(field: str, position: tuple[str, str, str, str | None]) -> None:
    entry, pnl, age, stop = position

    with pytest.raises(KernelError) as caught:
        HarvestPosition(Side.LONG, Decimal(entry), Decimal(pnl), Decimal(age), None if stop is None else Decimal(stop))

    assert caught.value.field == field


@pytest.mark.parametrize("stop_dist", ["-0.01", "1", "40", "NaN", "sNaN"])
def test_r41_a_stop_distance_that_is_no_fraction_is_refused(stop_dist: str) -> None:
    with pytest.raises(KernelError) as caught:
        decide(stop_dist=stop_dist)

    assert caught.value.field == "stop_dist_pct"


prices = st.decimals("0.0001", "100000", places=4)
profits = st.decimals("-1000", "1000", places=4)


@given(entry=prices, stop=st.none() | prices, pnl=profits, side=st.sampled_from(Side))
def test_the_lock_only_ever_tightens(entry: Decimal, stop: Decimal | None, pnl: Decimal, side: Side) -> None:
    decision = evaluate(HarvestPosition(side, entry, pnl, Decimal(0), stop), CALM, None)

    if decision.new_stop is not None:
        assert decision.r_net >= DEFAULT.lock_R
        assert (decision.new_stop - entry) * side.sign > 0
        assert stop is None or (decision.new_stop - stop) * side.sign > 0


@given(low=profits, high=profits)
def test_more_profit_never_takes_a_smaller_tranche(low: Decimal, high: Decimal) -> None:
    order = list(HarvestAction)
    low, high = sorted((low, high))

    taken = [order.index(decide(pnl=str(pnl)).action) for pnl in (low, high)]

    assert taken == sorted(taken)
