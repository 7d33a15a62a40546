"""Who goes first when many decisions arrive at once."""

from collections.abc import Iterable
from enum import IntEnum

from contracts.intent import CloseIntent
from kernel.actions import CloseKind, Normalised, normalise


class Urgency(IntEnum):
    """Temporal's priority keys: the lowest goes first."""

    EMERGENCY = 1
    FULL = 2
    PARTIAL = 3
    OTHER = 4


def meaning(intent: CloseIntent) -> Normalised:
    """What the kernel makes of the decision's action."""
    return normalise(
        intent.action, intent.percentage, intent.quantity, intent.reason, intent.urgency, intent.intent_type
    )


def urgency(intent: CloseIntent) -> Urgency:
    """How urgent a decision is."""
    meant = meaning(intent)
    if meant.kind is CloseKind.FULL:
        return Urgency.EMERGENCY if meant.emergency else Urgency.FULL
    return Urgency.PARTIAL if meant.kind is CloseKind.PARTIAL else Urgency.OTHER


def closes(intent: CloseIntent) -> bool:
    """Whether the decision would close anything."""
    return meaning(intent).kind in (CloseKind.FULL, CloseKind.PARTIAL)


def most_urgent_first(intents: Iterable[CloseIntent]) -> list[CloseIntent]:
    """Symbols in the order of their most urgent decision; within a symbol the order of arrival stays."""
    by_symbol: dict[str, list[CloseIntent]] = {}
    for intent in intents:
        by_symbol.setdefault(intent.symbol, []).append(intent)
    ranked = sorted(by_symbol.values(), key=lambda group: min(urgency(intent) for intent in group))
    return [intent for group in ranked for intent in group]
