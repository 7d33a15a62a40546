"""What a rung has done so far, read from the exchange's orders alone, so that no amnesia of ours repeats it (R68)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.decimals import clamp
from kernel.errors import KernelError


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order of ours as the exchange tells it. Quantities in the asset; `final`: it can execute no more."""

    attempt: int
    pieces_after: int | None
    original: Decimal
    executed: Decimal
    final: bool


@dataclass(frozen=True, slots=True)
class RungProgress:
    """What the rung set out to close (None: it never began), what it closed, and its next attempt's number."""

    total: Decimal | None
    executed: Decimal
    next_attempt: int
    unfinished: bool


def rung_progress(orders: Sequence[OwnOrder], max_piece: Decimal) -> RungProgress:
    """Sum up a rung from all its orders; `max_piece` is the size of a full piece (`sizing.largest_piece`)."""
    if not orders:
        return RungProgress(None, Decimal(0), next_attempt=1, unfinished=False)
    attempts = [order.attempt for order in orders]
    return RungProgress(
        total=_total([order for order in orders if order.attempt == min(attempts)], max_piece),
        executed=sum((order.executed for order in orders), Decimal(0)),
        next_attempt=max(attempts) + 1,
        unfinished=not all(order.final for order in orders),
    )


def remaining(progress: RungProgress, current_size: Decimal) -> Decimal:
    """What the rung has still to close, never more than there is. Raises KernelError on a rung that never began."""
    if progress.total is None:
        raise KernelError("this rung has no order yet: size it from its fraction", "total")
    return clamp(progress.total - progress.executed, Decimal(0), current_size)


def _total(pieces: Sequence[OwnOrder], max_piece: Decimal) -> Decimal:
    # The odd piece is sent first and says how many full ones follow: even alone it tells the whole.
    announced = 1 + max(piece.pieces_after or 0 for piece in pieces)
    missing = max(0, announced - len(pieces))
    return sum((piece.original for piece in pieces), missing * max_piece)
