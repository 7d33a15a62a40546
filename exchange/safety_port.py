"""The exchange as the safety net and flattening see it. Implemented by :mod:`exchange.safety_reads`."""

from typing import Protocol

from contracts.safety import MarginedPosition
from contracts.snapshot import Position


class SafetyPort(Protocol):
    """Reads of the whole account; they raise :class:`contracts.errors.ExchangeError`, and never mean "nothing"."""

    async def open_positions(self) -> tuple[Position, ...]:
        """Every open position of the account. Weight 5."""
        ...

    async def margined_positions(self) -> tuple[MarginedPosition, ...]:
        """The same with the margin that answers for each. Weight 15.

        A margin that cannot be read is told with its position: what is known of a position stands without it.
        """
        ...
