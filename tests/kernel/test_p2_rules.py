from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.finding import Abstention, Finding
from kernel.p2_rules import kill_score, tranche
from kernel.rules_config import Harvest, Targets
from tests.kernel.views import CALM, FLIPPED, config, numbers, situation, view


def test_a_kill_is_p2s_own_decision() -> None:
    found = kill_score(situation(view("105", market=FLIPPED)))

    assert isinstance(found, Finding)
    assert found.action == "FULL_CLOSE_PROPOSED"
    assert found.codes == ("harvest_partial_25", "profit_lock", "kill_score_triggered", "regime_flip")
    assert found.reason == "kill_score_triggered (K=0.7335, R=2.45)"
    assert numbers(found.numbers)["k_regime_flip"] == 1


@pytest.mark.parametrize("mark", ["60", "99", "100", "140"])
def test_r22_the_kill_asks_nothing_of_profit(mark: str) -> None:
    assert isinstance(kill_score(situation(view(mark, market=FLIPPED), config(min_r="50"))), Finding)


def test_a_calm_market_kills_nothing() -> None:
    assert kill_score(situation(view("105"))) is None


@pytest.mark.parametrize("rule", [kill_score, tranche])
def test_without_a_market_the_reason_is_passed_on(rule: object) -> None:
    blind = situation(view("105", market=None, market_missing="too_few_closes:12/257"))

    answer = kill_score(blind) if rule is kill_score else tranche(blind)

    assert isinstance(answer, Abstention)
    assert answer.want == "too_few_closes:12/257"


@pytest.mark.parametrize(
    ("mark", "taken", "rung"),
    [
        ("104.09", "", None),
        ("104.1", "", "p25"),  # R is 2 exactly
        ("108.1", "", "p50"),
        ("112.1", "", "p75"),
        ("104.1", "p25", None),
        ("108.1", "p25", "p50"),
        ("104.1", "p50", None),  # jumped over on the way up, not taken on the way down
        ("112.1", "p25 p50", "p75"),
        ("112.1", "p75", None),
        ("104.1", "lsf3 x9 idle", "p25"),  # other rungs are nothing to it
    ],
)
def test_r68_each_tranche_once_and_never_downwards(mark: str, taken: str, rung: str | None) -> None:
    found = tranche(situation(view(mark, rungs_taken=frozenset(taken.split()))))

    assert (found.rung if isinstance(found, Finding) else None) == rung
    if isinstance(found, Finding):
        assert (found.action, f"p{100 * found.fraction:.0f}") == (f"PARTIAL_{(rung or '')[1:]}", rung)


@pytest.mark.parametrize(("leverage", "rung"), [("1", None), ("5", "p25"), ("20", "p50"), ("100", "p75")])
def test_targets_by_leverage(leverage: str, rung: str | None) -> None:
    by_leverage = config(targets=Targets.BY_LEVERAGE)

    found = tranche(situation(view("102.1", leverage=leverage), by_leverage))  # R = 1

    assert (found.rung if isinstance(found, Finding) else None) == rung


def test_min_r_holds_tranches_back_and_says_so() -> None:
    assert tranche(situation(view("105"), config(min_r="2.46"))) == Abstention("tranche", "below_min_r")
    assert isinstance(tranche(situation(view("105"), config(min_r="2.45"))), Finding)


@pytest.mark.parametrize("harvest", [Harvest.LSF, Harvest.R_LADDER, Harvest.OFF])
def test_another_way_to_harvest_leaves_tranches_alone(harvest: Harvest) -> None:
    assert tranche(situation(view("120"), config(harvest=harvest))) is None


@given(st.decimals("100", "130", places=2), st.decimals("100", "130", places=2))
def test_more_profit_never_takes_less(one: Decimal, other: Decimal) -> None:
    found = [tranche(situation(view(str(mark), market=CALM))) for mark in sorted((one, other))]

    lower, higher = (answer.fraction if isinstance(answer, Finding) else Decimal(0) for answer in found)
    assert higher >= lower
