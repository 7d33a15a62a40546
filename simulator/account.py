"""The account: wallet, mode, leverage, positions with their past, trades."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable
from decimal import Decimal

from simulator.decimals import ZERO
from simulator.orders import Trade
from simulator.positions import Position

REMEMBERED = 512
Key = tuple[str, str]


class Account:
    """One cross-margin USDT account."""

    def __init__(self, balance: Decimal, leverage: int, *, hedge: bool) -> None:
        self.wallet = balance
        self.hedge = hedge
        self.update_time = 0
        self._default_leverage = leverage
        self._leverage: dict[str, int] = {}
        self._positions: dict[Key, Position] = {}
        self._past: dict[Key, deque[tuple[float, Position]]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._trades: dict[str, list[Trade]] = defaultdict(list)
        self._of_order: dict[tuple[str, int], list[Trade]] = defaultdict(list)

    def leverage(self, symbol: str) -> int:
        """Leverage set for the symbol, else the default."""
        return self._leverage.get(symbol, self._default_leverage)

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Change one symbol's leverage."""
        self._leverage[symbol] = leverage

    def position(self, symbol: str, side: str, as_of: float | None = None) -> Position:
        """That side's position, flat if there never was one; now, or before host time `as_of` (us)."""
        flat = Position(symbol, side)
        if as_of is None:
            return self._positions.get((symbol, side), flat)
        past = self._past.get((symbol, side), ())
        return next((state for seen_at, state in reversed(past) if seen_at < as_of), flat)

    def set_position(self, position: Position, seen_at: float) -> None:
        """Replace one side's position."""
        key = (position.symbol, position.side)
        self._positions[key] = position
        self._past[key].append((seen_at, position))

    def sides(self) -> tuple[str, ...]:
        """The position sides that exist in the present mode."""
        return ("LONG", "SHORT") if self.hedge else ("BOTH",)

    def open_positions(self) -> list[Position]:
        """Everything that is not flat."""
        return [position for position in self._positions.values() if position.amount]

    def settle(self, trade: Trade, position: Position) -> None:
        """Book one fill: position, profit and commission."""
        self.set_position(position, trade.seen_at)
        self.wallet += trade.realized_pnl - trade.commission
        self.update_time = trade.time
        self._trades[trade.symbol].append(trade)
        self._of_order[trade.symbol, trade.order_id].append(trade)

    def trades(self, symbol: str, order_id: int | None, as_of: float | None = None) -> list[Trade]:
        """The symbol's fills, or one order's, oldest first."""
        trades = self._trades.get(symbol, []) if order_id is None else self._of_order.get((symbol, order_id), [])
        return trades if as_of is None else [trade for trade in trades if trade.seen_at < as_of]

    def unrealized(self, mark: Callable[[str], Decimal]) -> Decimal:
        """Profit of everything open, at the marks."""
        return sum((held.unrealized(mark(held.symbol)) for held in self.open_positions()), ZERO)

    def initial_margin(self, mark: Callable[[str], Decimal]) -> Decimal:
        """Margin that the open positions bind."""
        return sum(
            (abs(held.amount) * mark(held.symbol) / self.leverage(held.symbol) for held in self.open_positions()), ZERO
        )

    def available(self, mark: Callable[[str], Decimal]) -> Decimal:
        """What is left for new positions."""
        return max(ZERO, self.wallet + self.unrealized(mark) - self.initial_margin(mark))

    def change_mode(self, seen_at: float, *, hedge: bool) -> None:
        """Switch the mode and carry open positions over; the caller has made sure that no symbol has both sides."""
        carried = self.open_positions()
        self.hedge = hedge
        for held in carried:
            directed = "LONG" if held.amount > 0 else "SHORT"
            side = directed if hedge else "BOTH"
            if side != held.side:
                self.set_position(Position(held.symbol, held.side, update_time=held.update_time), seen_at)
                moved = Position(held.symbol, side, held.amount, held.entry_price, held.update_time)
                self.set_position(moved, seen_at)


def between(trades: list[Trade], start: int, end: int) -> list[Trade]:
    """The fills of a span of exchange time, both ends included; a clock that was set back leaves them unsorted."""
    return [trade for trade in trades if start <= trade.time <= end]


def from_id(trades: list[Trade], trade_id: int) -> list[Trade]:
    """The fills from that id on."""
    return trades[bisect_left(trades, trade_id, key=lambda trade: trade.trade_id) :]
