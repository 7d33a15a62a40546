"""The stop in force: of the exchange's own conditional orders, and of the producers' record where it fits."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from activities.watch_hints import PositionRecord
from contracts.order import AlgoOrder, OrderSide, PositionSide
from contracts.snapshot import Position

_STOPS: Final = ("STOP", "STOP_MARKET")
_SAME_ENTRY: Final = Decimal("0.005")
"""A record of a position whose entry differs by more is of another position."""
_SIDES: Final = {"LONG": PositionSide.LONG, "BUY": PositionSide.LONG, "SHORT": PositionSide.SHORT,
                 "SELL": PositionSide.SHORT}  # fmt: skip


def stop_at_exchange(position: Position, orders: Iterable[AlgoOrder]) -> Decimal | None:
    """The tightest resting stop that reduces this position."""
    exit_side = OrderSide.SELL if position.side is PositionSide.LONG else OrderSide.BUY
    return tightest(
        position.side,
        [
            order.trigger_price
            for order in orders
            if order.order_type in _STOPS
            and order.side is exit_side
            and order.position_side is position.position_side
            and (order.reduce_only or order.close_position or order.position_side is not PositionSide.BOTH)
        ],
    )


def tightest(side: PositionSide, stops: Sequence[Decimal | None]) -> Decimal | None:
    """The one that is reached first; None if there is none."""
    given = [stop for stop in stops if stop is not None]
    choose = max if side is PositionSide.LONG else min
    return choose(given, default=None)


def recorded(position: Position, record: PositionRecord) -> tuple[Decimal | None, Decimal | None, bool]:
    """Stop and take-profit of the producers' record, and whether the record is of another position.

    A record outlives its position: the stop of yesterday's long would close today's at once.
    """
    if record.stop_loss is None and record.take_profit is None:
        return None, None, False
    if _SIDES.get(record.side, position.side) is not position.side:
        return None, None, True
    entry = record.entry_price
    if entry is not None and abs(entry - position.entry_price) > _SAME_ENTRY * position.entry_price:
        return None, None, True
    if entry is None and not _protects(position, record.stop_loss):
        return None, None, True
    return record.stop_loss, record.take_profit, False


def _protects(position: Position, stop: Decimal | None) -> bool:
    """Whether the stop lies on the losing side of the entry."""
    sign = 1 if position.side is PositionSide.LONG else -1
    return stop is None or (position.entry_price - stop) * sign > 0
