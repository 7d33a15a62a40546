"""Who goes first when many decisions arrive at once."""

from enum import IntEnum
from functools import lru_cache

from contracts.intent import CloseIntent
from kernel.actions import CloseKind, Normalised, normalise


class Urgency(IntEnum):
    """Temporal's priority keys: the lowest goes first."""

    EMERGENCY = 1
    FULL = 2
    PARTIAL = 3
    OTHER = 4
    """Closes nothing."""


_normalise = lru_cache(maxsize=512)(normalise)
"""Each decision is asked for several times, within one batch of entries."""


def meaning(intent: CloseIntent) -> Normalised:
    """What the kernel makes of the decision's action."""
    return _normalise(
        intent.action, intent.percentage, intent.quantity, intent.reason, intent.urgency, intent.intent_type
    )


def urgency(intent: CloseIntent) -> Urgency:
    """How urgent a decision is."""
    meant = meaning(intent)
    if meant.kind is CloseKind.FULL:
        return Urgency.EMERGENCY if meant.emergency else Urgency.FULL
    return Urgency.PARTIAL if meant.kind is CloseKind.PARTIAL else Urgency.OTHER
