"""Closes one after another, each timed from outside: by the stream, the exchange's ledger and Temporal's record."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from harvest.mailbox import Mailbox
from harvest.outside import OutsideWorld

RESULT_TIMEOUT_S = 20.0

POSITIONS = {
    "AEVOUSDT": Decimal("64606.4"),
    "SOLUSDT": Decimal("12.5"),
    "ETHUSDT": Decimal("1.5"),
    "BNBUSDT": Decimal("2.5"),
    "ADAUSDT": Decimal(1000),
    "ACTUSDT": Decimal(9000),
    "BERAUSDT": Decimal("350.5"),
    "ALGOUSDT": Decimal(800),
    "FLOWUSDT": Decimal("600.5"),
    "INJUSDT": Decimal("75.5"),
}
"""Taken in turn, so that no symbol's history grows out of proportion."""


@dataclass(frozen=True)
class Sample:
    """One close; milliseconds from just before the XADD, all clocks being this machine's."""

    symbol: str
    run_id: str
    began_ns: int
    result_ms: float
    """Until a reader that blocks on apply.result has the result in its hands."""
    order_ms: float
    """Until the exchange received the order, by its own ledger."""


@dataclass(frozen=True)
class Close:
    """A close whose order is still to be looked up."""

    symbol: str
    run_id: str
    began_ns: int
    ended_ns: int


Ended = Callable[[Close], Awaitable[None]]
"""Waits for whatever a close still does after its result; the next one begins on an idle machine."""


class Series:
    """Opens positions from outside, decides, and waits for each result."""

    def __init__(self, mailbox: Mailbox, outside: OutsideWorld, ended: Ended) -> None:
        self._mailbox = mailbox
        self._outside = outside
        self._ended = ended
        self._count = 0

    async def run(self, closes: int) -> list[Close]:
        """One close after another.

        Raises:
            RuntimeError: one did not end flat. A benchmark of failures measures nothing.
        """
        return [await self._one() for _ in range(closes)]

    async def samples(self, closes: list[Close]) -> list[Sample]:
        """Add when each order arrived. Asked afterwards, so that reading the ledger does not count as closing."""
        arrivals = {symbol: await self._arrivals_ms(symbol) for symbol in POSITIONS}
        return [_sample(close, arrivals[close.symbol]) for close in closes]

    async def _arrivals_ms(self, symbol: str) -> list[float]:
        return [request.arrived_ms for request in await self._outside.requests(symbol)]

    async def _one(self) -> Close:
        symbol, quantity = list(POSITIONS.items())[self._count % len(POSITIONS)]
        self._count += 1
        await self._outside.open_position(symbol, "LONG", quantity)
        began_ns = time.time_ns()
        entry_id = await self._mailbox.send({"symbol": symbol, "action": "CLOSE", "percentage": "1.0"})
        result = await self._mailbox.result_of(entry_id, timeout_s=RESULT_TIMEOUT_S)
        ended_ns = time.time_ns()
        if result is None or result.outcome != "CLOSED_FLAT":
            raise RuntimeError(f"{symbol} {entry_id} did not close: {result.fields if result else 'no result'}")
        close = Close(symbol, result.fields.get("run_id", ""), began_ns, ended_ns)
        await self._ended(close)
        return close


def _sample(close: Close, arrivals_ms: list[float]) -> Sample:
    began_ms, ended_ms = close.began_ns / 1e6, close.ended_ns / 1e6
    (arrived_ms,) = [ms for ms in arrivals_ms if began_ms <= ms <= ended_ms]
    return Sample(close.symbol, close.run_id, close.began_ns, ended_ms - began_ms, arrived_ms - began_ms)
