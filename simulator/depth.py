"""How deep a book is."""

from dataclasses import dataclass
from decimal import Decimal

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Level:
    """So much can be had at this price."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Depth:
    """How one side of a book is built: so many levels, the first one's quantity, each further one's factor, and the
    distance between two in ticks."""

    levels: int
    first: Decimal
    growth: Decimal = ONE
    spacing_ticks: int = 1
