"""Who goes first when many decisions arrive at once."""

from decimal import Decimal
from enum import IntEnum
from functools import lru_cache

from contracts.intent import CloseIntent
from kernel.actions import CloseKind, Normalised, is_emergency, normalise


class Urgency(IntEnum):
    """Temporal's priority keys: the lowest goes first."""

    EMERGENCY = 1
    FULL = 2
    PARTIAL = 3
    OTHER = 4
    """Closes nothing."""


_normalise = lru_cache(maxsize=512)(normalise)
"""Producers say the same few things over and over. Free text is no part of what is remembered."""


def meaning(intent: CloseIntent) -> Normalised:
    """What the kernel makes of the decision's action."""
    return normalise(
        intent.action, intent.percentage, intent.quantity, intent.reason, intent.urgency, intent.intent_type
    )


def urgency(intent: CloseIntent) -> Urgency:
    """How urgent a decision is."""
    said = (intent.reason, intent.urgency, intent.intent_type)
    return urgency_of(intent.action, intent.percentage, intent.quantity, *said)


def urgency_of(
    action: str, percentage: Decimal | None, quantity: Decimal | None, reason: str, urgent: str, intent_type: str
) -> Urgency:
    """The same of its words. Raises ``KernelError`` as the kernel does."""
    meant = _normalise(action, percentage, quantity)
    if meant.kind is CloseKind.FULL:
        emergency = meant.emergency or is_emergency(reason, urgent, intent_type)
        return Urgency.EMERGENCY if emergency else Urgency.FULL
    return Urgency.PARTIAL if meant.kind is CloseKind.PARTIAL else Urgency.OTHER
