"""The exchange as the watch sees it: everything at once, and the market. Implemented by :mod:`exchange.watch_reads`."""

from typing import Protocol

from contracts.market import Candle, FundingFacts, Income
from contracts.watch import HeldPosition


class WatchPort(Protocol):
    """Reads raise :class:`contracts.errors.ExchangeError`. All but the first take what closes leave of the weight."""

    async def all_positions(self) -> tuple[HeldPosition, ...]:
        """Every open position of the account. Weight 5."""
        ...

    async def candles(self, symbol: str, most: int) -> tuple[Candle, ...]:
        """The last candles of one minute that have ended, oldest first; at most 498. Weight 2, below 99 only 1."""
        ...

    async def mark_candles(self, symbol: str, interval: str, start_ms: int) -> tuple[Candle, ...]:
        """Candles of the mark that opened since, the running one too, oldest first. At most 499, weight 2."""
        ...

    async def funding(self, symbol: str) -> FundingFacts:
        """The rate of the next settlement, scaled to eight hours. Weight 1, and 1 each hour."""
        ...

    async def funding_paid(self, start_ms: int) -> tuple[Income, ...]:
        """Funding since, of all symbols, oldest first; at most the last seven days. Weight 30 a page of 1000."""
        ...
