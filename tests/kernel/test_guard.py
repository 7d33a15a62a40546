from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.actions import CloseKind, normalise
from kernel.guard import GuardFacts, Verdict, guard
from kernel.side import Side

D = Decimal

GOOD = GuardFacts(
    kind=CloseKind.FULL,
    action_reasons=("action_normalized_close_to_close",),
    account="main",
    configured_account="main",
    source_admitted=True,
    emergency=False,
    position_size=D(10),
    side_ambiguous=False,
    side_named=None,
    position_side=Side.LONG,
    intent_age_seconds=D(1),
    max_intent_age_seconds=D(300),
    already_begun=False,
    opened_after_decision_seconds=D(-3600),
    answered=False,
    frozen=False,
    rung_done=False,
    quantity_sendable=True,
    advisories=(),
)

CHANGES: list[tuple[dict[str, Any], Verdict, tuple[str, ...]]] = [
    ({"frozen": True}, Verdict.BLOCK, ("human_freeze",)),
    ({"kind": CloseKind.REFUSED, "action_reasons": ("percentage_missing",)}, Verdict.BLOCK, ("percentage_missing",)),
    ({"kind": CloseKind.REFUSED, "action_reasons": ()}, Verdict.BLOCK, ("action_refused",)),
    ({"kind": CloseKind.MOVE_STOP}, Verdict.BLOCK, ("stop_moves_are_not_closes",)),
    ({"account": "other"}, Verdict.BLOCK, ("wrong_account",)),
    ({"source_admitted": False}, Verdict.BLOCK, ("not_exit_owner",)),
    ({"side_ambiguous": True, "position_size": D(0)}, Verdict.BLOCK, ("position_side_ambiguous",)),
    ({"answered": True}, Verdict.SKIP, ("answered_before",)),
    ({"kind": CloseKind.HOLD, "action_reasons": ("action_hold",)}, Verdict.SKIP, ("action_hold",)),
    ({"intent_age_seconds": D(301)}, Verdict.SKIP, ("intent_too_old",)),
    ({"opened_after_decision_seconds": D("5.001")}, Verdict.SKIP, ("decision_predates_position",)),
    ({"position_size": D(0), "position_side": None}, Verdict.SKIP, ("no_position",)),
    (
        {"side_named": Side.SHORT, "position_size": D(0), "position_side": Side.LONG},
        Verdict.SKIP,
        ("no_position", "other_side_open"),
    ),
    ({"side_named": Side.SHORT}, Verdict.SKIP, ("no_position", "other_side_open")),
    ({"rung_done": True}, Verdict.SKIP, ("rung_already_done",)),
    ({"quantity_sendable": False}, Verdict.SKIP, ("quantity_below_minimum",)),
]


@pytest.mark.parametrize(("change", "verdict", "codes"), CHANGES)
def test_each_thing_that_is_wrong_is_named(change: dict[str, Any], verdict: Verdict, codes: tuple[str, ...]) -> None:
    permit = guard(replace(GOOD, **change), D(10))

    assert permit.verdict is verdict
    assert permit.decisive == codes[0]
    assert [reason for reason in permit.reasons if reason not in GOOD.action_reasons] == list(codes)
    assert permit.safe_quantity == 0


def test_what_is_right_is_allowed() -> None:
    permit = guard(GOOD, D("9.9"))

    assert (permit.verdict, permit.decisive, permit.safe_quantity) == (Verdict.ALLOW, "close_allowed", D("9.9"))
    assert permit.reasons == ("close_allowed", "action_normalized_close_to_close")


def test_a_permit_is_held_to_the_position() -> None:
    assert guard(GOOD, D(11)).safe_quantity == D(10)


@pytest.mark.parametrize(
    "change",
    [
        {"side_named": Side.LONG},
        {"opened_after_decision_seconds": D(5)},
        {"intent_age_seconds": D(300)},
        {"intent_age_seconds": D(9999), "already_begun": True},
        {"kind": CloseKind.PARTIAL},
        {"source_admitted": False, "emergency": True},
    ],
)
def test_what_is_still_right_is_allowed(change: dict[str, Any]) -> None:
    assert guard(replace(GOOD, **change), D(10)).verdict is Verdict.ALLOW


def test_r07_all_reasons_are_reported_in_order_and_one_is_decisive() -> None:
    facts = replace(GOOD, intent_age_seconds=D(999), rung_done=True, account="other", frozen=True)

    permit = guard(facts, D(10))

    assert permit.decisive == "human_freeze"
    assert permit.reasons[:4] == ("human_freeze", "wrong_account", "intent_too_old", "rung_already_done")


