"""One of the exchange's counters, as well as it can be known from here: so many in each interval of its clock."""

from dataclasses import dataclass
from typing import Final

EDGE_MS: Final = 50
"""How far our idea of the exchange's clock may be off. What leaves that near to a boundary counts on both sides."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of a window that a call holds until it is answered."""

    interval: int
    amount: int
    at_edge: bool


class Window:
    """What we sent is counted when it leaves, and what others of the same account or address sent when the exchange
    tells us.

    Args:
        span_ms: length of an interval; intervals begin at multiples of it.
        limit: what the exchange allows in one.
    """

    def __init__(self, span_ms: int, limit: int) -> None:
        self.limit = limit
        self.span_ms = span_ms
        self._interval = -1
        self._sent = 0
        self._counted = 0
        self._edge_done = 0
        self._in_flight = 0
        self._told = 0
        self._beyond_ours = 0

    def used(self, now_ms: int) -> int:
        """What the exchange has counted in this interval, or will have when everything has arrived."""
        self._turn(now_ms)
        return self._sent + self._beyond_ours

    def left(self, now_ms: int) -> int:
        """What may still be taken in this interval."""
        return self.limit - self.used(now_ms)

    def turns_in_ms(self, now_ms: int) -> int:
        """Milliseconds until the next interval has certainly begun."""
        return self.span_ms - (now_ms - EDGE_MS) % self.span_ms

    def interval(self, now_ms: int) -> int:
        """The number of the interval that has certainly begun."""
        return (now_ms - EDGE_MS) // self.span_ms

    def take(self, now_ms: int, amount: int) -> Taken:
        """Count something that leaves now."""
        self._turn(now_ms)
        self._sent += amount
        self._in_flight += amount
        at_edge = self.turns_in_ms(now_ms) <= 2 * EDGE_MS
        return Taken(self._interval, amount, at_edge)

    def answered(self, taken: Taken, now_ms: int, told: int | None) -> None:
        """It was answered, or is given up.

        Args:
            taken: what :meth:`take` gave.
            now_ms: the exchange's clock.
            told: the exchange's own count, if the answer carried it.
        """
        self._turn(now_ms)
        self._in_flight -= taken.amount
        self._edge_done += taken.amount * taken.at_edge
        if told is None:
            return
        if taken.interval == self._interval and not taken.at_edge:
            self._told = max(self._told, told)
        if told <= self._told:  # the highest count we were told has this one in it
            self._counted += taken.amount
            self._beyond_ours = self._told - self._counted

    def released(self, taken: Taken, now_ms: int) -> None:
        """It was not counted: it never arrived, or was refused."""
        self._turn(now_ms)
        self._in_flight -= taken.amount
        self._sent -= taken.amount

    def _turn(self, now_ms: int) -> None:
        """A new interval begins with what may be counted in it although it left before."""
        interval = self.interval(now_ms)
        if interval in (self._interval, self._interval - 1):  # our clock may be set back a little
            return
        carried = self._edge_done if interval == self._interval + 1 else 0
        self._sent = self._in_flight + carried
        self._counted, self._edge_done = carried, 0
        self._interval, self._told, self._beyond_ours = interval, 0, 0
