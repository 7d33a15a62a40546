"""The safety net's rules, each bound with numbers worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from kernel.errors import KernelError
from kernel.safety import PositionFacts, SafetyBounds, SafetyRule, breaches, margin_ratio

BOUNDS = SafetyBounds()
QUIET = PositionFacts(
    size=Decimal("812.3"),
    entry_price=Decimal("0.51"),
    unrealized_pnl=Decimal(0),
    age_seconds=Decimal(3600),
    maintenance_margin=Decimal(10),
    margin_balance=Decimal(100),
)
"""The XRPUSDT of the original's example event: entry notional 812.3 * 0.51 = 414.273."""


def said(**changed: object) -> list[tuple[str, str]]:
    facts = replace(QUIET, **changed)  # type: ignore[arg-type]
    return [(breach.rule.value, breach.reason) for breach in breaches(facts, BOUNDS)]


def test_a_quiet_position_is_left_alone() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("pnl", "reason"),
    [
        ("-14.2", "MAX_LOSS_BREACH (pnl=-3.43%)"),  # -14.2 / 414.273 = -0.034277
        ("-12.42819", "MAX_LOSS_BREACH (pnl=-3.00%)"),  # exactly 3 %: the bound itself is beyond it
        ("-12.42818", None),
        ("-414.273", "MAX_LOSS_BREACH (pnl=-100.00%)"),
        ("500", None),
    ],
)
def test_loss_counts_from_three_percent_of_the_entry_notional(pnl: str, reason: str | None) -> None:
    assert said(unrealized_pnl=Decimal(pnl)) == ([] if reason is None else [("loss", reason)])


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        ("259199.999", None),
        ("259200", "MAX_DURATION_BREACH (age=72.0h)"),
        ("400000", "MAX_DURATION_BREACH (age=111.1h)"),
        (None, None),
    ],
)
def test_r84_age_counts_from_72_hours_and_an_unknown_age_answers_nothing(
    seconds: str | None, reason: str | None
) -> None:
    age = None if seconds is None else Decimal(seconds)

    assert said(age_seconds=age) == ([] if reason is None else [("age", reason)])


@pytest.mark.parametrize(
    ("maintenance", "balance", "reason"),
    [
        ("84.99", "100", None),
        ("85", "100", "LIQUIDATION_RISK (margin=0.85)"),
        ("106", "100", "LIQUIDATION_RISK (margin=1.06)"),
        ("5", "0", "LIQUIDATION_RISK (margin=beyond 1)"),
        ("5", "-20", "LIQUIDATION_RISK (margin=beyond 1)"),
        ("0", "0", None),
    ],
)
def test_the_margin_ratio_counts_from_085(maintenance: str, balance: str, reason: str | None) -> None:
    found = said(maintenance_margin=Decimal(maintenance), margin_balance=Decimal(balance))

    assert found == ([] if reason is None else [("liquidation", reason)])


def test_everything_at_once_is_told_the_most_urgent_first() -> None:
    found = said(unrealized_pnl=Decimal(-20), age_seconds=Decimal(300_000), maintenance_margin=Decimal(90))

    assert [rule for rule, _ in found] == ["liquidation", "loss", "age"]


def test_an_unknown_age_does_not_hide_a_loss() -> None:
    assert [rule for rule, _ in said(unrealized_pnl=Decimal(-20), age_seconds=None)] == ["loss"]


def test_age_is_the_one_bound_without_hurry() -> None:
    facts = replace(QUIET, unrealized_pnl=Decimal(-20), age_seconds=Decimal(300_000), maintenance_margin=Decimal(90))

    assert {breach.rule: breach.emergency for breach in breaches(facts, BOUNDS)} == {
        SafetyRule.LIQUIDATION: True,
        SafetyRule.LOSS: True,
        SafetyRule.AGE: False,
    }


def test_other_bounds_hold_as_they_are_set() -> None:
    wide = SafetyBounds(max_loss=Decimal("0.1"), max_age_seconds=Decimal(10**6), max_margin_ratio=Decimal("0.95"))
    facts = replace(QUIET, unrealized_pnl=Decimal(-20), age_seconds=Decimal(300_000), maintenance_margin=Decimal(90))

    assert breaches(facts, wide) == ()


@pytest.mark.parametrize(
    "changed",
    [{"entry_price": Decimal(0)}, {"size": Decimal(0)}, {"unrealized_pnl": Decimal("NaN")},
     {"maintenance_margin": Decimal(-1)}, {"margin_balance": Decimal("Infinity")}],
)  # fmt: skip
def test_numbers_that_no_position_has_are_an_error_and_not_all_is_well(changed: dict[str, Decimal]) -> None:
    with pytest.raises(KernelError):
        said(**changed)


def test_no_margin_left_is_worse_than_any_ratio() -> None:
    assert margin_ratio(Decimal(5), Decimal(0)) is None
    assert margin_ratio(Decimal(5), Decimal(50)) == Decimal("0.1")


def test_an_unknown_margin_answers_nothing_and_the_other_bounds_hold() -> None:
    unknown = {"maintenance_margin": None, "margin_balance": None}

    assert said(**unknown) == []
    assert said(**unknown, unrealized_pnl=Decimal("-14.2")) == [("loss", "MAX_LOSS_BREACH (pnl=-3.43%)")]
