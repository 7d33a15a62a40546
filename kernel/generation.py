"""The generation of a position: which fill opened it, found by walking the exchange's own trades back to flat."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.errors import KernelError
from kernel.side import Side


@dataclass(frozen=True, slots=True)
class Fill:
    """One own trade on the exchange: quantity in the asset, bought positive, sold negative."""

    trade_id: int
    order_id: int
    signed_quantity: Decimal
    time_ms: int


@dataclass(frozen=True, slots=True)
class Generation:
    """The life of the current position: opened by this fill, largest unsigned size, the orders that reduced it."""

    opening_trade_id: int
    opened_at_ms: int
    peak_size: Decimal
    reducing_order_ids: tuple[int, ...]


def trace_generation(position: Decimal, fills: Sequence[Fill]) -> Generation | None:
    """Walk back from the current signed position to the fill that opened it, from flat or through zero.

    `fills` are all fills of this symbol (and position side), oldest first, without a gap up to now. None when
    they do not reach back to the opening: read further back. Raises KernelError on no position or disorder.
    """
    side = Side.of(position)
    _check(fills)
    after, peak = position, Decimal(0)
    for index in range(len(fills) - 1, -1, -1):
        fill = fills[index]
        peak = max(peak, abs(after))
        before = after - fill.signed_quantity
        if before * side.sign <= 0:
            return Generation(fill.trade_id, fill.time_ms, peak, _reducing(side, fills[index + 1 :]))
        after = before
    return None


def _reducing(side: Side, fills: Sequence[Fill]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(fill.order_id for fill in fills if fill.signed_quantity * side.sign < 0))


def _check(fills: Sequence[Fill]) -> None:
    newest = -1
    for fill in fills:
        if fill.trade_id <= newest:
            raise KernelError(f"fills must be sorted by trade id: {fill.trade_id} follows {newest}", "fills")
        newest = fill.trade_id
        if not fill.signed_quantity.is_finite() or fill.signed_quantity == 0:
            raise KernelError(f"fill {fill.trade_id} has the quantity {fill.signed_quantity}", "fills")
