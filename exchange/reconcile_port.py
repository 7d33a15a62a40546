"""The exchange as reconciling sees it. Implemented by :mod:`exchange.reconcile_reads`."""

from typing import Protocol

from contracts.reconcile import AccountView, ConditionalOrder


class ReconcilePort(Protocol):
    """Reads of the whole account; they raise :class:`contracts.errors.ExchangeError`, and never mean "nothing"."""

    async def account_view(self) -> AccountView:
        """Every open position, by two answers of the exchange. Weight 10."""
        ...

    async def conditional_orders(self) -> tuple[ConditionalOrder, ...]:
        """Every resting conditional order of the account. Weight 40."""
        ...

    async def listed_symbols(self) -> frozenset[str]:
        """Every symbol that the exchange lists."""
        ...
