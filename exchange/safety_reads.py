"""Reads of the whole account: positions, and the margin that answers for them."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from contracts.safety import MarginedPosition
from contracts.snapshot import Position
from exchange import wire
from exchange.reads import Reads
from exchange.signed_client import SignedClient

_EVERYTHING: Final = "all assets"
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Held:
    """A position row with its margin."""

    position: Position
    asset: str
    maintenance: Decimal
    isolated: Decimal | None
    """Its own margin; None if it shares the crossed wallet."""


class SafetyReads:
    """Implements :class:`exchange.safety_port.SafetyPort`."""

    def __init__(self, client: SignedClient, reads: Reads) -> None:
        self._client = client
        self._reads = reads

    async def open_positions(self) -> tuple[Position, ...]:
        """Every open position of the account. Weight 5."""
        answer = await self._reads.ask(self._client.futures_position_information())
        return tuple(position for position in wire.rows(answer, "positions", wire.position) if position.amount)

    async def margined_positions(self) -> tuple[MarginedPosition, ...]:
        """The same with the margin that answers for each. Weight 15."""
        positions, account, config = await asyncio.gather(
            self._reads.ask(self._client.futures_position_information()),
            self._reads.ask(self._client.account_totals()),
            self._reads.ask(self._client.futures_account_config()),
        )
        held = [each for each in wire.rows(positions, "positions", _held) if each.position.amount]
        pooled = wire.flag(wire.row(config, "the account's configuration"), "multiAssetsMargin")
        return _margined(held, _balances(wire.row(account, "the account"), pooled=pooled), pooled=pooled)


def _margined(held: Sequence[_Held], balances: Mapping[str, Decimal], *, pooled: bool) -> tuple[MarginedPosition, ...]:
    """Each position with the margin it stands on: its own, or the one of everybody who shares the wallet."""
    shared: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in held:
        if each.isolated is None:
            shared[_pool(each, pooled=pooled)] += each.maintenance
    return tuple(
        MarginedPosition(
            position=each.position,
            maintenance_margin=shared[_pool(each, pooled=pooled)] if each.isolated is None else each.maintenance,
            margin_balance=_balance(each, balances, pooled=pooled) if each.isolated is None else each.isolated,
        )
        for each in held
    )


def _balance(held: _Held, balances: Mapping[str, Decimal], *, pooled: bool) -> Decimal:
    pool = _pool(held, pooled=pooled)
    if pool not in balances:
        raise wire.UnreadableAnswer(f"{held.position.symbol} stands on {pool}, and the account shows no such balance")
    return balances[pool]


def _pool(held: _Held, *, pooled: bool) -> str:
    return _EVERYTHING if pooled else held.asset


def _balances(account: wire.Row, *, pooled: bool) -> dict[str, Decimal]:
    """Crossed margin balance by asset, or of all together where the account pools them."""
    if pooled:
        profit = wire.decimal(account, "totalCrossUnPnl")
        return {_EVERYTHING: wire.decimal(account, "totalCrossWalletBalance") + profit}
    return dict(wire.rows(account.get("assets"), "balances", _asset))


def _asset(row: wire.Row) -> tuple[str, Decimal]:
    return wire.text(row, "asset"), wire.decimal(row, "crossWalletBalance") + wire.decimal(row, "crossUnPnl")


def _held(row: wire.Row) -> _Held:
    """v3 has no margin type: a position with a wallet of its own is isolated."""
    return _Held(
        position=wire.position(row),
        asset=wire.text(row, "marginAsset"),
        maintenance=wire.decimal(row, "maintMargin"),
        isolated=wire.decimal(row, "isolatedMargin") if wire.decimal(row, "isolatedWallet") else None,
    )
