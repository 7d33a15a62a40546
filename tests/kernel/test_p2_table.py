"""The user's table of numeric cases (original system, section 1.7), all 29."""

from decimal import ROUND_UP, Decimal, localcontext
from typing import NamedTuple

import pytest

from kernel.harvest import DEFAULT, HarvestDecision, HarvestPosition, HarvestTheta, MarketState, evaluate
from kernel.side import Side

POLICY = HarvestTheta(
    cost_bps=Decimal(12),
    T1_R=Decimal("1.8"),
    T2_R=Decimal("3.5"),
    T3_R=Decimal("5.8"),
    lock_R=Decimal("1.2"),
    be_plus_pct=Decimal("0.003"),
    k_regime_flip=Decimal("0.8"),
    k_sigma_spike=Decimal("0.6"),
    k_ts_drop=Decimal("0.4"),
    k_age_penalty=Decimal("0.2"),
    kill_threshold=Decimal("0.55"),
)


class Case(NamedTuple):
    """One row of the user's table; what is not given is the table's base."""

    name: str
    r_net: str
    components: tuple[str, str, str, str]
    kill: str
    action: str
    new_stop: str | None
    reasons: str
    pnl: str = "5"
    side: Side = Side.LONG
    entry: str = "100"
    stop_dist: str | None = "0.02"
    sl: str | None = "99"
    age: str = "3600"
    sigma: str = "0.01"
    ts: str = "0.35"
    p: tuple[str, str, str] = ("0.5", "0.2", "0.3")
    theta: HarvestTheta = DEFAULT

    def decide(self) -> HarvestDecision:
        stop = None if self.sl is None else Decimal(self.sl)
        position = HarvestPosition(self.side, Decimal(self.entry), Decimal(self.pnl), Decimal(self.age), stop)
        trend, mean_reverting, chop = map(Decimal, self.p)
        market = MarketState(Decimal(self.sigma), Decimal(self.ts), trend, mean_reverting, chop)
        stop_dist = None if self.stop_dist is None else Decimal(self.stop_dist)
        return evaluate(position, market, stop_dist, self.theta)


CALM = ("0", "0", "0", "0.0417")
FLIP = ("0.1", "0.3", "0.6")
LOCK, P25, P50, P75 = "profit_lock", "harvest_partial_25", "harvest_partial_50", "harvest_partial_75"
P25_LOCK = f"{P25} {LOCK}"
KILLED = f"{P25_LOCK} kill_score_triggered"
FULL = "FULL_CLOSE_PROPOSED"

