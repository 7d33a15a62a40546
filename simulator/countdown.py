"""Countdowns that cancel everything of a symbol unless the client renews them in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.exchange import Exchange


class Countdown:
    """One countdown per symbol."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def start(self, symbol: str, time_ms: int) -> None:
        """Cancel all open orders of the symbol after so many ms, conditional ones too; 0 calls it off."""
        timetable = self._exchange.timetable
        if not time_ms:
            timetable.drop(f"countdown {symbol}")
            return
        due = self._exchange.clock.now_ms() + time_ms
        timetable.at(due, f"countdown {symbol}", lambda: self._exchange.cancel_everything(symbol))
