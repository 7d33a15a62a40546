"""Messages of the user stream -> values. What concerns no fill and no position is told apart and left alone."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from contracts.order import OrderSide, OrderState, PositionSide, Trade
from exchange.wire import Row, UnreadableAnswer, decimal, flag, integer, row, rows, text

_FILL: Final = "TRADE"
_DIGITS: Final = 16
"""Before and behind the point."""


@dataclass(frozen=True, slots=True)
class OrderNews:
    """An order reached this state; with the fill that took it there, if one did."""

    symbol: str
    order_id: int
    client_order_id: str
    status: str
    fill: Trade | None = None

    def is_of(self, order: OrderState) -> bool:
        """Whether it tells of this order: same id, same name."""
        return (self.order_id, self.client_order_id) == (order.order_id, order.client_order_id)


@dataclass(frozen=True, slots=True)
class PositionNews:
    """Positions of these symbols changed. Where they are now is asked of the exchange, never taken from here."""

    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyExpired:
    """Nothing more will be told under this key; None if the message does not name it."""

    key: str | None


@dataclass(frozen=True, slots=True)
class OtherNews:
    """Anything else the exchange tells."""

    kind: str


C = TypeVar("C", OrderSide, PositionSide)
UserEvent = OrderNews | PositionNews | KeyExpired | OtherNews


def read_event(message: str) -> UserEvent:
    """One message, bare or wrapped as {stream, data}.

    Raises:
        UnreadableAnswer: it is not JSON, or it lacks what an event of its kind must carry.
    """
    try:
        content = json.loads(message, parse_float=Decimal)
    except ValueError:
        raise UnreadableAnswer("a message of the user stream is not JSON") from None
    event = row(content, "an event")
    event = row(event["data"], "an event") if "data" in event and "stream" in event else event
    kind = text(event, "e")
    read = _READERS.get(kind)
    return OtherNews(kind) if read is None else read(event)


def _order(event: Row) -> OrderNews:
    order = row(event.get("o"), "an order's event")
    return OrderNews(
        symbol=text(order, "s"),
        order_id=integer(order, "i"),
        client_order_id=text(order, "c"),
        status=text(order, "X"),
        fill=_fill(order) if text(order, "x") == _FILL else None,
    )


def _fill(order: Row) -> Trade:
    return Trade(
        trade_id=integer(order, "t"),
        order_id=integer(order, "i"),
        side=_choice(OrderSide, order, "S"),
        position_side=_choice(PositionSide, order, "ps"),
        price=_number(order, "L"),
        quantity=_number(order, "l"),
        realized_pnl=_number(order, "rp"),
        commission=_number(order, "n"),
        commission_asset=text(order, "N"),
        maker=flag(order, "m"),
        time_ms=integer(order, "T"),
    )


def _positions(event: Row) -> PositionNews:
    account = row(event.get("a"), "an account's event")
    symbols = rows(account.get("P", []), "positions", lambda position: text(position, "s"))
    return PositionNews(tuple(dict.fromkeys(symbols)))


def _expired(event: Row) -> KeyExpired:
    return KeyExpired(text(event, "listenKey") if "listenKey" in event else None)


def _number(event: Row, field: str) -> Decimal:
    """A number of ordinary size. Nobody shall have to compute with another: Decimal raises where it overflows."""
    number = decimal(event, field)
    if number.adjusted() >= _DIGITS or int(number.as_tuple().exponent) < -_DIGITS:
        raise UnreadableAnswer(f"the field {field} of an event is out of all bounds")
    return number


def _choice(kind: type[C], event: Row, field: str) -> C:
    try:
        return kind(text(event, field))
    except ValueError:
        raise UnreadableAnswer(f"the field {field} of an event is {event.get(field)!r}") from None


_READERS: Final[Mapping[str, Callable[[Row], UserEvent]]] = {
    "ORDER_TRADE_UPDATE": _order,
    "ACCOUNT_UPDATE": _positions,
    "listenKeyExpired": _expired,
}
