"""The drill's judge finds what is wrong. A ledger that is in order is doctored, one fault at a time."""

import ast
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harvest.drill import audit as judge
from harvest.drill.audit import Fault, Played, audit
from harvest.drill.scenes import Say, Scene

D = Decimal
OPENED = 1295  # "zz" in base 36
MOMENT = 1_700_000_000_000
ENTRY = "1700000000000-0"

Row = dict[str, object]
Record = dict[str, str]
Books = tuple[list[Row], list[Record], list[Record], Played]


def fill(client_id: str, order_id: int, trade_id: int, quantity: str, before: str, after: str) -> Row:
    """One row of the exchange's ledger."""
    identity = {"symbol": "SOLUSDT", "client_order_id": client_id, "order_id": order_id, "trade_id": trade_id}
    identity["time_ms"] = MOMENT + trade_id
    amounts = {"quantity": quantity, "position_before": before, "position_after": after}
    return {**identity, **amounts, "position_side": "BOTH"}


def in_order() -> Books:
    """Half of a long of 10 was closed in two fills of one order, and one result says so."""
    fills = [
        fill("web_1", 1, OPENED, "10", "0", "10"),
        fill("hv-zz-p50-1", 2, OPENED + 1, "3", "10", "7"),
        fill("hv-zz-p50-1", 2, OPENED + 2, "2", "7", "5"),
    ]
    result = {"entry_id": ENTRY, "outcome": "REDUCED", "client_order_id": "hv-zz-p50-1", "filled_qty": "5"}
    say = Say(0, {"action": "PARTIAL_50"})
    scene = Scene(1, "part", "LONG", D(10), (say,), D(5), (D(5),), (D(5),))
    return fills, [result], [], Played(scene, "SOLUSDT", OPENED, False, ((say, ENTRY),), D(5))


def faults(books: Books) -> set[Fault]:
    """What the judge finds."""
    fills, results, dead, played = books
    return {finding.fault for finding in audit([played], [], fills, results, dead).findings}


def test_books_in_order_are_in_order() -> None:
    fills, results, dead, played = in_order()

    verdict = audit([played], [], fills, results, dead)

    assert verdict.ok
    assert (verdict.decisions, verdict.entries, verdict.orders_executed) == (1, 1, 1)
    assert verdict.answered == {"REDUCED": 1}


def _lost(books: Books) -> Books:
    fills, results, dead, played = books
    claims = [{**results[0], "filled_qty": "3"}]
    return fills[:2], claims, dead, replace(played, position=D(7))


def _executed_again_under_the_same_id(books: Books) -> Books:
    fills, results, dead, played = books
    return [*fills, fill("hv-zz-p50-1", 3, OPENED + 3, "1", "5", "4")], results, dead, played


def _executed_again_under_the_next_id(books: Books) -> Books:
    fills, results, dead, played = books
    return [*fills, fill("hv-zz-p50-2", 3, OPENED + 3, "5", "5", "0")], results, dead, replace(played, position=D(0))


def _another_rung(books: Books) -> Books:
    fills, results, dead, played = books
    return [*fills[:2], {**fills[2], "client_order_id": "hv-zz-p25-1"}], results, dead, played


def _flipped(books: Books) -> Books:
    fills, results, dead, played = books
    return [*fills[:2], fill("hv-zz-p50-1", 2, OPENED + 2, "2", "1", "-1")], results, dead, played


def _another_position(books: Books) -> Books:
    fills, results, dead, played = books
    return [fills[0], *({**row, "client_order_id": "hv-zy-p50-1"} for row in fills[1:])], results, dead, played


def _left_over(books: Books) -> Books:
    fills, results, dead, played = books
    return fills, results, dead, replace(played, position=D(10))


def _never_answered(books: Books) -> Books:
    fills, _, dead, played = books
    return fills, [], dead, played


def _answered_twice(books: Books) -> Books:
    fills, results, dead, played = books
    return fills, results * 2, dead, played


def _buried(books: Books) -> Books:
    fills, results, _, played = books
    return fills, results, [{"entry_id": ENTRY}], played


def _claims_more_than_was_filled(books: Books) -> Books:
    fills, results, dead, played = books
    return fills, [{**results[0], "filled_qty": "10"}], dead, played


@pytest.mark.parametrize(
    ("doctor", "expected"),
    [
        (_lost, Fault.LOST),
        (_executed_again_under_the_same_id, Fault.DOUBLED),
        (_executed_again_under_the_next_id, Fault.DOUBLED),
        (_another_rung, Fault.WRONG_QUANTITY),
        (_flipped, Fault.WRONG_QUANTITY),
        (_another_position, Fault.WRONG_QUANTITY),
        (_left_over, Fault.WRONG_QUANTITY),
        (_never_answered, Fault.UNREPORTED),
        (_answered_twice, Fault.UNREPORTED),
        (_buried, Fault.UNREPORTED),
        (_claims_more_than_was_filled, Fault.UNREPORTED),
    ],
)
def test_each_fault_is_found(doctor: Callable[[Books], Books], expected: Fault) -> None:
    assert expected in faults(doctor(in_order()))


def test_a_position_may_be_named_by_a_moment_at_which_it_changed_and_by_no_other() -> None:
    fills, results, dead, played = in_order()
    digits, number = "", MOMENT + OPENED
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    named = [fills[0], *({**row, "client_order_id": f"hv-{digits}-p50-1"} for row in fills[1:])]
    results = [{**results[0], "client_order_id": f"hv-{digits}-p50-1"}]

    assert faults((named, results, dead, played)) == set()
    earlier = [{**named[0], "time_ms": MOMENT}, *named[1:]]
    assert faults((earlier, results, dead, played)) == {Fault.WRONG_QUANTITY}


def test_a_fill_of_the_next_scene_is_not_held_against_this_one() -> None:
    fills, results, dead, played = in_order()
    later = Played(played.scene, "SOLUSDT", OPENED + 10, False, (), D(5))
    fills = [
        *fills,
        fill("web_2", 4, OPENED + 9, "5", "5", "0"),
        fill("web_3", 5, OPENED + 10, "10", "0", "10"),
        fill("hv-1009-p50-1", 6, OPENED + 11, "5", "10", "5"),
    ]

    found = audit([played, later], [], fills, results, dead).findings

    assert [(one.scene, one.fault) for one in found] == [(1, Fault.WRONG_QUANTITY)]  # "1009" is not trade 1305


def test_the_judge_knows_nothing_of_what_it_judges() -> None:
    for module in (judge, __import__("harvest.drill.scenes", fromlist=["scenes"])):
        tree: Any = ast.parse(Path(module.__file__ or "").read_text())
        named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        packages = {str(name).split(".", maxsplit=1)[0] for name in named}
        assert packages <= {"collections", "dataclasses", "decimal", "enum", "random", "typing", "harvest"}
        assert {name for name in named if str(name).startswith("harvest")} <= {"harvest.drill.scenes"}
