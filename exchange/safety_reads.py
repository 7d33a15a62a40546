"""Reads of the whole account: positions, and the margin that answers for them."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from contracts.errors import ExchangeError, ExchangeUnavailable
from contracts.safety import MarginedPosition
from contracts.snapshot import Position
from exchange import wire
from exchange.reads import Reads
from exchange.signed_client import SignedClient

_EVERYTHING: Final = "all assets"
_WALLET_READS: Final = 3
_PAUSE_SECONDS: Final = 1.0
_WALLET_SECONDS: Final = 7.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A position row with its margin."""

    position: Position
    asset: str
    maintenance: Decimal
    isolated: Decimal | None
    """Its own margin; None if it shares the crossed wallet."""


@dataclass(frozen=True, slots=True)
class _Wallet:
    """Crossed margin balances, by asset or all together; why there are none, if they could not be read."""

    balances: Mapping[str, Decimal] = field(default_factory=dict)
    pooled: bool = False
    problem: str = ""


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
        positions, wallet = await asyncio.gather(
            self._reads.ask(self._client.futures_position_information()), self._wallet()
        )
        held = [each for each in wire.rows(positions, "positions", _held) if each.position.amount]
        return _margined(held, wallet)

    async def _wallet(self) -> _Wallet:
        """A hiccup is asked again; what lasts keeps nobody from seeing the positions."""
        try:
            async with asyncio.timeout(_WALLET_SECONDS):
                return await self._wallet_again()
        except TimeoutError:
            return _Wallet(problem="it was not read in time")
        except ExchangeError as failed:
            return _Wallet(problem=str(failed))

    async def _wallet_again(self) -> _Wallet:
        for _ in range(_WALLET_READS - 1):
            try:
                return await self._read_wallet()
            except ExchangeUnavailable:
                await asyncio.sleep(_PAUSE_SECONDS)
        return await self._read_wallet()

    async def _read_wallet(self) -> _Wallet:
        account, config = await asyncio.gather(
            self._reads.ask(self._client.account_totals()), self._reads.ask(self._client.futures_account_config())
        )
        pooled = wire.flag(wire.row(config, "the account's configuration"), "multiAssetsMargin")
        return _Wallet(_balances(wire.row(account, "the account"), pooled=pooled), pooled)


def _margined(held: Sequence[_Held], wallet: _Wallet) -> tuple[MarginedPosition, ...]:
    """Each position with the margin it stands on: its own, or the one of everybody who shares the wallet."""
    shared: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in held:
        if each.isolated is None:
            shared[_pool(each, pooled=wallet.pooled)] += each.maintenance
    return tuple(_on_its_margin(each, wallet, shared) for each in held)


def _on_its_margin(held: _Held, wallet: _Wallet, shared: Mapping[str, Decimal]) -> MarginedPosition:
    if held.isolated is not None:
        own = {"maintenance_margin": held.maintenance, "margin_balance": held.isolated}
        return MarginedPosition(position=held.position, **own)
    pool = _pool(held, pooled=wallet.pooled)
    missing = "" if pool in wallet.balances else f"it stands on {pool}, and the account shows no such balance"
    if problem := wallet.problem or missing:
        return MarginedPosition(position=held.position, maintenance_margin=None, margin_balance=None, problem=problem)
    return MarginedPosition(
        position=held.position, maintenance_margin=shared[pool], margin_balance=wallet.balances[pool]
    )


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
