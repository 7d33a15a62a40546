"""Which of two decisions about one symbol goes first, and what becomes of the other. Nothing is dropped silently."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from kernel.actions import CloseKind
from kernel.errors import KernelError
from kernel.side import Side


class Strength(IntEnum):
    """FULL and EMERGENCY both leave nothing. A part stays PARTIAL however urgent: it must not displace a full close."""

    PARTIAL = 1
    FULL = 2
    EMERGENCY = 3

    @classmethod
    def of(cls, kind: CloseKind, emergency: bool) -> "Strength":
        """The strength of a normalised close; raises KernelError for kinds that close nothing."""
        if kind is CloseKind.PARTIAL:
            return cls.PARTIAL
        if kind is CloseKind.FULL:
            return cls.EMERGENCY if emergency else cls.FULL
        raise KernelError(f"{kind} closes nothing and has no strength", "kind")


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision as far as precedence goes; `side` None when nobody named it yet."""

    strength: Strength
    rung: str
    side: Side | None


class Relation(StrEnum):
    """What an incoming decision is to the running one."""

    JOIN = "JOIN"  # the same thing again (R01): it shares the running one's result
    ESCALATE = "ESCALATE"  # stronger: the running one finishes its attempt and continues as this
    SUPERSEDED = "SUPERSEDED"  # the running one already leaves nothing for it
    WAIT = "WAIT"  # something else: its turn comes


def relation(running: Standing, incoming: Standing) -> Relation:
    """Where an incoming decision stands towards the running one. Total: every pair has an answer."""
    if running.side and incoming.side and running.side is not incoming.side:
        return Relation.WAIT
    if incoming.strength > running.strength:
        return Relation.ESCALATE
    if incoming.strength < running.strength:
        return Relation.SUPERSEDED
    if running.strength is Strength.PARTIAL and running.rung != incoming.rung:
        return Relation.WAIT
    return Relation.JOIN


def strongest(standings: Sequence[Standing]) -> int:
    """The index of the strongest, the earliest among equals; raises KernelError when there is none."""
    if not standings:
        raise KernelError("there is no decision to choose from", "standings")
    return max(range(len(standings)), key=lambda index: (standings[index].strength, -index))
