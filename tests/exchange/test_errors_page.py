"""The page about errors says what the code does, row by row."""

import re
from pathlib import Path

import pytest

from contracts.order import Reaction, Verdict
from exchange.classify import Classification, classify
from exchange.failure import answered
from exchange.refusals import REFUSALS, Refusal

PAGE = (Path(__file__).resolve().parents[2] / "docs/errors.md").read_text()
NOW_MS = 1_800_000_000_000
ANSWERS = re.findall(r"^\| (\d{3}) \| `(.*?)` \| (\w+) \| (?:(\d+) ms)? ?\|$", PAGE, re.MULTILINE)


def told(found: Classification) -> str:
    """As the page says it."""
    if found.verdict is Verdict.UNKNOWN:
        return "unknown"
    assert found.reaction is not None
    return found.reaction.value


def sections() -> dict[str, list[tuple[int, str, int]]]:
    """Below each reaction's heading: code, name, wait."""
    _, _, codes = PAGE.partition("\n## Codes\n")
    parts = re.split(r"^### (\w+)$", codes, flags=re.MULTILINE)[1:]
    row = re.compile(r"^\| `(-\d+)` \| `(\w+)` \| (?:(\d+) ms)? ?\|", re.MULTILINE)
    return {
        name: [(int(code), label, int(wait or 0)) for code, label, wait in row.findall(text)]
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_every_code_is_on_the_page_once_under_its_reaction() -> None:
    known: dict[str, set[tuple[int, str, int]]] = {}
    for refusal in REFUSALS.values():
        under = refusal.reaction.value if refusal.reaction else "unknown"
        known.setdefault(under, set()).add((refusal.code, refusal.name, refusal.wait_ms))

    written = sections()

    assert {name: set(rows) for name, rows in written.items()} == known
    assert sum(len(rows) for rows in written.values()) == len(REFUSALS)


def test_every_reaction_is_explained() -> None:
    assert sections().keys() == {reaction.value for reaction in Reaction} | {"unknown"}


def test_the_page_has_answers_to_check() -> None:
    assert len(ANSWERS) >= 20
    assert {status for status, *_ in ANSWERS} >= {"200", "307", "400", "403", "408", "418", "429", "502", "503", "504"}


@pytest.mark.parametrize(("status", "body", "conclusion", "wait"), ANSWERS)
def test_an_answer_is_judged_as_the_page_says(status: str, body: str, conclusion: str, wait: str) -> None:
    found = classify(answered(int(status), body.encode(), {}), NOW_MS)
    assert (told(found), found.retry_after_ms) == (conclusion, int(wait or 0))


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=lambda refusal: str(refusal.code))
def test_each_code_is_judged_as_its_row_says(refusal: Refusal) -> None:
    """In a 400, as the exchange sends business errors. -1003 and -1015 come with a status and header of their own."""
    body = f'{{"code": {refusal.code}, "msg": "whatever"}}'.encode()
    found = classify(answered(400, body, {}), NOW_MS)
    [(name, wait)] = [(name, row[2]) for name, rows in sections().items() for row in rows if row[0] == refusal.code]
    assert (told(found), found.retry_after_ms) == (name, wait)
