"""The account: wallet, mode, leverage, positions with their past, trades."""

from bisect import bisect_left
from collections import defaultdict, deque
from dataclasses import replace
from decimal import Decimal

from simulator.decimals import ZERO
from simulator.events import Events, LeverageChanged
from simulator.income import IncomeBook
from simulator.orders import Trade
from simulator.positions import MarginChange, Position

REMEMBERED = 512
Key = tuple[str, str]


class Account:
    """One USDT account; each symbol is crossed or isolated."""

    def __init__(self, balance: Decimal, leverage: int, events: Events, *, hedge: bool) -> None:
        self._events = events
        self.wallet = balance
        self.hedge = hedge
        self.update_time = 0
        self.income = IncomeBook()
        self.multi_assets = False
        self.fee_burn = False
        self.margin_changes: list[MarginChange] = []
        self._default_leverage = leverage
        self._leverage: dict[str, int] = {}
        self._isolated: set[str] = set()
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
        self._events.emit(LeverageChanged(symbol, leverage))

    def is_isolated(self, symbol: str) -> bool:
        """Whether the symbol's positions have wallets of their own."""
        return symbol in self._isolated

    def set_isolated(self, symbol: str, *, isolated: bool) -> None:
        """Change the margin type of a symbol; the caller has made sure that nothing of it is open."""
        if isolated:
            self._isolated.add(symbol)
        else:
            self._isolated.discard(symbol)

    @property
    def cross_wallet(self) -> Decimal:
        """The wallet without what isolated positions have of it."""
        if not self._isolated:
            return self.wallet
        return self.wallet - sum((held.isolated_wallet for held in self.open_positions()), ZERO)

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
        self.income.add("REALIZED_PNL", trade.symbol, trade.realized_pnl, trade.time, trade.trade_id)
        self.income.add("COMMISSION", trade.symbol, -trade.commission, trade.time, trade.trade_id)
        self._trades[trade.symbol].append(trade)
        self._of_order[trade.symbol, trade.order_id].append(trade)

    def credit(self, kind: str, amount: Decimal, time: int, symbol: str = "") -> None:
        """Move the wallet other than by a fill; `kind` as income names it. The caller tells of it."""
        self.wallet += amount
        self.update_time = time
        self.income.add(kind, symbol, amount, time)

    def trades(self, symbol: str, order_id: int | None, as_of: float | None = None) -> list[Trade]:
        """The symbol's fills, or one order's, oldest first."""
        trades = self._trades.get(symbol, []) if order_id is None else self._of_order.get((symbol, order_id), [])
        return trades if as_of is None else [trade for trade in trades if trade.seen_at < as_of]

    def change_mode(self, seen_at: float, *, hedge: bool) -> None:
        """Switch the mode and carry open positions over; the caller has made sure that no symbol has both sides."""
        carried = self.open_positions()
        self.hedge = hedge
        for held in carried:
            directed = "LONG" if held.amount > 0 else "SHORT"
            side = directed if hedge else "BOTH"
            if side != held.side:
                self.set_position(Position(held.symbol, held.side, update_time=held.update_time), seen_at)
                self.set_position(replace(held, side=side), seen_at)


def between(trades: list[Trade], start: int, end: int) -> list[Trade]:
    """The fills of a span of exchange time, both ends included; a clock that was set back leaves them unsorted."""
    return [trade for trade in trades if start <= trade.time <= end]


def from_id(trades: list[Trade], trade_id: int) -> list[Trade]:
    """The fills from that id on."""
    return trades[bisect_left(trades, trade_id, key=lambda trade: trade.trade_id) :]
