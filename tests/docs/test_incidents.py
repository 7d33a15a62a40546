"""The table of incidents is whole: each number once, each test real, each test with a number under that number."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/incidents.md").read_text()
ALL = tuple(f"R{number:02d}" for number in range(1, 87))
TWENTY = (
    "R01", "R02", "R04", "R06", "R15", "R18", "R22", "R25", "R27", "R31", "R35", "R39", "R45", "R46", "R52", "R53",
    "R54", "R65", "R67", "R47",
)  # fmt: skip


def rows(text: str = PAGE) -> list[tuple[str, str, frozenset[str]]]:
    """Number, guarantee and named tests of every row."""
    cells = re.findall(r"^\| (R\d\d) \| .+? \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    return [(number, holds, frozenset(re.findall(r"`(tests/[^`]+)`", named))) for number, holds, named in cells]


@cache
def in_repository() -> frozenset[str]:
    """Every test of the repository, as pytest names it. Read, not imported."""
    files = (ROOT / "tests").rglob("test_*.py")
    return frozenset(f"{file.relative_to(ROOT).as_posix()}::{name}" for file in files for name in _in(file.read_text()))


def _in(text: str) -> Iterator[str]:
    body = ast.parse(text).body
    yield from _functions(body)
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from (f"{node.name}::{name}" for name in _functions(node.body))


def _functions(body: list[ast.stmt]) -> Iterator[str]:
    functions = (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return (function.name for function in functions if function.name.startswith("test_"))


def numbers(test: str) -> set[str]:
    """The numbers that a test's own name carries: R22 and R25 of `test_r22_r25_...`."""
    words = test.rpartition("::")[2].split("_")
    return {word.upper() for word in words if re.fullmatch(r"r\d\d", word)}


def test_every_incident_is_there_once() -> None:
    assert Counter(number for number, _, _ in rows()) == Counter(ALL)


def test_the_twenty_come_first() -> None:
    assert tuple(number for number, _, _ in rows())[: len(TWENTY)] == TWENTY


def test_every_named_test_exists() -> None:
    assert {number: named - in_repository() for number, _, named in rows() if named - in_repository()} == {}


def test_every_test_that_carries_a_number_is_listed_under_it() -> None:
    listed = {number: named for number, _, named in rows()}
    carried = {(number, test) for test in in_repository() for number in numbers(test)}

    assert len(carried) > 100
    assert {(number, test) for number, test in carried if test not in listed.get(number, frozenset())} == set()


def test_what_has_no_test_says_why_it_does_not_apply() -> None:
    assert [number for number, holds, named in rows() if not named and not holds.startswith("Does not apply")] == []


def test_gaps_would_be_noticed() -> None:
    page = (
        "| R01 | a | b | `tests/x.py::test_r01_y`<br>`tests/x.py::TestZ::test_z` |\n| R02 | a | Does not apply. | - |\n"
    )

    assert rows(page) == [
        ("R01", "b", frozenset({"tests/x.py::test_r01_y", "tests/x.py::TestZ::test_z"})),
        ("R02", "Does not apply.", frozenset()),
    ]
    assert numbers("tests/x.py::test_r22_r25_under_r2_and_r100") == {"R22", "R25"}
    assert list(_in("class TestA:\n async def test_b(self): ...\n def c(self): ...\ndef test_d(): ...\n")) == [
        "test_d",
        "TestA::test_b",
    ]
