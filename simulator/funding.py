"""Funding: what longs pay to shorts, or the reverse, at set times."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.clock import monotonic_us
from simulator.decimals import rounded
from simulator.events import AccountChanged
from simulator.positions import Position

if TYPE_CHECKING:
    from simulator.exchange import Exchange

INTERVAL_MS = 8 * 3600 * 1000


class Funding:
    """Pays funding when told to, and every eight hours if so configured."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._rates: dict[str, Decimal] = {}

    def rate(self, symbol: str) -> Decimal:
        """The symbol's rate as a fraction of the notional; above zero the longs pay."""
        return self._rates.get(symbol, self._exchange.config.funding_rate)

    def set_rate(self, symbol: str, rate: Decimal) -> None:
        """Change it."""
        self._rates[symbol] = rate

    def next_time(self) -> int:
        """When funding is due next, exchange ms."""
        return (self._exchange.clock.now_ms() // INTERVAL_MS + 1) * INTERVAL_MS

    def begin(self) -> None:
        """Pay from now on at the set times, if so configured."""
        if self._exchange.config.funding:
            self._plan(self.next_time())

    def fund(self, symbol: str, rate: Decimal | None = None) -> None:
        """Pay a symbol's funding now: amount * mark * rate of every open position of it."""
        exchange = self._exchange
        at = self.rate(symbol) if rate is None else rate
        for held in exchange.account.open_positions():
            if held.symbol == symbol:
                self._pay(held, -rounded(exchange.margin.notional(held) * at))
        exchange.liquidation.check()

    def _pay(self, held: Position, amount: Decimal) -> None:
        """A crossed position pays from the account's wallet, an isolated one from its own."""
        exchange = self._exchange
        account, now = exchange.account, exchange.clock.now_ms()
        changed: tuple[Position, ...] = ()
        if account.is_isolated(held.symbol):
            after = replace(held, isolated_wallet=held.isolated_wallet + amount, update_time=now)
            account.set_position(after, monotonic_us())
            changed = (after,)
        account.credit("FUNDING_FEE", amount, now, held.symbol)
        exchange.events.emit(AccountChanged("FUNDING_FEE", account.wallet, amount, changed))

    def _plan(self, due_ms: int) -> None:
        self._exchange.timetable.at(due_ms, "funding", lambda: self._due(due_ms))

    def _due(self, due_ms: int) -> None:
        for symbol in {held.symbol for held in self._exchange.account.open_positions()}:
            self.fund(symbol)
        self._plan(due_ms + INTERVAL_MS)
