"""Who says it and what else is said do not matter: only the words that a decision is made of."""

from datetime import UTC, datetime

import pytest

from bridge.entry import Entry
from bridge.validate import validate
from contracts.intent import CloseIntent
from kernel.actions import CloseKind
from workflows.decision import meaning_of

NOW = datetime(2026, 2, 18, tzinfo=UTC)
ENTRY = f"{int(NOW.timestamp() * 1000)}-0"


def understood(**fields: str) -> CloseIntent:
    """An entry that must not end as a dead letter."""
    said = {name.encode(): value.encode() for name, value in fields.items()}
    intent = validate(Entry(ENTRY, said), NOW)
    assert isinstance(intent, CloseIntent), intent
    return intent


@pytest.mark.parametrize("source", ["", "harvest_brain", "exit_management_agent", "a service of next year"])
def test_r20_a_decision_counts_whoever_sends_it(source: str) -> None:
    said = meaning_of(understood(symbol="ETHUSDT", action="CLOSE", source=source, intent_type=f"{source} exit"))

    assert said.normalised.kind is CloseKind.FULL


@pytest.mark.parametrize("word", ["HOLD", "NONE", "QUARANTINE"])
def test_r42_what_is_not_meant_to_run_needs_no_quantity_and_is_no_failure(word: str) -> None:
    said = meaning_of(understood(symbol="ETHUSDT", action=word, percentage="", quantity="None", side=""))

    assert said.normalised.kind is CloseKind.HOLD
