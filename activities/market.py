"""Our own estimate of a market, for symbols that nobody publishes a state of. Never a made-up number."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from contracts.errors import ExchangeError
from contracts.market import Candle, MarketReading
from contracts.snapshot import MarketFacts
from exchange.watch_port import WatchPort
from kernel.estimator import DEFAULT, estimate

MINUTE_MS: Final = 60_000
OLD_MS: Final = 4 * MINUTE_MS
"""An estimate from candles that ended longer ago is none."""
ESTIMATES_A_PASS: Final = 3
"""Each costs some 17 ms of processor time."""
FIRST_ESTIMATES_A_PASS: Final = 2
"""Those read and parse all of their candles, too."""
FIRST_COST: Final = 2
_FEW: Final = 10
"""Candles to ask for when only the latest are missing."""


@dataclass(frozen=True, slots=True)
class _Known:
    candles: tuple[Candle, ...]
    reading: MarketReading

    @property
    def ended_ms(self) -> int:
        return self.candles[-1].open_ms + MINUTE_MS if self.candles else 0


class MarketDesk:
    """One estimate for each new candle and symbol."""

    def __init__(self, exchange: WatchPort) -> None:
        self._exchange = exchange
        self._known: dict[str, _Known] = {}

    def reading(self, symbol: str, now_ms: int) -> MarketReading:
        """The latest estimate, or why there is none."""
        known = self._known.get(symbol)
        if known is None:
            return MarketReading(missing="market_not_read_yet")
        if known.reading.facts is not None and now_ms - known.ended_ms > OLD_MS:
            return MarketReading(missing="market_estimate_old")
        return known.reading

    def cost(self, symbol: str, now_ms: int) -> int:
        """The weight of the next read; 0 while there is no new candle."""
        known = self._known.get(symbol)
        if known is None or not known.candles:
            return FIRST_COST
        missing = (now_ms - known.ended_ms) // MINUTE_MS
        return 0 if missing < 1 else 1 if missing < _FEW else FIRST_COST

    async def refresh(self, symbol: str, now_ms: int) -> None:
        """Read the candles that ended since and estimate anew. A failure is told by :meth:`reading`."""
        known = self._known.get(symbol, _Known((), MarketReading()))
        few = self.cost(symbol, now_ms) == 1
        try:
            fresh = await self._exchange.candles(symbol, _FEW if few else DEFAULT.closes_needed)
        except ExchangeError as failed:
            if known.reading.facts is None:
                why = MarketReading(missing=f"candles_unreadable:{type(failed).__name__}")
                self._known[symbol] = _Known(known.candles, why)
            return
        candles = _joined(known.candles if few else (), fresh)
        if not candles or candles[-1:] != known.candles[-1:]:
            self._known[symbol] = _Known(candles, _estimated(candles))

    def forget_all_but(self, symbols: Sequence[str]) -> None:
        """Positions that are gone need no market."""
        self._known = {symbol: known for symbol, known in self._known.items() if symbol in symbols}


def _joined(known: Sequence[Candle], fresh: Sequence[Candle]) -> tuple[Candle, ...]:
    """The newest candles that follow each other without a gap."""
    by_time = {candle.open_ms: candle for candle in (*known, *fresh)}
    found: list[Candle] = []
    at = max(by_time, default=0)
    while at in by_time and len(found) < DEFAULT.closes_needed:
        found.append(by_time[at])
        at -= MINUTE_MS
    return tuple(reversed(found))


def _estimated(candles: Sequence[Candle]) -> MarketReading:
    closes: list[Decimal] = [candle.close for candle in candles]
    made = estimate(closes)
    if made.market is None:
        return MarketReading(missing=made.reason)
    market = made.market
    facts = MarketFacts(
        sigma=market.sigma, ts=market.ts, p_trend=market.p_trend, p_mr=market.p_mr, p_chop=market.p_chop
    )
    return MarketReading(facts=facts, estimated=True)