@pytest.mark.parametrize(("first", "second"), list(product(CHANGES, CHANGES)))
def test_a_block_wins_over_a_skip(
    first: tuple[dict[str, Any], Verdict, tuple[str, ...]], second: tuple[dict[str, Any], Verdict, tuple[str, ...]]
) -> None:
    facts = replace(GOOD, **{**second[0], **first[0]})

    permit = guard(facts, D(10))

    if first[1] is Verdict.BLOCK:
        assert permit.verdict is Verdict.BLOCK
    assert permit.verdict is not Verdict.ALLOW


kinds = st.sampled_from(CloseKind)
facts_of_all_sorts = st.builds(
    GuardFacts,
    kind=kinds,
    action_reasons=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    account=st.sampled_from(["main", "other"]),
    configured_account=st.just("main"),
    source_admitted=st.booleans(),
    emergency=st.booleans(),
    position_size=st.decimals(0, 10, places=1),
    side_ambiguous=st.booleans(),
    side_named=st.none() | st.sampled_from(Side),
    position_side=st.none() | st.sampled_from(Side),
    intent_age_seconds=st.decimals(0, 600, places=0),
    max_intent_age_seconds=st.just(D(300)),
    already_begun=st.booleans(),
    opened_after_decision_seconds=st.decimals(-60, 60, places=0),
    answered=st.booleans(),
    frozen=st.booleans(),
    rung_done=st.booleans(),
    quantity_sendable=st.booleans(),
    advisories=st.just(()),
)
advisory_texts = st.lists(
    st.sampled_from(
        ["kill_score 0.93", "heat HOT", "heartbeat_missing", "market_state_stale", "cooldown", "R below min_r", "kill"]
    )
    | st.text(max_size=20)
).map(tuple)


@given(facts=facts_of_all_sorts, safe=st.decimals(0, 20, places=1), advisories=advisory_texts)
def test_r27_r31_r35_no_advisory_weakens_a_close(facts: GuardFacts, safe: Decimal, advisories: tuple[str, ...]) -> None:
    calm = guard(facts, safe)

    storm = guard(replace(facts, advisories=advisories), safe)

    assert (storm.verdict, storm.safe_quantity, storm.decisive) == (calm.verdict, calm.safe_quantity, calm.decisive)
    assert storm.reasons[: len(calm.reasons)] == calm.reasons
    assert {f"advisory:{text}" for text in advisories} <= set(storm.reasons)


@given(advisories=advisory_texts)
def test_r22_r25_a_protective_close_passes_under_any_advisory(advisories: tuple[str, ...]) -> None:
    emergency = normalise("CLOSE", D(1), reason="emergency_stop_loss (R=-2.21)")

    permit = guard(replace(GOOD, kind=emergency.kind, advisories=advisories), D(10))

    assert (permit.verdict, permit.safe_quantity) == (Verdict.ALLOW, D(10))


@given(facts=facts_of_all_sorts, safe=st.decimals(-1, 20, places=1))
def test_a_permit_never_exceeds_the_position_and_is_never_empty(facts: GuardFacts, safe: Decimal) -> None:
    permit = guard(facts, safe)

    assert permit.decisive == permit.reasons[0]
    if permit.verdict is Verdict.ALLOW:
        assert 0 < permit.safe_quantity <= min(safe, facts.position_size)
    else:
        assert permit.safe_quantity == 0


def test_r31_only_a_humans_freeze_stops_a_good_close() -> None:
    assert guard(replace(GOOD, advisories=("quantum:kill", "lockdown")), D(10)).verdict is Verdict.ALLOW
    assert guard(replace(GOOD, frozen=True), D(10)).verdict is Verdict.BLOCK


def test_r65_a_stale_decision_is_not_played_into_the_market() -> None:
    assert guard(replace(GOOD, intent_age_seconds=D(86_400)), D(10)).decisive == "intent_too_old"


def test_r65_a_decision_about_an_earlier_position_does_not_close_this_one() -> None:
    late = replace(GOOD, opened_after_decision_seconds=D(60), already_begun=True)

    assert guard(late, D(10)).decisive == "decision_predates_position"


def test_r18_an_action_that_is_missing_blocks_with_its_reason() -> None:
    missing = normalise("", D(1))

    permit = guard(replace(GOOD, kind=missing.kind, action_reasons=missing.reasons), D(10))

    assert (permit.verdict, permit.decisive) == (Verdict.BLOCK, "action_normalized_unknown_to_hold")
