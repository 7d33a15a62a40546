"""Mark prices and the touch around them."""

from decimal import Decimal
from random import Random

from simulator.config import SimulatorConfig
from simulator.decimals import ZERO, ceil_to, floor_to
from simulator.symbols import SymbolRules

_BPS = Decimal(10_000)


class Prices:
    """The mark of every symbol, and the best bid and ask a fixed half spread away."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._half_spread = config.half_spread_bps / _BPS
        self._slippage = config.slippage_bps / _BPS
        self._rules: dict[str, SymbolRules] = {}
        self._marks: dict[str, Decimal] = {}
        self._gaps: dict[str, Decimal] = {}

    def list_symbol(self, rules: SymbolRules) -> None:
        """Start, or restart, a symbol at its initial price."""
        self._rules[rules.symbol] = rules
        self._marks[rules.symbol] = rules.initial_price

    def mark(self, symbol: str) -> Decimal:
        """The mark price."""
        return self._marks[symbol]

    def contract(self, symbol: str) -> Decimal:
        """The contract's last price: the mark, and the gap between them if one was set."""
        return self._marks[symbol] + self._gaps.get(symbol, ZERO)

    def set_gap(self, symbol: str, gap: Decimal) -> None:
        """Tear the contract's price away from the mark."""
        self._gaps[symbol] = gap

    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Move the mark."""
        self._marks[symbol] = price

    def touch(self, symbol: str, side: str) -> Decimal:
        """The price the best opposite order offers an incoming order of that side."""
        tick, mark = self._rules[symbol].tick, self._marks[symbol]
        if side == "BUY":
            return ceil_to(mark * (1 + self._half_spread), tick)
        return max(tick, floor_to(mark * (1 - self._half_spread), tick))

    def taken(self, symbol: str, side: str, ticks: int) -> Decimal:
        """What an incoming order pays: touch and slippage, and so many ticks worse."""
        tick = self._rules[symbol].tick
        slip = self._marks[symbol] * self._slippage
        touch = self.touch(symbol, side)
        if side == "BUY":
            return ceil_to(touch + slip, tick) + ticks * tick
        return max(tick, floor_to(touch - slip, tick) - ticks * tick)

    def walked(self, random: Random, bps: float) -> list[tuple[str, Decimal]]:
        """The next step of a random walk of every symbol."""
        steps = []
        for symbol, mark in self._marks.items():
            tick = self._rules[symbol].tick
            factor = 1 + Decimal(round(random.gauss(0, bps), 4)) / _BPS
            steps.append((symbol, max(tick, floor_to(mark * factor, tick))))
        return steps
