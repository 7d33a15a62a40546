"""A position and what a fill does to it."""

from dataclasses import dataclass
from decimal import Decimal

from simulator.decimals import ZERO, rounded


@dataclass(frozen=True, slots=True)
class Position:
    """Signed amount (a short is negative) and average entry price of one side of one symbol.

    `isolated_wallet`: the part of the wallet that alone answers for it, USDT; zero on a crossed symbol.
    """

    symbol: str
    side: str
    amount: Decimal = ZERO
    entry_price: Decimal = ZERO
    update_time: int = 0
    isolated_wallet: Decimal = ZERO

    def unrealized(self, mark: Decimal) -> Decimal:
        """Profit if it were closed at the mark."""
        return (mark - self.entry_price) * self.amount

    def reducible_by(self, side: str) -> Decimal:
        """How much an order of that side can take off before the position is flat."""
        reduces = self.amount > 0 if side == "SELL" else self.amount < 0
        return abs(self.amount) if reduces else ZERO


@dataclass(frozen=True, slots=True)
class MarginChange:
    """Margin given to an isolated position (`kind` 1) or taken back (2), USDT."""

    symbol: str
    position_side: str
    kind: int
    amount: Decimal
    time: int


def after_fill(before: Position, change: Decimal, price: Decimal, time: int) -> tuple[Position, Decimal]:
    """The position after `change` (signed) executed at `price`, and the profit that realised."""
    amount = before.amount + change
    if before.amount * change >= 0:
        entry = (before.amount * before.entry_price + change * price) / amount
        return Position(before.symbol, before.side, amount, entry, time), ZERO
    closed = min(abs(before.amount), abs(change))
    gain = (price - before.entry_price) * (closed if before.amount > 0 else -closed)
    return Position(before.symbol, before.side, amount, _entry(before, amount, price), time), rounded(gain)


def _entry(before: Position, amount: Decimal, price: Decimal) -> Decimal:
    """Entry price after a reduction: kept while some is left, the fill's own after a flip."""
    if not amount:
        return ZERO
    return before.entry_price if amount * before.amount > 0 else price


def isolated_wallet_after(before: Position, after: Position, price: Decimal, leverage: int) -> Decimal:
    """An isolated wallet after a fill: what was opened brings its margin along, what was closed takes its share."""
    if before.amount * after.amount <= 0:
        return rounded(abs(after.amount) * price / leverage)
    grown = abs(after.amount) - abs(before.amount)
    if grown >= 0:
        return before.isolated_wallet + rounded(grown * price / leverage)
    return rounded(before.isolated_wallet * after.amount / before.amount)
