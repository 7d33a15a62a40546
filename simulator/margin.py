"""Margin: brackets, what positions and open orders bind, when positions are liquidated.

The liquidation price is the mark at which the margin balance equals the maintenance margin, solved for the symbol's
price: (wallet - maintenance of the others + profit of the others + cum - sum(amount * entry)) / (sum(|amount| * rate)
- sum(amount)), as the exchange publishes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from simulator.account import Account
from simulator.decimals import ZERO
from simulator.orders import Order, OrderStore
from simulator.positions import Position
from simulator.prices import Prices


@dataclass(frozen=True, slots=True)
class Bracket:
    """Positions of this size, USDT: highest leverage, and maintenance margin = notional * rate - cum."""

    number: int
    leverage: int
    floor: int
    cap: int
    rate: Decimal
    cum: Decimal


def _brackets(*rows: tuple[int, int, str]) -> tuple[Bracket, ...]:
    """From leverage, cap and rate of each; cum makes the maintenance margin continuous."""
    made: list[Bracket] = []
    for number, (leverage, cap, text) in enumerate(rows, start=1):
        floor, rate = (made[-1].cap, Decimal(text)) if made else (0, Decimal(text))
        cum = made[-1].cum + floor * (rate - made[-1].rate) if made else ZERO
        made.append(Bracket(number, leverage, floor, cap, rate, cum))
    return tuple(made)


BRACKETS = _brackets(
    (125, 50_000, "0.004"),
    (100, 600_000, "0.005"),
    (75, 3_000_000, "0.0065"),
    (50, 12_000_000, "0.01"),
    (25, 70_000_000, "0.02"),
    (20, 100_000_000, "0.025"),
    (10, 230_000_000, "0.05"),
    (5, 480_000_000, "0.1"),
    (4, 600_000_000, "0.125"),
    (3, 800_000_000, "0.15"),
    (2, 1_200_000_000, "0.25"),
    (1, 1_800_000_000, "0.5"),
)
"""The same for every symbol."""
MAX_LEVERAGE = BRACKETS[0].leverage


def bracket_of(notional: Decimal) -> Bracket:
    """The bracket of a position of that size; the last one has no upper end."""
    return next((one for one in BRACKETS if abs(notional) <= one.cap), BRACKETS[-1])


def max_notional(leverage: int) -> int:
    """The largest position that may be held at that leverage, USDT."""
    return max(one.cap for one in BRACKETS if one.leverage >= leverage)


def maintenance(notional: Decimal) -> Decimal:
    """The margin below which a position of that size is liquidated, USDT."""
    bracket = bracket_of(notional)
    return abs(notional) * bracket.rate - bracket.cum


class Margin:
    """What the account can carry at the present marks; everything in USDT."""

    def __init__(self, account: Account, prices: Prices, orders: OrderStore) -> None:
        self._account = account
        self._prices = prices
        self._orders = orders

    def notional(self, held: Position) -> Decimal:
        """Signed value at the mark."""
        return held.amount * self._prices.mark(held.symbol)

    def unrealized(self, held: Position) -> Decimal:
        """Profit at the mark."""
        return held.unrealized(self._prices.mark(held.symbol))

    def maintenance(self, held: Position) -> Decimal:
        """Maintenance margin at the mark."""
        return maintenance(self.notional(held))

    def initial(self, held: Position) -> Decimal:
        """What the position binds."""
        return abs(self.notional(held)) / self._account.leverage(held.symbol)

    def of_orders(self, symbol: str | None = None, position_side: str | None = None) -> Decimal:
        """What resting orders bind that may open something."""
        return sum((self.of_order(order) for order in self._orders.open_orders(symbol)
                    if position_side in (None, order.asked.position_side)), ZERO)  # fmt: skip

    def crossed(self) -> list[Position]:
        """Open positions that share the cross wallet."""
        return [held for held in self._account.open_positions() if not self._account.is_isolated(held.symbol)]

    def cross_unrealized(self) -> Decimal:
        """Profit of the crossed positions."""
        return sum((self.unrealized(held) for held in self.crossed()), ZERO)

    def available(self) -> Decimal:
        """What is left for new positions."""
        bound = sum((self.initial(held) for held in self.crossed()), ZERO)
        return max(ZERO, self._account.cross_wallet + self.cross_unrealized() - bound - self.of_orders())

    def withdrawable(self) -> Decimal:
        """What may leave the account: profit that is not realised may not."""
        return max(ZERO, min(self.available(), self._account.cross_wallet))

    def cross_ratio(self) -> Decimal:
        """Maintenance margin of the crossed positions over their margin balance; liquidation begins at 1."""
        crossed = self.crossed()
        needed = sum((self.maintenance(held) for held in crossed), ZERO)
        balance = self._account.cross_wallet + sum((self.unrealized(held) for held in crossed), ZERO)
        return _ratio(needed, balance)

    def isolated_ratio(self, held: Position) -> Decimal:
        """The same for one isolated position."""
        return _ratio(self.maintenance(held), held.isolated_wallet + self.unrealized(held))

    def liquidation_price(self, held: Position) -> Decimal:
        """The mark at which the position is liquidated, zero when there is none."""
        if not held.amount:
            return ZERO
        if self._account.is_isolated(held.symbol):
            return self._liquidation(held.isolated_wallet, [held])
        crossed = self.crossed()
        others = [other for other in crossed if other.symbol != held.symbol]
        spare = sum((self.unrealized(other) - self.maintenance(other) for other in others), ZERO)
        same = [other for other in crossed if other.symbol == held.symbol]
        return self._liquidation(self._account.cross_wallet + spare, same)

    def _liquidation(self, cushion: Decimal, same: Iterable[Position]) -> Decimal:
        above, below = cushion, ZERO
        for held in same:
            bracket = bracket_of(self.notional(held))
            above += bracket.cum - held.amount * held.entry_price
            below += abs(held.amount) * bracket.rate - held.amount
        return max(ZERO, above / below) if below else ZERO

    def of_order(self, order: Order) -> Decimal:
        """Only what would open something binds margin."""
        asked = order.asked
        if asked.reduce_only or (asked.position_side, asked.side) in {("LONG", "SELL"), ("SHORT", "BUY")}:
            return ZERO
        held = self._account.position(asked.symbol, asked.position_side)
        opening = max(ZERO, order.remaining - held.reducible_by(asked.side))
        return opening * asked.price / self._account.leverage(asked.symbol)


def _ratio(needed: Decimal, balance: Decimal) -> Decimal:
    if not needed:
        return ZERO
    return needed / balance if balance > 0 else Decimal("Infinity")
