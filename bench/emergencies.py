"""Fresh emergency closes, each timed from its XADD to the exchange's ledger."""

import time
from dataclasses import dataclass
from decimal import Decimal

from harvest.mailbox import Mailbox
from harvest.outside import OutsideWorld

RESULT_TIMEOUT_S = 60.0

POSITIONS = {
    "ETHUSDT": Decimal("1.5"),
    "BNBUSDT": Decimal("2.5"),
    "ADAUSDT": Decimal(1000),
    "ALGOUSDT": Decimal(800),
    "INJUSDT": Decimal("75.5"),
}
"""Opened again and again, in turn; none of them is in the backlog."""


@dataclass(frozen=True)
class Sent:
    """An emergency on the stream."""

    symbol: str
    entry_id: str
    began_ns: int
    """Just before the XADD, epoch."""


class Emergencies:
    """Opens a position from outside and decides that it must go at once."""

    def __init__(self, mailbox: Mailbox, outside: OutsideWorld) -> None:
        self._mailbox = mailbox
        self._outside = outside
        self._sent: list[Sent] = []

    async def send(self) -> Sent:
        """Open the next position and write its emergency."""
        symbol, quantity = list(POSITIONS.items())[len(self._sent) % len(POSITIONS)]
        await self._outside.open_position(symbol, "LONG", quantity)
        began_ns = time.time_ns()
        fields = {"symbol": symbol, "action": "CLOSE", "reason": "emergency_stop_loss (R=-2.21)"}
        self._sent.append(Sent(symbol, await self._mailbox.send(fields), began_ns))
        return self._sent[-1]

    async def result(self, sent: Sent) -> None:
        """Wait until it is closed.

        Raises:
            RuntimeError: it did not end flat.
        """
        result = await self._mailbox.result_of(sent.entry_id, timeout_s=RESULT_TIMEOUT_S)
        if result is None or result.outcome != "CLOSED_FLAT":
            raise RuntimeError(f"{sent} did not close: {result.fields if result else 'no result'}")

    async def one(self) -> None:
        """From the decision to the result."""
        await self.result(await self.send())

    async def until_order(self) -> list[float]:
        """Milliseconds from XADD to the order's arrival at the exchange, of all in turn."""
        arrivals = {
            symbol: [request.arrived_ms for request in await self._outside.requests(symbol)] for symbol in POSITIONS
        }
        return [
            min(ms for ms in arrivals[each.symbol] if ms >= each.began_ns / 1e6) - each.began_ns / 1e6
            for each in self._sent
        ]
