"""What an incoming order meets, in the order in which it meets it: the book's levels, and the account's own orders."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from simulator.depth import Level
from simulator.orders import Order

OPPOSITE = {"BUY": "SELL", "SELL": "BUY"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A quantity at a price; `own` is the account's resting order behind it, if it is one."""

    price: Decimal
    quantity: Decimal
    own: Order | None = None


def merged(levels: Iterable[Level], own: list[Order], side: str) -> Iterator[Offer]:
    """Both by price; at the same price the account stands behind everybody else. `side` is the incoming order's."""
    waiting = list(own)
    for level in levels:
        while waiting and _before(waiting[0].asked.price, level.price, side):
            yield _of(waiting.pop(0))
        yield Offer(level.price, level.quantity)
    for order in waiting:
        yield _of(order)


def beyond(price: Decimal, limit: Decimal, side: str) -> bool:
    """Whether a price is worse than the limit for an order of that side."""
    return price > limit if side == "BUY" else price < limit


def _before(price: Decimal, other: Decimal, side: str) -> bool:
    return price < other if side == "BUY" else price > other


def _of(order: Order) -> Offer:
    return Offer(order.asked.price, order.remaining, order)


def shown(levels: Iterable[Level], own: list[Order], side: str, limit: int) -> list[Level]:
    """The first levels of one side of the book as everybody sees it: orders at one price are one level."""
    rows: list[Level] = []
    for offer in merged(levels, own, side):
        if rows and rows[-1].price == offer.price:
            rows[-1] = Level(offer.price, rows[-1].quantity + offer.quantity)
        elif len(rows) == limit:
            break
        else:
            rows.append(Level(offer.price, offer.quantity))
    return rows
