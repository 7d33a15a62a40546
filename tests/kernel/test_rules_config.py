from decimal import Decimal

import pytest

from kernel.errors import KernelError
from kernel.position_view import ExitSignals
from kernel.rules_config import Harvest, LadderStep, RulesConfig
from kernel.side import Side
from tests.kernel.views import config, view


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("emergency_r", "0"),
        ("emergency_r", "1.5"),
        ("emergency_r", "NaN"),
        ("liquidation_buffer_pct", "-0.01"),
        ("liquidation_way_share", "0"),
        ("liquidation_way_share", "1"),
        ("min_r", "Infinity"),
        ("trail_gap_pct", "8"),
        ("trail_risk_units", "0"),
        ("funding_margin_share", "0"),
        ("fee_rate", "-1"),
        ("max_hold_seconds", "0"),
    ],
)
def test_a_bad_setting_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(KernelError) as caught:
        config(**{field: value})

    assert caught.value.field == field


def step(r: str, fraction: str) -> LadderStep:
    return LadderStep(Decimal(r), Decimal(fraction))


@pytest.mark.parametrize("ladder", [(("2", ".5"), ("1", ".5")), (("1", ".5"), ("1", ".1")), (("1", ".6"), ("2", ".5"))])
def test_a_ladder_rises_and_closes_no_more_than_there_is(ladder: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(KernelError) as caught:
        RulesConfig(ladder=tuple(step(*each) for each in ladder))

    assert caught.value.field == "ladder"


def test_a_ladder_to_climb_has_steps() -> None:
    assert RulesConfig(ladder=()).ladder == ()
    with pytest.raises(KernelError):
        RulesConfig(ladder=(), harvest=Harvest.R_LADDER)
    with pytest.raises(KernelError):
        step("1", "25")  # percent


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entry_price", "0"),
        ("mark_price", "NaN"),
        ("quantity", "0"),
        ("quantity", "-1"),
        ("leverage", "0"),
        ("age_seconds", "-1"),
        ("peak_price", "1E+16"),
        ("liquidation_price", "0"),
        ("stop", "0"),
        ("take_profit", "-1"),
        ("stop_dist_pct", "1"),
        ("stop_dist_pct", "40"),
        ("peak_quantity", "0"),
        ("funding_rate", "NaN"),
        ("funding_paid", "Infinity"),
    ],
)
def test_a_bad_position_is_refused_by_field(field: str, value: str) -> None:
    with pytest.raises(KernelError) as caught:
        view(**{field: value})

    assert caught.value.field == field


def test_a_bad_history_is_refused() -> None:
    with pytest.raises(KernelError):
        ExitSignals(r_history=(Decimal("NaN"),))


@pytest.mark.parametrize(
    ("side", "mark", "peak", "trough", "best"),
    [
        (Side.LONG, "105", "106", "99", "106"),
        (Side.LONG, "107", "106", "99", "107"),  # the peak is as old as the last look
        (Side.SHORT, "95", "101", "94", "94"),
        (Side.SHORT, "93", "101", "94", "93"),
    ],
)
def test_the_best_price_is_never_behind_the_mark(side: Side, mark: str, peak: str, trough: str, best: str) -> None:
    assert view(mark, side=side, peak_price=peak, trough_price=trough).extreme_price == Decimal(best)


def test_the_original_size_is_never_below_the_current_one() -> None:
    assert view(peak_quantity="4").original_quantity == 10
    assert view(peak_quantity=None).original_quantity == 10
    assert view(peak_quantity="40").original_quantity == 40
