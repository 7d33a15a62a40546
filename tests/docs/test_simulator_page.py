"""The simulator's page names every kind, act and field that there is, and no other; its plan is one."""

import re
from dataclasses import fields
from pathlib import Path

import yaml

from simulator.acts import ACTS
from simulator.fault import KINDS, Fault
from simulator.fault_plan import read_plan
from simulator.stream_faults import STREAM_KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs/simulator.md"
TEXT = PAGE.read_text()


def documented(section: str) -> set[str]:
    """All names in the first column of the table below a heading."""
    _, found, rest = TEXT.partition(f"\n{section}\n")
    assert found, f"no section {section}"
    text = re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return {
        name for cell in re.findall(r"^\| (`[^|]*?) \|", text, re.MULTILINE) for name in re.findall(r"`(.+?)`", cell)
    }


def test_every_kind_of_fault_is_on_the_page() -> None:
    assert documented("### Kinds") == KINDS


def test_every_field_of_a_fault_is_on_the_page() -> None:
    assert documented("## A fault") == {field.name for field in fields(Fault)}


def test_every_act_is_on_the_page() -> None:
    assert documented("## Acts") == set(ACTS)


def test_every_fault_of_the_user_stream_is_on_the_page() -> None:
    assert documented("## Faults of the user stream") == STREAM_KINDS


def test_the_plan_on_the_page_is_one() -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    plan = read_plan(yaml.safe_load(text))
    assert (len(plan.faults), len(plan.stream_faults), len(plan.acts)) == (4, 1, 3)


def test_each_of_the_fourteen_groups_has_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\| (\[test_[^|]*) \|$", TEXT, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 15))
