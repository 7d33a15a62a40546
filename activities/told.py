"""Fills as the user stream told them, and the proof that they are what the exchange would answer.

A told fill is used only if reads bear out every number that a result takes from it: who and how much and at what price
by the order itself, the profit by the entry price, the fee by the rate of trades that were read. What cannot be proved
is read instead; nothing is ever corrected or guessed.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from activities.fees import PRINTED, FeeRates
from contracts.order import OrderSide, OrderState, Trade

ZERO: Final = Decimal(0)
PRINTED_ENTRY: Final = Decimal("0.0000000001")
"""An average entry price comes with eleven decimals."""


def complete(told: Sequence[Trade], order: OrderState) -> bool:
    """Whether these fills are all of the order's, going by quantity. Not a proof yet: the reason to look for one."""
    return order.final and _quantity(told) == order.executed_quantity > ZERO


def borne_out(told: Sequence[Trade], seen: OrderState, read: OrderState, entry_price: Decimal | None) -> bool:
    """Whether the exchange's own words leave no room for another order, quantity, price, time or profit.

    Args:
        told: complete fills.
        seen: the order as it was last seen.
        read: the order as just read.
        entry_price: of the position that it reduced, as read before.
    """
    return (
        _same(seen, read)
        and all((fill.order_id, fill.side, fill.position_side) == _identity(read) for fill in told)
        and _quantity(told) == read.executed_quantity
        and _quote(told) == read.executed_quote
        # The time decides whether a position read shows our fills, so it is proved as well.
        and max(fill.time_ms for fill in told) == read.updated_ms
        and _profit_fits(told, entry_price)
    )


def fees_fit(told: Sequence[Trade], symbol: str, fees: FeeRates) -> bool:
    """Whether each fee is what the account pays."""
    return all(fees.fits(symbol, fill) for fill in told)


def _same(seen: OrderState, read: OrderState) -> bool:
    known = (seen.order_id, seen.client_order_id, seen.status, seen.executed_quantity)
    return known == (read.order_id, read.client_order_id, read.status, read.executed_quantity)


def _identity(order: OrderState) -> tuple[object, ...]:
    return order.order_id, order.side, order.position_side


def _profit_fits(told: Sequence[Trade], entry_price: Decimal | None) -> bool:
    """Realised profit is (price - entry) * quantity of a long, the reverse of a short.

    Within what the printed decimals leave open; an entry price that was rounded coarser does not fit.
    """
    if entry_price is None:
        return False
    gained = sum((_gain(fill, entry_price) for fill in told), ZERO)
    difference = gained - sum((fill.realized_pnl for fill in told), ZERO)
    return abs(difference) <= PRINTED * len(told) + PRINTED_ENTRY * _quantity(told)


def _gain(fill: Trade, entry_price: Decimal) -> Decimal:
    rise = fill.price - entry_price
    return fill.quantity * (rise if fill.side is OrderSide.SELL else -rise)


def _quantity(fills: Sequence[Trade]) -> Decimal:
    return sum((fill.quantity for fill in fills), ZERO)


def _quote(fills: Sequence[Trade]) -> Decimal:
    return sum((fill.price * fill.quantity for fill in fills), ZERO)
