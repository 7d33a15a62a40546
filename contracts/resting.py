"""Resting orders that can only make a position smaller: in the way of a close, or left behind by it."""

from contracts.order import AlgoOrder, OrderSide, OrderState, PositionSide
from contracts.value import OrderId, Value


class RestingQuery(Value):
    """Which resting orders are meant. Entries are none of our business."""

    symbol: str
    exit_side: OrderSide
    """Side of the orders that make the position smaller."""
    position_side: PositionSide
    created_until_ms: int | None = None
    """Only orders that are known to be no younger, exchange clock, epoch milliseconds. A younger one may protect a
    position that somebody has opened since (R56)."""

    def means(self, order: OrderState | AlgoOrder) -> bool:
        """Whether this is one of them."""
        if order.side is not self.exit_side or order.position_side is not self.position_side:
            return False
        until, created = self.created_until_ms, order.created_ms
        if until is not None and (created is None or created > until):
            return False
        return self.position_side is not PositionSide.BOTH or order.reduce_only or order.close_position


class CancelRequest(Value):
    """Which resting orders to cancel."""

    symbol: str
    order_ids: tuple[OrderId, ...] = ()
    algo_ids: tuple[OrderId, ...] = ()
    find: RestingQuery | None = None
    """Read first which ones there are: nobody has seen them yet."""

    @property
    def empty(self) -> bool:
        """Nothing to do."""
        return not (self.order_ids or self.algo_ids or self.find)
