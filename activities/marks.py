"""Which orders were handed to the network, remembered outside the workflow; and whether we may hand them over at all.

The workflow's history is the record of intent. When it is lost while an order is still on its way, the exchange does
not know the order yet, and a new run would send it again under the same id. This mark is what stops it.
"""

import asyncio
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio import activity

from contracts.errors import AccountOwned
from contracts.names import key_sent
from contracts.order import Ticket
from contracts.ownership import CLAIM_MS, AccountClaim

REMEMBER_SECONDS: Final = 24 * 3600
PATIENCE_SECONDS: Final = 0.5

_MARK: Final = """
if KEYS[2] then
  local owner = redis.call('GET', KEYS[2])
  if owner and owner ~= ARGV[3] then return owner end
  redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return 1 end
return 0
"""
"""Claim renewed and order marked in one round trip, or neither: between the two the account could change hands."""


class SentMarks:
    """One mark per client order id, set before the order leaves."""

    def __init__(self, redis: Redis, account: str, claim: AccountClaim | None = None) -> None:
        self._redis = redis
        self._account = account
        self._claim = claim
        self._mark = redis.register_script(_MARK)

    async def first(self, ticket: Ticket) -> bool:
        """Whether nobody sent this ticket before. Redis being away does not stop a close: then history alone guards.

        Raises:
            AccountOwned: another installation owns the account; nothing was marked.
        """
        key = key_sent(self._account, ticket.symbol, ticket.client_order_id)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return self._answered(await self._mark(*self._asked(key, ticket)))
        except (RedisError, OSError, TimeoutError) as away:
            activity.logger.warning("sent without a mark", extra={"reason": str(away), "key": key})
            return True

    def _asked(self, key: str, ticket: Ticket) -> tuple[list[str], list[str | int]]:
        mine: list[str | int] = [str(ticket.timestamp_ms), REMEMBER_SECONDS]
        claim = self._claim
        if claim is None or claim.key is None:
            return [key], mine
        return [key, claim.key], [*mine, claim.name, CLAIM_MS]

    def _answered(self, answer: object) -> bool:
        if isinstance(answer, int):
            return bool(answer)
        owner = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        raise AccountOwned(f"the account belongs to {owner} now: nothing was sent")

    async def forget(self, ticket: Ticket) -> None:
        """The exchange refused it for certain: the id is free. Should this fail, its next use is settled first."""
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._redis.delete(key_sent(self._account, ticket.symbol, ticket.client_order_id))
