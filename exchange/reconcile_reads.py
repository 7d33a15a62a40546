"""Reads for reconciling: positions by two answers that have to agree, every conditional order, every symbol."""

import asyncio
from decimal import Decimal

from contracts.order import PositionSide
from contracts.reconcile import AccountView, ConditionalOrder
from exchange import wire
from exchange.catalogue import Catalogue
from exchange.reads import Reads
from exchange.signed_client import SignedClient
from exchange.watch_reads import held_position

_Amounts = dict[tuple[str, PositionSide], Decimal]


class ReconcileReads:
    """Implements :class:`exchange.reconcile_port.ReconcilePort`."""

    def __init__(self, client: SignedClient, reads: Reads, catalogue: Catalogue) -> None:
        self._client = client
        self._reads = reads
        self._catalogue = catalogue

    async def account_view(self) -> AccountView:
        """Every open position, by two answers of the exchange. Weight 10.

        One answer that lacks a row, or comes from a node that lags behind, would make a ghost of a live position.
        """
        rows, account = await asyncio.gather(
            self._reads.ask(self._client.futures_position_information()),
            self._reads.ask(self._client.account_totals()),
        )
        held = tuple(each for each in wire.rows(rows, "positions", held_position) if each.position.amount)
        there = {(each.position.symbol, each.position.position_side): each.position.amount for each in held}
        second = dict(wire.rows(wire.row(account, "the account").get("positions"), "positions", _amount))
        unsettled = {key[0] for key in {*there, *second} if there.get(key, 0) != second.get(key, 0)}
        settled = tuple(each for each in held if each.position.symbol not in unsettled)
        return AccountView(held=settled, unsettled=frozenset(unsettled))

    async def conditional_orders(self) -> tuple[ConditionalOrder, ...]:
        """Every resting conditional order of the account. Weight 40."""
        answer = await self._reads.ask(self._client.futures_get_open_algo_orders())
        return wire.rows(answer, "conditional orders", _conditional)

    async def listed_symbols(self) -> frozenset[str]:
        """Every symbol that the exchange lists."""
        return await self._catalogue.symbols()


def _amount(row: wire.Row) -> tuple[tuple[str, PositionSide], Decimal]:
    symbol, side = wire.text(row, "symbol"), wire.text(row, "positionSide")
    if side not in set(PositionSide):
        raise wire.UnreadableAnswer(f"{symbol}: {side!r} is no position side")
    return (symbol, PositionSide(side)), wire.decimal(row, "positionAmt")


def _conditional(row: wire.Row) -> ConditionalOrder:
    return ConditionalOrder(symbol=wire.text(row, "symbol"), order=wire.algo_order(row))
