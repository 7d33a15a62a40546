"""The symbols' rules, read rarely: the list is one large answer for all symbols."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from contracts.errors import ExchangeRefused
from contracts.snapshot import SymbolRules
from exchange.refusals import BAD_SYMBOL
from exchange.wire import Row, row, rows, symbol_rules, text

_NEWS_S: Final = 60.0
"""A symbol that is not in a list younger than this does not exist."""


class Catalogue:
    """Cache of exchangeInfo. Rows are parsed when first asked for: a strange symbol must not spoil the others."""

    def __init__(self, load: Callable[[], Awaitable[object]]) -> None:
        self._load = load
        self._rows: dict[str, Row] = {}
        self._rules: dict[str, SymbolRules] = {}
        self._loaded_at = float("-inf")
        self._loading = asyncio.Lock()

    async def rules(self, symbol: str, *, refresh: bool = False) -> SymbolRules:
        """The rules of a symbol.

        Raises:
            ExchangeRefused: -1121, the exchange has no such symbol.
            ExchangeError: the list could not be read.
        """
        if refresh or (symbol not in self._rows and self.age_s() > _NEWS_S):
            await self.refresh()
        if symbol not in self._rules:
            if symbol not in self._rows:
                raise ExchangeRefused(BAD_SYMBOL, f"there is no symbol {symbol}; check its spelling")
            self._rules[symbol] = symbol_rules(self._rows[symbol])
        return self._rules[symbol]

    async def symbols(self) -> frozenset[str]:
        """Every symbol on the list. Raises ExchangeError if there is none and it cannot be read."""
        if not self._rows:
            await self.refresh()
        return frozenset(self._rows)

    async def refresh(self) -> None:
        """Read the list anew. Callers that ask while it is being read share the next answer."""
        asked_at = time.monotonic()
        async with self._loading:
            if self._loaded_at >= asked_at:
                return
            started_at = time.monotonic()
            info = row(await self._load(), "exchangeInfo")
            symbols = rows(info.get("symbols"), "symbols", lambda entry: (text(entry, "symbol"), entry))
            self._rows, self._rules, self._loaded_at = dict(symbols), {}, started_at

    def age_s(self) -> float:
        """Seconds since the list was read; infinite before the first time."""
        return time.monotonic() - self._loaded_at
