"""The exchange as the stops' activities see it. Implemented by :mod:`exchange.stops`."""

from typing import Protocol

from contracts.stop import StopReport, StopState, StopTicket


class StopPort(Protocol):
    """Conditional orders beyond what :class:`exchange.port.ExchangePort` reads and cancels.

    Reads raise :class:`contracts.errors.ExchangeError`.
    """

    async def place(self, ticket: StopTicket) -> StopReport:
        """Send the stop once, signed with the ticket's own timestamp.

        Never raises for anything the exchange or the network does: the answer is ACCEPTED, REFUSED or UNKNOWN.
        """
        ...

    async def by_client_id(self, symbol: str, client_algo_id: str) -> StopState | None:
        """None if the exchange does not know the id (which, soon after a send, proves nothing). Weight 1."""
        ...

    async def recent(self, symbol: str) -> tuple[StopState, ...]:
        """Every conditional order of the symbol of the last seven days, whatever its state. Weight 5."""
        ...
