"""Conditional orders that could only reduce a position which is not there (R56)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kernel.side import Side


@dataclass(frozen=True, slots=True)
class Resting:
    """An order that rests. `acts_on`: the side that it reduces if `only_reduces`, else the one it could open."""

    order_id: int
    acts_on: Side
    only_reduces: bool


def resting(order_id: int, side: str, position_side: str, *, reduce_only: bool) -> Resting:
    """From the exchange's words. `reduce_only`: also where it closes whatever there is.

    In hedge mode the flag cannot be given: there the position side itself says whether an order can open.
    """
    if position_side == "BOTH":
        exit_of = Side.LONG if side == "SELL" else Side.SHORT
        opens = Side.SHORT if side == "SELL" else Side.LONG
        return Resting(order_id, exit_of if reduce_only else opens, reduce_only)
    held = Side(position_side)
    return Resting(order_id, held, side == held.exit_order_side)


def orphans(orders: Iterable[Resting], others: Iterable[Resting], held: Collection[Side]) -> frozenset[int]:
    """Those of a symbol's conditional `orders` whose position is gone.

    An entry that rests (`others` are the symbol's plain orders) may have its stop placed ahead of it: that one stays.
    """
    orders = tuple(orders)
    awaited = {each.acts_on for each in (*orders, *others) if not each.only_reduces}
    return frozenset(
        each.order_id
        for each in orders
        if each.only_reduces and each.acts_on not in held and each.acts_on not in awaited
    )
