"""When to come back, for orders that were turned away: the more urgent first, and not all for the same slots."""

from collections import Counter
from typing import Final

KEPT_MS: Final = 1_000
"""How long after an interval has begun a promised slot is kept from less urgent orders."""


class Promises:
    """Slots of coming intervals. Advice for everybody else; kept, for a moment, from those who are less urgent."""

    def __init__(self) -> None:
        self._made: Counter[tuple[int, int]] = Counter()

    def make(self, first: int, urgency: int, slots: int) -> int:
        """The interval to come back in.

        Args:
            first: the earliest one.
            urgency: of the order; the larger goes first.
            slots: how many orders an interval takes.
        """
        turn = first
        while self.before(turn, urgency - 1) >= slots:
            turn += 1
        self._made[turn, urgency] += 1
        return turn

    def before(self, turn: int, urgency: int) -> int:
        """How many slots of the interval are promised to more urgent orders."""
        return sum(count for (made, their), count in self._made.items() if made == turn and their > urgency)

    def redeem(self, turn: int, urgency: int) -> None:
        """An order goes out: its promise, if it had one, is kept. Those of intervals gone by are forgotten."""
        self._made[turn, urgency] -= 1
        self._made = Counter({key: count for key, count in self._made.items() if count > 0 and key[0] >= turn})
