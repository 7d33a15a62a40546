from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.finding import ALL, Abstention, Finding
from kernel.ladder import ladder
from kernel.rules_config import Harvest, LadderStep, RulesConfig
from tests.kernel.views import config, situation, view

LSF = config(harvest=Harvest.LSF, min_r="-10")
R_LADDER = config(harvest=Harvest.R_LADDER)


# At 10x: levels 0.8943, 1.3471, 1.8736 %, scheme 30/30/40, original size 10.
@pytest.mark.parametrize(
    ("mark", "quantity", "taken", "rung", "closes"),
    [
        ("100.89", "10", "", None, None),
        ("100.90", "10", "", "lsf1", "3"),
        ("101.35", "7", "lsf1", "lsf2", "3"),
        ("101.88", "4", "lsf1 lsf2", "lsf3", "4"),
        ("101.88", "4", "lsf1 lsf2 lsf3", None, None),
        ("101.35", "10", "", "lsf2", "6"),  # two levels in one leap
        ("105", "10", "", "lsf3", "10"),
        ("101.35", "7", "lsf2", None, None),
        ("101.88", "2", "lsf2", "lsf3", "2"),  # somebody else closed some: never more than there is
    ],
)
def test_lsf_levels_in_parts_of_the_original_size(
    mark: str, quantity: str, taken: str, rung: str | None, closes: str | None
) -> None:
    seen = view(mark, quantity=quantity, peak_quantity="10", rungs_taken=frozenset(taken.split()))

    found = ladder(situation(seen, LSF))

    assert (found.rung if isinstance(found, Finding) else None) == rung
    if isinstance(found, Finding):
        assert found.quantity == Decimal(closes or 0)
        whole = found.quantity == seen.quantity
        assert (found.action, found.fraction == 1) == (("CLOSE", True) if whole else ("PARTIAL_CLOSE", False))


@pytest.mark.parametrize(("leverage", "first"), [("10", "3"), ("20", "4"), ("50", "5")])
def test_the_scheme_is_that_of_the_leverage(leverage: str, first: str) -> None:
    found = ladder(situation(view("100.9", leverage=leverage), LSF))

    assert isinstance(found, Finding)
    assert found.quantity == Decimal(first)


@pytest.mark.parametrize(("funding", "fires"), [(None, True), ("0.001", True), ("0.01", False)])
def test_funding_shifts_the_levels(funding: str | None, fires: bool) -> None:
    # At 10x and without funding the first level is 0.8943 %, with 1 % of it 0.9015 %.
    assert isinstance(ladder(situation(view("100.9", funding_rate=funding), LSF)), Finding) is fires


@pytest.mark.parametrize(
    ("mark", "taken", "rung"),
    [("101.09", "", None), ("101.1", "", "r1"), ("102.1", "r1", "r2"), ("103.1", "r2", "r3"), ("103.1", "r3", None)],
)
def test_steps_of_r(mark: str, taken: str, rung: str | None) -> None:
    found = ladder(situation(view(mark, rungs_taken=frozenset(taken.split())), R_LADDER))

    assert (found.rung if isinstance(found, Finding) else None) == rung
    if isinstance(found, Finding):
        assert found.quantity == Decimal("2.5")


def test_steps_are_settings() -> None:
    steps = (LadderStep(Decimal(1), Decimal("0.1")), LadderStep(Decimal(3), Decimal("0.9")))
    found = ladder(situation(view("120"), RulesConfig(harvest=Harvest.R_LADDER, ladder=steps)))

    assert isinstance(found, Finding)
    assert (found.action, found.fraction, found.codes) == ("CLOSE", ALL, ("harvest_r1", "harvest_r2"))


def test_min_r_and_a_missing_market_hold_it_back_and_say_so() -> None:
    assert ladder(situation(view("101"), config(harvest=Harvest.LSF))) == Abstention("ladder", "below_min_r")
    assert isinstance(ladder(situation(view("101"), config(harvest=Harvest.LSF, min_r="0.45"))), Finding)
    assert ladder(situation(view("120", market=None), LSF)) == Abstention("ladder", "market_state_missing")
    assert ladder(situation(view("120"), config(harvest=Harvest.TRANCHES))) is None


@given(
    st.decimals("90", "120", places=2),
    st.decimals("0.001", "20", places=3),
    st.decimals("0.001", "20", places=3),
    st.sampled_from(["", "lsf1", "lsf2", "r1", "r2"]),
    st.sampled_from([LSF, R_LADDER]),
)
def test_never_more_than_the_position_and_never_a_taken_level(
    mark: Decimal, quantity: Decimal, peak: Decimal, taken: str, settings: RulesConfig
) -> None:
    rungs = frozenset(taken.split())
    seen = view(str(mark), quantity=str(quantity), peak_quantity=str(peak), rungs_taken=rungs)

    found = ladder(situation(seen, settings))

    if isinstance(found, Finding):
        assert found.quantity is not None
        assert 0 < found.quantity <= seen.quantity
        assert 0 < found.fraction <= 1
        assert found.rung not in rungs
