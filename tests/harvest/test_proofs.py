"""Each of the six proofs can fail: wrong evidence of every kind."""

from dataclasses import replace
from decimal import Decimal

import pytest

from harvest.proofs import (
    CloseEvidence,
    Evidence,
    GroupEvidence,
    KillEvidence,
    OrderEvidence,
    Proof,
    six_proofs,
)

CLOSE = CloseEvidence(
    symbol="AEVOUSDT",
    entry_ids=("1771371476532-0",),
    entries_on_stream=1,
    expected_quantity=Decimal("64606.4"),
    result_order_ids=(77,),
    orders=(OrderEvidence(77, "FILLED", Decimal("64606.4")),),
    expected_position=Decimal(0),
    position=Decimal(0),
)
NOTHING_TO_CLOSE = replace(CLOSE, symbol="DOGEUSDT", expected_quantity=Decimal(0), result_order_ids=(), orders=())
GROUP = GroupEvidence(sent=2, read=2, lag=0, pending=0)
KILL = KillEvidence(
    symbol="BTCUSDT",
    killed_pid=10,
    new_pid=11,
    order_arrived_ms=1_000,
    answer_due_ms=4_000,
    killed_ms=1_020,
    result_ms=3_400,
    outcome="CLOSED_FLAT",
    orders=1,
)
GOOD = Evidence((CLOSE, NOTHING_TO_CLOSE), GROUP, KILL)


def failing(evidence: Evidence) -> list[int]:
    """Numbers of the proofs that do not hold."""
    return [number for number, proof in enumerate(six_proofs(evidence), 1) if not proof.ok]


def with_close(**changes: object) -> Evidence:
    return replace(GOOD, closes=(replace(CLOSE, **changes), NOTHING_TO_CLOSE))  # type: ignore[arg-type]


def with_kill(**changes: object) -> Evidence:
    return replace(GOOD, kill=replace(KILL, **changes))  # type: ignore[arg-type]


def test_good_evidence_proves_all_six() -> None:
    assert failing(GOOD) == []
    assert len(six_proofs(GOOD)) == 6


def test_no_evidence_proves_nothing() -> None:
    assert failing(Evidence((), None, None)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("wrong", [{"entries_on_stream": 0}, {"entry_ids": (), "entries_on_stream": 0}])
def test_1_an_intent_that_is_not_on_the_stream(wrong: dict[str, object]) -> None:
    assert failing(with_close(**wrong)) == [1]


@pytest.mark.parametrize(
    "group",
    [
        None,
        replace(GROUP, lag=1, read=1),
        replace(GROUP, lag=None),
        replace(GROUP, pending=1),
        replace(GROUP, read=1),
        replace(GROUP, read=None),
        replace(GROUP, sent=0, read=0),
    ],
)
def test_2_an_intent_that_was_not_consumed(group: GroupEvidence | None) -> None:
    assert failing(replace(GOOD, group=group)) == [2]


def test_3_no_order_id_in_the_result() -> None:
    assert failing(with_close(result_order_ids=())) == [3]


def test_3_an_order_id_that_the_exchange_does_not_know() -> None:
    assert failing(with_close(result_order_ids=(78,))) == [3]


def test_3_a_second_order_that_no_result_names() -> None:
    twice = (*CLOSE.orders, OrderEvidence(78, "FILLED", Decimal(0)))
    assert failing(with_close(orders=twice)) == [3]


def test_3_and_4_an_order_where_there_was_nothing_to_close() -> None:
    wrong = replace(NOTHING_TO_CLOSE, orders=CLOSE.orders, result_order_ids=(77,))
    assert 3 in failing(replace(GOOD, closes=(CLOSE, wrong)))


def test_3_and_4_nothing_was_sent() -> None:
    assert failing(with_close(orders=(), result_order_ids=())) == [3, 4]


@pytest.mark.parametrize(
    "order",
    [
        OrderEvidence(77, "PARTIALLY_FILLED", Decimal(60000)),
        OrderEvidence(77, "EXPIRED", Decimal("64606.4")),
        OrderEvidence(77, "FILLED", Decimal("64606.3")),
        OrderEvidence(77, "FILLED", Decimal("64606.5")),
    ],
)
def test_4_an_order_that_was_not_filled_to_the_last_unit(order: OrderEvidence) -> None:
    assert failing(with_close(orders=(order,))) == [4]


@pytest.mark.parametrize("position", [Decimal("0.1"), Decimal("-0.1"), None])
def test_5_a_position_that_is_not_where_it_should_be(position: Decimal | None) -> None:
    assert failing(with_close(position=position)) == [5]


def test_5_a_partial_close_that_closed_everything() -> None:
    partial = {"expected_position": Decimal(75), "expected_quantity": Decimal("64606.4"), "position": Decimal(0)}
    assert failing(with_close(**partial)) == [5]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"result_ms": None, "outcome": ""}, "NOT within 10 s"),
        ({"result_ms": 1_020}, "before the kill"),
        ({"result_ms": 11_021}, "NOT within 10 s"),
        ({"orders": 2}, "NOT exactly one order: 2"),
        ({"orders": 0}, "NOT exactly one order: 0"),
        ({"new_pid": 10}, "the same process"),
        ({"killed_ms": 999}, "before its order arrived"),
        ({"killed_ms": 4_000, "result_ms": 5_000}, "after the answer"),
        ({"outcome": "CLOSED_ELSEWHERE"}, "NOT closed: CLOSED_ELSEWHERE"),
    ],
)
def test_6_a_kill_that_proves_nothing(wrong: dict[str, object], words: str) -> None:
    evidence = with_kill(**wrong)
    assert failing(evidence) == [6]
    assert words in six_proofs(evidence)[5].evidence


def test_the_evidence_names_what_is_wrong() -> None:
    proof = six_proofs(with_close(position=Decimal("64606.4")))[4]
    assert proof == Proof(
        "position on the exchange",
        ok=False,
        evidence="NOT for AEVOUSDT (should be 0, is 64606.4); seen: AEVOUSDT 64606.4, DOGEUSDT 0",
    )
