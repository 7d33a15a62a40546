"""What happened inside the exchange, told to whoever streams it.

The engine emits while it works, in the order in which things happen; a listener must not call back into the engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.algo import AlgoOrder
    from simulator.orders import Order, Trade
    from simulator.positions import Position

Execution = Literal["NEW", "TRADE", "CANCELED", "EXPIRED", "CALCULATED", "AMENDMENT"]


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order reached this state; `trade` is the fill that took it there, if one did."""

    order: Order
    execution: Execution
    trade: Trade | None = None


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Wallet or positions changed. `reason` as user events name it (ORDER, FUNDING_FEE, MARGIN_TYPE_CHANGE, ...)."""

    reason: str
    wallet: Decimal
    change: Decimal
    """What the wallet gained or lost other than by realised profit and commission."""
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class LeverageChanged:
    """The leverage of a symbol was set."""

    symbol: str
    leverage: int


@dataclass(frozen=True, slots=True)
class AlgoChanged:
    """A conditional order reached this state."""

    algo: AlgoOrder


@dataclass(frozen=True, slots=True)
class MarkMoved:
    """The mark of a symbol, and the touch around it, moved."""

    symbol: str


@dataclass(frozen=True, slots=True)
class PublicTrade:
    """A trade as everybody sees it."""

    symbol: str
    price: Decimal
    quantity: Decimal
    time: int
    buyer_is_maker: bool


@dataclass(frozen=True, slots=True)
class MarginCalled:
    """Positions came close to liquidation; the wallet of what they share, and their maintenance margins."""

    wallet: Decimal
    positions: tuple[tuple[Position, Decimal], ...]


@dataclass(frozen=True, slots=True)
class ListenKeyGone:
    """No events under this key any more: its time ran out, or a client gave it up."""

    key: str
    expired: bool


Event = (
    OrderChanged
    | AccountChanged
    | LeverageChanged
    | AlgoChanged
    | MarkMoved
    | PublicTrade
    | MarginCalled
    | ListenKeyGone
)
Listener = Callable[[Event], None]


class Events:
    """A synchronous list of listeners."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self._untold: deque[Event] = deque()

    def listen(self, listener: Listener) -> None:
        """Tell this one too, from now on."""
        self.listeners.append(listener)

    def ignore(self, listener: Listener) -> None:
        """Stop telling it."""
        self.listeners.remove(listener)

    def emit(self, event: Event) -> None:
        """Tell everyone; what a listener emits meanwhile is told afterwards, so that all hear the same order."""
        self._untold.append(event)
        if len(self._untold) > 1:
            return
        try:
            while self._untold:
                for listener in tuple(self.listeners):
                    listener(self._untold[0])
                self._untold.popleft()
        finally:
            self._untold.clear()
