"""The page about streams names what there is."""

import re
from pathlib import Path

import pytest

from simulator import wire_user
from simulator.algo import KINDS
from simulator.market_topic import Topic

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/streams.md").read_text()


def table(section: str) -> list[list[str]]:
    """The cells of the rows below a heading."""
    _, found, rest = TEXT.partition(f"\n## {section}\n")
    assert found, section
    rows = re.findall(r"^\| (`.*) \|$", rest.partition("\n## ")[0], re.MULTILINE)
    return [row.split(" | ") for row in rows]


@pytest.mark.parametrize("row", table("The market"), ids=lambda row: row[0])
def test_every_stream_of_the_market_is_served_where_the_page_says(row: list[str]) -> None:
    for name in re.findall(r"`(.+?)`", row[0]):
        topic = Topic.parse(name)
        assert topic is not None, name
        assert topic.category == row[1]


def test_every_event_of_the_account_is_on_the_page() -> None:
    composed = set(re.findall(r'"e": "(\w+)"', Path(wire_user.__file__).read_text()))
    assert {row[0].strip("`") for row in table("The account")} == composed


def test_every_type_of_conditional_order_is_on_the_page() -> None:
    section = TEXT.partition("## Conditional orders")[2]
    assert {kind for kind in KINDS if f"`{kind}`" in section} == KINDS
