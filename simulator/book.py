"""The other side of every order: levels of seeded liquidity from the touch outwards, which the mark carries along."""

from collections.abc import Iterator
from decimal import Decimal

from simulator.config import SimulatorConfig
from simulator.decimals import ZERO, floor_to
from simulator.depth import ONE, Depth, Level
from simulator.prices import Prices
from simulator.symbols import SymbolRules


class Book:
    """Seeded levels of every symbol. What is taken comes back at once, or with the next mark if so configured."""

    def __init__(self, config: SimulatorConfig, prices: Prices, symbols: dict[str, SymbolRules]) -> None:
        self._config = config
        self._prices = prices
        self._symbols = symbols
        self._depths: dict[str, Depth] = {}
        self._gone: dict[tuple[str, str], Decimal] = {}

    def depth(self, symbol: str) -> Depth:
        """How the symbol's sides are built."""
        return self._depths.get(symbol) or self._default(symbol)

    def set_depth(self, symbol: str, depth: Depth) -> None:
        """Build the symbol's sides like this from now on."""
        self._depths[symbol] = depth
        self.refill(symbol)

    def levels(self, symbol: str, side: str) -> Iterator[Level]:
        """What an incoming order of that side meets, best first."""
        depth, gone = self.depth(symbol), self._gone.get((symbol, side), ZERO)
        quantity, step = depth.first, self._symbols[symbol].lot.step
        for number in range(depth.levels):
            left = quantity - gone
            if left > ZERO:
                yield Level(self._prices.taken(symbol, side, number * depth.spacing_ticks), left)
            gone = max(ZERO, -left)
            if depth.growth != ONE:
                quantity = floor_to(quantity * depth.growth, step)

    def take(self, symbol: str, side: str, quantity: Decimal, *, for_good: bool = False) -> None:
        """Note what an order of that side has taken: for good until the mark moves, or as configured."""
        if for_good or not self._config.depth_refill:
            self._gone[symbol, side] = self._gone.get((symbol, side), ZERO) + quantity

    def refill(self, symbol: str) -> None:
        """Bring back what was taken."""
        self._gone.pop((symbol, "BUY"), None)
        self._gone.pop((symbol, "SELL"), None)

    def _default(self, symbol: str) -> Depth:
        config, lot = self._config, self._symbols[symbol].lot
        first = lot.maximum
        if config.depth_notional is not None:
            first = max(lot.minimum, floor_to(config.depth_notional / self._prices.mark(symbol), lot.step))
        return Depth(config.depth_levels, first, config.depth_growth, config.depth_spacing_ticks)
