"""From what was read to what the kernel asks for: whose stops rest, what a position needs, and the next ticket."""

from decimal import Decimal
from typing import Final

from contracts.close import ClosePolicy
from contracts.order import AlgoOrder, OrderSide, PositionSide
from contracts.stop import GuardedPosition, StopsView, StopTicket
from kernel.lot_filters import lot_rules
from kernel.side import Side
from kernel.sizing import size_orders
from kernel.stop_identity import StopKey, parse_stop_id, place_of, stop_id
from kernel.stop_order import Arrangement, RestingStop, arrange, own_level

ZERO = Decimal(0)
_STOPS: Final = frozenset({"STOP", "STOP_MARKET"})
"""Types with a fixed trigger. One that trails by itself is left alone."""


def side_of(held: GuardedPosition) -> Side:
    """LONG or SHORT, in either position mode."""
    return Side(held.position.side.value)


def resting(held: GuardedPosition, view: StopsView) -> tuple[RestingStop, ...]:
    """Every stop that reduces this position, whoever placed it."""
    exit_side, mode = OrderSide(side_of(held).exit_order_side), held.position.position_side
    return tuple(
        RestingStop(stop.algo_id, stop.trigger_price, stop.quantity, own=_is_own(stop, held))
        for stop in view.stops
        if stop.trigger_price is not None
        and stop.order_type in _STOPS
        and (stop.side, stop.position_side) == (exit_side, mode)
        and (stop.reduce_only or stop.close_position or mode is not PositionSide.BOTH)
    )


def level_of(held: GuardedPosition, view: StopsView) -> Decimal | None:
    """Where our own stop rests for it."""
    return own_level(side_of(held), resting(held, view))


def orphans(view: StopsView) -> frozenset[int]:
    """Stops of ours whose position is gone: another one may be there by now (R56)."""
    places = {place_of(view.rules.symbol, side) for side in Side}
    ours = {stop.algo_id: key for stop in view.stops if (key := parse_stop_id(stop.client_algo_id))}
    return frozenset(
        algo_id
        for algo_id, key in ours.items()
        if key.place in places and not any(_names(key, held) for held in view.positions)
    )


def pieces(held: GuardedPosition, view: StopsView) -> tuple[Decimal, ...]:
    """The quantities of the stops that close all of it; none if it is smaller than the exchange accepts.

    Raises:
        KernelError: the symbol's filters contradict each other.
    """
    return size_orders(held.position.size, ZERO, lot_rules(view.rules)).quantities


def arrangement(held: GuardedPosition, level: Decimal, view: StopsView, *, replace_others: bool) -> Arrangement:
    """What leads from what rests to our stop at this level for all of the position."""
    wanted, stops = pieces(held, view), resting(held, view)
    if not wanted:
        return Arrangement((), ())  # dust: what rests for it does no harm
    return arrange(side_of(held), level, wanted, stops, replace_others=replace_others)


def stop_ticket(
    held: GuardedPosition, level: Decimal, quantity: Decimal, view: StopsView, policy: ClosePolicy
) -> StopTicket:
    """The stop with everything that will be signed; its number is the position's own."""
    side, position = side_of(held), held.position
    return StopTicket(
        symbol=position.symbol,
        client_algo_id=stop_id(position.symbol, side, held.generation.opening_trade_id, held.sequence),
        side=OrderSide(side.exit_order_side),
        position_side=position.position_side,
        trigger_price=level,
        quantity=quantity,
        reduce_only=position.position_side is PositionSide.BOTH,
        timestamp_ms=view.exchange_time_ms,
        recv_window_ms=policy.recv_window_ms,
    )


def again(held: GuardedPosition, view: StopsView) -> GuardedPosition | None:
    """The same position as it is now; None if it is gone."""
    name = (held.position.side, held.generation.opening_trade_id)
    return next(
        (each for each in view.positions if (each.position.side, each.generation.opening_trade_id) == name), None
    )


def _is_own(stop: AlgoOrder, held: GuardedPosition) -> bool:
    key = parse_stop_id(stop.client_algo_id)
    return key is not None and _names(key, held)


def _names(key: StopKey, held: GuardedPosition) -> bool:
    """A position older than the exchange's memory of trades has the generation 0; its stops were named before."""
    generation = held.generation.opening_trade_id
    return key.place == place_of(held.position.symbol, side_of(held)) and generation in (0, key.generation)
