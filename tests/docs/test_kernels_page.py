"""The kernels' page: every question is answered as it says, every example gives what it shows, every name exists."""

import doctest
import re
from dataclasses import fields
from pathlib import Path

import pytest

from harvest.decide import decide_line
from kernel.rules import ORDER
from kernel.rules_config import RulesConfig

PAGE = Path(__file__).resolve().parents[2] / "docs/kernels.md"
TEXT = PAGE.read_text()
EXAMPLES = [
    (question, answer)
    for block in re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for question, answer in zip(block.splitlines()[::2], block.splitlines()[1::2], strict=True)
]


@pytest.mark.parametrize(("question", "answer"), EXAMPLES)
def test_a_question_is_answered_as_the_page_says(question: str, answer: str) -> None:
    assert decide_line(question) == answer


def test_every_kernel_has_an_example() -> None:
    assert {kernel for question, _ in EXAMPLES for kernel in re.findall(r'"kernel": "(\w+)"', question)} == {
        "p1",
        "p2",
        "lsf",
    }


def test_the_python_examples_give_what_they_show() -> None:
    example = doctest.DocTestParser().get_doctest(TEXT, {}, PAGE.name, str(PAGE), 0)
    complaints: list[str] = []

    found = doctest.DocTestRunner().run(example, out=complaints.append)

    assert found.attempted > 15
    assert found.failed == 0, "".join(complaints)


def test_the_rules_stand_in_their_order() -> None:
    table = TEXT.partition("\n## The rules\n")[2].partition("\n- ")[0]

    names = [rule.__name__ for rule in ORDER]
    assert re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE) == names


def test_the_rules_settings_exist() -> None:
    table = TEXT.partition("\n## The rules\n")[2].partition("\n- ")[0]
    named = re.findall(r"`([a-z_]+)(?:=[a-z_]+)?`", "".join(re.findall(r"^\|.*\|([^|]*)\|$", table, re.MULTILINE)))

    known = {field.name for field in fields(RulesConfig)} | {"r_ladder"}
    assert named
    assert set(named) <= known
