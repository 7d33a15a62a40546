"""Who may send to an exchange account: one installation at a time, by a claim in Redis with a lifetime (R08, R10, R12).

An installation is a Temporal namespace and our name of the account: there one close runs per symbol, however many
workers carry it out. A second installation knows nothing of those closes, so it must not send.

The claim names its owner and runs out when nobody renews it. Whoever finds another's claim waits to see it renewed
before it believes that the other one lives; so nothing has to be cleaned up after a death. Redis being away vetoes
nothing: then nobody is known to own the account, as if there were no claim.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from contracts.errors import AccountOwned, ExchangeError
from contracts.mode import Mode, Venue
from contracts.names import key_owner
from contracts.ownership import CLAIM_MS
from runtime.patience import patiently
from runtime.settings import Settings

RENEW_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 2.0
_RPC_TIMEOUT: Final = timedelta(seconds=2)

_HOLD: Final = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] and owner ~= ARGV[3] then
  if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  return {owner, redis.call('PTTL', KEYS[1])}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {}
"""
"""ARGV: who we are, how long a claim lives, who we were. A claim without a lifetime is given one (R12)."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class Account(Protocol):
    """The exchange, as far as it is about whose account it is."""

    account_alias: str | None

    async def check_credentials(self) -> None:
        """Ask, which sets the alias. Raises ExchangeError."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody else's claim as it was seen."""

    owner: str
    left_ms: int
    """Until it runs out, if it is not renewed."""

    def lives_after(self, earlier: "Claim | None") -> bool:
        """Whether it was renewed since. By itself a lifetime only ever runs down."""
        return earlier is not None and self.owner == earlier.owner and self.left_ms > earlier.left_ms


class Ownership:
    """Holds the claim of one worker's installation. Implements :class:`contracts.ownership.AccountClaim`.

    Args:
        ask: who we are; after a loss of Temporal's data somebody else. Raises RPCError.
    """

    def __init__(
        self, redis: Redis, account: Account, venue: Venue, name: str, ask: Callable[[], Awaitable[str]]
    ) -> None:
        self._hold_script = redis.register_script(_HOLD)
        self._account = account
        self._venue = venue
        self._ask = ask
        self._name = self._before = name
        self._lost: Claim | None = None
        self._silent = False

    @property
    def name(self) -> str:
        """Of our installation, for humans and for the claim."""
        return self._name

    @property
    def key(self) -> str | None:
        """Where the claim is; None while the exchange has not told whose account it is."""
        alias = self._account.account_alias
        return key_owner(self._venue.value, alias) if alias else None

    async def enter(self) -> None:
        """Claim the account before anything is begun.

        Raises:
            AccountOwned: another installation was seen to live.
        """
        earlier: Claim | None = None
        while (claim := await self._hold()) is not None:
            if claim.lives_after(earlier):
                raise AccountOwned(self._sentence(claim))
            if earlier is None:
                _log.warning("the account is claimed; waiting whether its owner lives", owner=claim.owner, key=self.key)
            earlier = claim
            await asyncio.sleep(LOOK_SECONDS)

    async def keep(self, stop: asyncio.Event) -> None:
        """Renew it until cancelled. Another owner that lives ends this worker: its orders are refused anyway."""
        earlier: Claim | None = None
        while True:
            await self._learn()
            claim = await self._hold()
            if claim is not None and claim.lives_after(earlier):
                self._lost = claim
                _log.error("the account belongs to another installation now; stopping", owner=claim.owner, key=self.key)
                stop.set()
                return
            if claim is not None and earlier is None:
                _log.error("another installation has claimed the account; nothing is sent", owner=claim.owner)
            earlier = claim
            await asyncio.sleep(LOOK_SECONDS if claim else RENEW_SECONDS)

    async def owned_by_another(self) -> str:
        """Whose the account is, if it is not ours; else "", also when nobody can tell. Renews our claim."""
        claim = await self._hold()
        return claim.owner if claim else ""

    def require(self) -> None:
        """Raises AccountOwned if :meth:`keep` saw another owner."""
        if self._lost is not None:
            raise AccountOwned(self._sentence(self._lost))

    def _sentence(self, claim: Claim) -> str:
        return (
            f"orders for the exchange account {self._account.account_alias} are sent by {claim.owner}, which is alive,"
            f" and we are {self.name}: two installations would close everything twice. Stop that one and start this"
            f" again, or run this one with mode=shadow. `harvest owner --take` takes the account from an"
            f" installation that cannot be reached (the claim is {self.key})"
        )

    async def _hold(self) -> Claim | None:
        """Renew our claim, or make it; another's if there is one. None also if Redis or the account is not known."""
        if self.key is None:
            return None
        arguments: list[str | int] = [self._name, CLAIM_MS, self._before]
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer = cast("list[object]", await self._hold_script(keys=[self.key], args=arguments))
        except (RedisError, OSError, TimeoutError) as away:
            if not self._silent:
                _log.warning("the account cannot be claimed: Redis is away", reason=str(away)[:200], key=self.key)
            self._silent = True
            return None
        self._silent = False
        if answer:
            return Claim(cast("bytes", answer[0]).decode(errors="replace"), cast("int", answer[1]))
        self._before = self._name
        return None

    async def _learn(self) -> None:
        """Whose account it is, if the exchange was away at the start; and who we are by now."""
        if self._account.account_alias is None:
            with suppress(ExchangeError):  # the exchange's own calls say so
                await self._account.check_credentials()
        with suppress(RPCError):  # Temporal being away changes nothing
            self._name = await self._ask()


async def installation(client: Client, account: str) -> str:
    """Names an installation: its namespace has an id that no other Temporal gives. Raises RPCError."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    answer = await client.workflow_service.describe_namespace(request, timeout=_RPC_TIMEOUT)
    return f"{account}@{client.namespace} ({answer.namespace_info.id})"


async def own_account(client: Client, redis: Redis, exchange: Account, settings: Settings) -> Ownership | None:
    """Claim the account for this worker's installation; None in shadow mode, which sends nothing.

    Raises:
        AccountOwned: another installation sends to it.
    """
    if settings.mode is not Mode.LIVE:
        return None

    async def ask() -> str:
        return await installation(client, settings.account)

    name = await patiently("the id of Temporal's namespace", ask, (RPCError,))
    ownership = Ownership(redis, exchange, settings.venue, name, ask)
    await ownership.enter()
    return ownership


def require_account(ownership: Ownership | None) -> None:
    """At the end of a worker; see :meth:`Ownership.require`."""
    if ownership is not None:
        ownership.require()


async def keep_account(ownership: Ownership | None, stop: asyncio.Event) -> None:
    """Beside everything else of a worker; see :meth:`Ownership.keep`."""
    if ownership is not None:
        await ownership.keep(stop)
