"""What the user stream told so far. A hint: nobody may act on it before a read has borne it out."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from contracts.order import FINAL_STATUSES, OrderState, Trade
from exchange.port import FillFeed
from exchange.user_stream_events import OrderNews, PositionNews, UserEvent

MOST_ORDERS: Final = 2000
"""Orders that are remembered, the latest ones. A close asks for its own within a second."""

LATELY_S: Final = 10.0
"""For so long after a trade was told of, reads without it are taken for reads that lag."""

Key = tuple[str, int]
"""Symbol and order id: the exchange counts orders by symbol."""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Told:
    """One order as told."""

    client_order_id: str
    fills: dict[int, Trade] = field(default_factory=dict)
    contradictory: bool = False


class ToldFills(FillFeed):
    """The latest orders' fills, and a bell for each symbol. Belongs to the event loop it is used in.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._orders: OrderedDict[Key, _Told] = OrderedDict()
        self._ended: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._rung: Counter[str] = Counter()
        self._gaps = 0
        self._telling_since: float | None = None
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._untold: dict[Key, float] = {}
        self._newest: dict[str, tuple[Trade, float]] = {}

    def fills(self, symbol: str, order: OrderState) -> tuple[Trade, ...]:
        """See :class:`exchange.port.FillFeed`."""
        told = self._orders.get((symbol, order.order_id))
        if told is None or told.contradictory or told.client_order_id != order.client_order_id:
            return ()
        return tuple(told.fills[trade_id] for trade_id in sorted(told.fills))

    def newest_trade(self, symbol: str) -> Trade | None:
        """See :class:`exchange.port.FillFeed`."""
        trade, told_at = self._newest.get(symbol, (None, 0.0))
        return trade if self._clock() - told_at < LATELY_S else None

    def told_for_s(self) -> float:
        """See :class:`exchange.port.FillFeed`."""
        return 0.0 if self._telling_since is None else self._clock() - self._telling_since

    def ended(self, symbol: str, client_order_id: str) -> bool:
        """See :class:`exchange.port.FillFeed`."""
        return (symbol, client_order_id) in self._ended

    def mark(self, symbol: str) -> int:
        """See :class:`exchange.port.FillFeed`."""
        return self._rung[symbol] + self._gaps

    async def news(self, symbol: str, mark: int, within_s: float) -> bool:
        """See :class:`exchange.port.FillFeed`."""
        if self.mark(symbol) != mark:
            return True
        bell = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(symbol, set()).add(bell)
        try:
            async with asyncio.timeout(within_s):
                await bell
        except TimeoutError:
            return False
        finally:
            self._waiting.get(symbol, set()).discard(bell)
        return True

    def missed(self, symbol: str, order: OrderState) -> None:
        """See :class:`exchange.port.FillFeed`."""
        if len(self._untold) < MOST_ORDERS:
            self._untold.setdefault((symbol, order.order_id), self._clock())

    def take(self, event: UserEvent) -> None:
        """Remember a fill, and tell everybody who waits for its symbol."""
        if isinstance(event, OrderNews):
            self._remember(event)
            self._ring(event.symbol)
        elif isinstance(event, PositionNews):
            for symbol in event.symbols:
                self._ring(symbol)

    def gap(self) -> None:
        """A new connection: what happened before it is not told any more, so everybody who waits reads at once."""
        self._gaps += 1
        self._telling_since = self._clock()
        self._untold.clear()
        for symbol in tuple(self._waiting):
            self._wake(symbol)

    def ended_telling(self) -> None:
        """The connection is gone: what happens from now on is not told."""
        self._telling_since = None

    def silent(self, orders: int, for_s: float) -> bool:
        """Whether so many orders executed, the first so many seconds ago, and not a word about any order since."""
        return len(self._untold) >= orders and self._clock() - min(self._untold.values()) >= for_s

    def _remember(self, event: OrderNews) -> None:
        self._untold.clear()
        if event.status in FINAL_STATUSES:
            _keep(self._ended, (event.symbol, event.client_order_id), None)
        if event.fill is not None:
            self._remember_fill(event, event.fill)

    def _remember_fill(self, event: OrderNews, fill: Trade) -> None:
        key = (event.symbol, event.order_id)
        told = self._orders.get(key) or _Told(event.client_order_id)
        known = told.fills.setdefault(fill.trade_id, fill)
        if known != fill or told.client_order_id != event.client_order_id:
            told.contradictory = True
        _keep(self._orders, key, told)
        newest = self.newest_trade(event.symbol)
        if newest is None or fill.trade_id > newest.trade_id:
            self._newest[event.symbol] = (fill, self._clock())

    def _ring(self, symbol: str) -> None:
        self._rung[symbol] += 1
        self._wake(symbol)

    def _wake(self, symbol: str) -> None:
        for bell in self._waiting.pop(symbol, ()):
            if not bell.done():
                bell.set_result(None)


def _keep(latest: OrderedDict[K, V], key: K, value: V) -> None:
    """Put it behind all others, and let go of the oldest."""
    latest[key] = value
    latest.move_to_end(key)
    while len(latest) > MOST_ORDERS:
        latest.popitem(last=False)
