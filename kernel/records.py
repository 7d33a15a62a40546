"""A record of a position against the exchange: whether it is true, and what would make it so.

The exchange is the ledger. A record is repaired towards it, never the other way round, and a position without a record
gets one instead of being closed (R57). Quantities are signed (R39) and compared exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final

from kernel.decimals import ARITHMETIC
from kernel.side import Side

SAME_ENTRY: Final = Decimal("0.005")
"""An entry price that differs by more is another position's, and so are the stop and the plan beside it."""


class Match(StrEnum):
    """What a record is, compared with the exchange."""

    AGREES = "agrees"
    GHOST = "ghost"
    """A record without a position."""
    UNKNOWN = "unknown"
    """A position without a record."""
    DRIFT = "drift"
    """The record of this position says something else than the exchange."""
    REPLACED = "replaced"
    """The record is of a position that was here before: what it says beside the facts is not about this one."""


@dataclass(frozen=True, slots=True)
class Held:
    """A position at the exchange. `amount` signed, in the asset, not zero."""

    side: Side
    amount: Decimal
    entry_price: Decimal


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a record says, each of its fields for itself: several may say the same thing, and all must be right.

    None where a field is empty or no number. Amounts are signed. `side` is None if the record names none, or two.
    """

    amounts: tuple[Decimal | None, ...]
    entries: tuple[Decimal | None, ...]
    side: Side | None
    stop: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a record is, the position it is about, and which facts are wrong in it."""

    finding: Match
    held: Held | None = None
    wrong: tuple[str, ...] = ()


def judge_record(held: Sequence[Held], recorded: Recorded | None, *, keeps_flat: bool = False) -> Judgement:
    """Compare the positions of one symbol with one record of it. Total: every input has an answer.

    `keeps_flat`: this kind of record goes on after its position, with the amount 0.
    """
    subject = subject_of(held, recorded.side if recorded else None)
    if recorded is None:
        return Judgement(Match.UNKNOWN, subject) if subject else Judgement(Match.AGREES)
    if subject is None:
        flat = keeps_flat and bool(recorded.amounts) and all(amount == 0 for amount in recorded.amounts)
        return Judgement(Match.AGREES if flat else Match.GHOST)
    wrong = _wrong(subject, recorded)
    if not wrong:
        return Judgement(Match.AGREES, subject)
    finding = Match.DRIFT if is_same_position(subject, recorded) else Match.REPLACED
    return Judgement(finding, subject, wrong)


def subject_of(held: Sequence[Held], side: Side | None) -> Held | None:
    """The position that a record is about: that of its side, else the largest. A record has room for one only."""
    named = next((each for each in held if each.side is side), None)
    return named or max(held, key=lambda each: (abs(each.amount), each.side is Side.LONG), default=None)


def is_same_position(held: Held, recorded: Recorded) -> bool:
    """Whether stop and plan of the record belong to this position. In doubt only a stop that protects it does."""
    if recorded.side is not None and recorded.side is not held.side:
        return False
    with localcontext(ARITHMETIC):
        known = [entry for entry in recorded.entries if entry]
        if any(abs(entry - held.entry_price) > SAME_ENTRY * held.entry_price for entry in known):
            return False
        if known and recorded.side is not None:
            return True
        return recorded.stop is None or (held.entry_price - recorded.stop) * held.side.sign > 0


def _wrong(held: Held, recorded: Recorded) -> tuple[str, ...]:
    facts = (
        ("amount", _all_are(held.amount, recorded.amounts)),
        ("side", recorded.side is held.side),
        ("entry_price", _all_are(held.entry_price, recorded.entries)),
    )
    return tuple(name for name, right in facts if not right)


def _all_are(truth: Decimal, said: Sequence[Decimal | None]) -> bool:
    return bool(said) and all(number == truth for number in said)
