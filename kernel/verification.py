"""Is the position where the decision wants it? Judged from the exchange's numbers before and after an attempt.

A position read can lag behind the fill it should show, and somebody else can move the position meanwhile; the two look
alike at first and ask for opposite reactions, so each has its own name here.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Standing(StrEnum):
    """What a position read after an attempt says."""

    AT_TARGET = "at_target"
    """The decision is done."""
    DUST = "dust"
    """A full close left less than the exchange accepts as an order."""
    LAGGING = "lagging"
    """The read does not show our own fill yet: read again, never send (a fill is a fact, a read is a picture)."""
    SHORT = "short"
    """Not there yet, and the read explains our fills: a fresh attempt may follow."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Numbers around one attempt, all unsigned base units of the decision's side.

    Args:
        before: size at the snapshot that the attempt was sized from.
        executed: what our orders executed since that snapshot.
        after: size as read after the attempt.
        executed_in_all: what was executed for the decision, earlier attempts included.
        must_execute: for a partial close the quantity that is to be executed in all; None for a full close.
        shows_fills: whether the read is known to be newer than our last fill.
        smallest: the smallest quantity that can be sent; less than that is dust.
    """

    before: Decimal
    executed: Decimal
    after: Decimal
    executed_in_all: Decimal
    must_execute: Decimal | None
    smallest: Decimal
    shows_fills: bool = False


def stand(attempt: Attempt) -> Standing:
    """Judge one position read."""
    if attempt.must_execute is None:
        return _stand_full(attempt)
    return _stand_partial(attempt, attempt.must_execute)


def _stand_full(attempt: Attempt) -> Standing:
    if attempt.after == ZERO:
        return Standing.AT_TARGET
    if _lagging(attempt):
        return Standing.LAGGING
    return Standing.DUST if attempt.after < attempt.smallest else Standing.SHORT


def _stand_partial(attempt: Attempt, must_execute: Decimal) -> Standing:
    if attempt.after != ZERO and _lagging(attempt):
        return Standing.LAGGING
    left = must_execute - attempt.executed_in_all
    return Standing.AT_TARGET if left <= ZERO or left < attempt.smallest else Standing.SHORT


def _lagging(attempt: Attempt) -> bool:
    """The read still shows the size from before our own fill (R45), and not because somebody bought as much again."""
    return attempt.executed > ZERO and attempt.after == attempt.before and not attempt.shows_fills
