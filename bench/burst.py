"""Many closes at once, each of its own symbol."""

import time
from dataclasses import dataclass
from decimal import Decimal

import aiohttp

from harvest.mailbox import Mailbox
from harvest.outside import OutsideWorld
from harvest.stack import Stack

RESULT_TIMEOUT_S = 150.0
"""Longer than a minute: what the limits hold back goes on in the next one."""
_QUANTITY = Decimal(10)
_RULES = {"price": "10", "tick": "0.01", "step": "0.1"}


@dataclass(frozen=True)
class Times:
    """Of one burst; seconds from just before the first XADD."""

    first_s: float
    last_s: float


class Burst:
    """Positions in symbols that only this knows, closed all at once."""

    def __init__(self, stack: Stack, closes: int) -> None:
        self._stack = stack
        self._symbols = [f"BURST{number:03d}USDT" for number in range(closes)]

    async def list_symbols(self) -> None:
        """Before the worker starts: so it reads all rules at once."""
        async with aiohttp.ClientSession(self._stack.exchange_url) as session:
            for symbol in self._symbols:
                async with session.post("/sim/symbol", json={"symbol": symbol, **_RULES}) as answer:
                    answer.raise_for_status()

    async def run(self, mailbox: Mailbox, outside: OutsideWorld) -> Times:
        """Open, then decide all closes and wait for all results.

        Raises:
            RuntimeError: one did not end flat.
        """
        for symbol in self._symbols:
            await outside.open_position(symbol, "LONG", _QUANTITY)
        began = time.monotonic()
        entries = [await mailbox.send({"symbol": each, "action": "CLOSE"}) for each in self._symbols]
        times = []
        for entry in entries:
            result = await mailbox.result_of(entry, timeout_s=RESULT_TIMEOUT_S)
            if result is None or result.outcome != "CLOSED_FLAT":
                raise RuntimeError(f"{entry} did not close: {result.fields if result else 'no result'}")
            times.append(time.monotonic() - began)
        return Times(round(times[0], 2), round(max(times), 2))