CASES = [
    Case("P2-01", "0.45", CALM, "0.5031", "NONE", None, "", pnl="1"),
    Case("P2-02", "1.95", CALM, "0.5031", "NONE", "100.2", LOCK, pnl="4"),
    Case("P2-03", "2.45", CALM, "0.5031", "PARTIAL_25", "100.2", P25_LOCK),
    Case("P2-04", "2.5", CALM, "0.5031", "PARTIAL_25", "100.2", P25_LOCK, pnl="5.1"),
    Case("P2-05", "4.5", CALM, "0.5031", "PARTIAL_50", "100.2", f"{P50} {LOCK}", pnl="9.1"),
    Case("P2-06", "7", CALM, "0.5031", "PARTIAL_75", "100.2", f"{P75} {LOCK}", pnl="14.1"),
    Case("P2-07", "1.95", CALM, "0.5031", "NONE", None, "", pnl="4", sl="101"),
    Case("P2-08", "2.45", CALM, "0.5031", "PARTIAL_25", "99.8", P25_LOCK, side=Side.SHORT, sl="101"),
    Case("P2-09", "2.45", CALM, "0.5031", "PARTIAL_25", None, P25, side=Side.SHORT, sl="99"),
    Case("P2-10", "1.95", CALM, "0.5031", "NONE", "100.2", LOCK, pnl="4", sl=None),
    Case("P2-11", "2.45", ("1", "0", "0", "0.0417"), "0.7335", FULL, "100.2", f"{KILLED} regime_flip", p=FLIP),
    Case("P2-12", "2.45", ("0", "2", "0", "0.0417"), "0.7335", FULL, "100.2", f"{KILLED} sigma_spike", sigma="0.03"),
    Case("P2-13", "2.45", ("0", "0", "0.2", "0.0417"), "0.5281", "PARTIAL_25", "100.2", P25_LOCK, ts="0.1"),
    Case("P2-14", "2.45", ("0", "0", "0", "1"), "0.5744", "PARTIAL_25", "100.2", P25_LOCK, age="100000"),
    # In Decimal ts_drop is exactly 0.2, which is not above 0.2: no code.
    Case(
        "P2-15",
        "2.45",
        ("1", "2", "0.2", "1"),
        "0.9168",
        FULL,
        "100.2",
        f"{KILLED} regime_flip sigma_spike age_penalty",
        sigma="0.03",
        ts="0.1",
        p=FLIP,
        age="100000",
    ),
    Case(
        "P2-16",
        "2.45",
        ("1", "2", "0.5", "1"),
        "0.9276",
        FULL,
        "100.2",
        f"{KILLED} regime_flip sigma_spike ts_drop age_penalty",
        sigma="0.05",
        ts="-1",
        p=("0", "0.5", "0.5"),
        age="1000000",
    ),
    Case(
        "P2-17",
        "-2.05",
        ("1", "0", "0", "0.0417"),
        "0.7335",
        FULL,
        None,
        "kill_score_triggered regime_flip",
        pnl="-4",
        p=FLIP,
    ),
    Case("P2-18", "2.45", CALM, "0.5031", "PARTIAL_25", "100.2", P25_LOCK, p=("0.1", "0.25", "0.25")),
    Case(
        "P2-19",
        "2.45",
        ("0", "0", "0.5", "1"),
        "0.6341",
        FULL,
        "100.2",
        f"{KILLED} ts_drop age_penalty",
        age="90000",
        ts="-0.5",
    ),
    Case(
        "P2-20", "2.45", ("0", "0.82", "0", "0.0417"), "0.6041", FULL, "100.2", f"{KILLED} sigma_spike", sigma="0.0182"
    ),
    Case("P2-21", "2.45", CALM, "0.5031", "PARTIAL_25", "100.2", P25_LOCK, stop_dist=None),
    Case("P2-22", "2.45", CALM, "0.5031", "PARTIAL_25", "100.2", P25_LOCK, stop_dist="0.0"),
    Case(
        "P2-23",
        "2.45",
        ("0", "0", "0.3", "0.0417"),
        "0.5405",
        "PARTIAL_25",
        "100.2",
        P25_LOCK,
        sigma="0",
        ts="0",
        p=("0", "0", "0"),
    ),
    Case(
        "P2-24",
        "9.9333",
        CALM,
        "0.5031",
        "PARTIAL_75",
        "1996",
        f"{P75} {LOCK}",
        side=Side.SHORT,
        entry="2000",
        pnl="300",
        stop_dist="0.015",
        sl="2040",
    ),
    Case(
        "P2-25",
        "2.44",
        ("1", "0", "0.2416", "0.0417"),
        "0.7120",
        FULL,
        "100.3",
        f"{KILLED} regime_flip ts_drop",
        ts="0.05841",
        p=FLIP,
        theta=POLICY,
    ),
    # Binary floats fell just short of R = 2 here. In Decimal R is 2 and the tranche is taken.
    Case("P2-26", "2", CALM, "0.5031", "PARTIAL_25", "100.2", P25_LOCK, pnl="4.1"),
    Case("P2-27", "1.5", CALM, "0.5031", "NONE", "100.2", LOCK, pnl="3.1"),
    Case("P2-28", "24.95", CALM, "0.5031", "PARTIAL_75", "100.2", f"{P75} {LOCK}", pnl="50"),
    Case("P2-29", "-0.04", CALM, "0.5031", "NONE", None, "", entry="60000", pnl="12", sl="59000"),
]
TENTHOUSANDTH = Decimal("0.0001")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_users_table(case: Case) -> None:
    decision = case.decide()

    parts = decision.components
    shown = (parts.regime_flip, parts.sigma_spike, parts.ts_drop, parts.age_penalty)
    assert decision.r_net.quantize(TENTHOUSANDTH) == Decimal(case.r_net)
    assert tuple(part.quantize(TENTHOUSANDTH) for part in shown) == tuple(map(Decimal, case.components))
    assert decision.kill_score.quantize(TENTHOUSANDTH) == Decimal(case.kill)
    assert decision.action == case.action
    assert decision.new_stop == (None if case.new_stop is None else Decimal(case.new_stop))
    assert decision.reasons == tuple(case.reasons.split())


def test_all_29_cases_are_here() -> None:
    assert [case.name for case in CASES] == [f"P2-{number:02}" for number in range(1, 30)]


def test_p2_25_reproduces_the_recorded_kill_score() -> None:
    score = CASES[24].decide().kill_score

    assert abs(score - Decimal("0.7119699587849092")) < Decimal("1E-5")


def test_r50_use_of_the_fallback_stop_is_visible() -> None:
    used = {case.name for case in CASES if case.decide().fallback_stop_used}

    assert used == {"P2-21", "P2-22"}


def test_a_foreign_decimal_context_changes_nothing() -> None:
    expected = [case.decide() for case in CASES]

    with localcontext(prec=5, rounding=ROUND_UP):
        found = [case.decide() for case in CASES]

    assert found == expected


def test_the_decision_carries_its_whole_audit() -> None:
    decision = CASES[24].decide()

    again = evaluate(decision.position, decision.market, decision.stop_dist_pct, decision.theta)

    assert again == decision
    assert (decision.risk_unit, decision.cost_estimate) == (Decimal(2), Decimal("0.12"))
