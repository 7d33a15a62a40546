"""Which orders were handed to the network, remembered outside the workflow; and whether we may hand them over at all.

The workflow's history is the record of intent. When it is lost while an order is still on its way, the exchange does
not know the order yet, and a new run would send it again under the same id. This mark is what stops it.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio import activity

from contracts.errors import AccountOwned
from contracts.names import key_last_sent, key_sent
from contracts.order import Ticket
from contracts.ownership import CLAIM_MS, AccountClaim
from kernel.identity import parse_client_order_id

REMEMBER_SECONDS: Final = 24 * 3600
PATIENCE_SECONDS: Final = 0.5

_MARK: Final = """
if KEYS[3] then
  local owner = redis.call('GET', KEYS[3])
  if owner and owner ~= ARGV[4] then return owner end
  redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
end
local sent = redis.call('GET', KEYS[1])
if sent then return tonumber(sent) or -1 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
local function attempt(id) return tonumber(string.match(id or '', '^hv%-%w+%-%w+%-(%d+)') or 0) end
if attempt(ARGV[2]) >= attempt(redis.call('GET', KEYS[2]) or '') then
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
end
return 0
"""
"""Claim renewed and order marked in one round trip, or neither: between the two the account could change hands. An
attempt that was overtaken by a later one is not the last one."""


class SentMarks:
    """One mark per client order id, set before the order leaves; and the last id of each rung of a position."""

    def __init__(self, redis: Redis, account: str, claim: AccountClaim | None = None) -> None:
        self._redis = redis
        self._account = account
        self._claim = claim
        self._mark = redis.register_script(_MARK)

    async def earlier(self, ticket: Ticket) -> int | None:
        """Mark the ticket as sent; None if nobody sent it before, else the timestamp that the earlier one bore.

        Negative where something else stands there. Redis being away does not stop a close: then history alone guards.

        Raises:
            AccountOwned: another installation owns the account; nothing was marked.
        """
        key = key_sent(self._account, ticket.symbol, ticket.client_order_id)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return self._answered(await self._mark(*self._asked(key, ticket)))
        except (RedisError, OSError, TimeoutError) as away:
            activity.logger.warning("sent without a mark", extra={"reason": str(away), "key": key})
            return None

    def _asked(self, key: str, ticket: Ticket) -> tuple[list[str], list[str | int]]:
        last = key_last_sent(self._account, ticket.symbol, ticket.client_order_id)
        mine: list[str | int] = [str(ticket.timestamp_ms), ticket.client_order_id, REMEMBER_SECONDS]
        claim = self._claim
        if claim is None or claim.key is None:
            return [key, last], mine
        return [key, last, claim.key], [*mine, claim.name, CLAIM_MS]

    def _answered(self, answer: object) -> int | None:
        if isinstance(answer, int):
            return answer or None
        owner = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        raise AccountOwned(f"the account belongs to {owner} now: nothing was sent")

    async def passed(self, symbol: str, client_order_id: str) -> int:
        """How many attempts on this id's rung of this id's position were made and left behind, by whatever run.

        The next id is one that nobody used, or the last one that was: it may be on its way still, and whoever sends it
        again is told so. Beginning with an earlier id, which was refused and is free, would pass it by. 0 if nothing is
        known, also where Redis is away: that does not stop a close.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._passed(symbol, client_order_id)
        except (RedisError, OSError, TimeoutError) as away:
            activity.logger.warning("earlier attempts not known", extra={"reason": str(away), "symbol": symbol})
            return 0

    async def _passed(self, symbol: str, client_order_id: str) -> int:
        raw: Any = await self._redis.get(key_last_sent(self._account, symbol, client_order_id))
        last = raw.decode(errors="replace") if raw else ""
        key = parse_client_order_id(last)
        if key is None:
            return 0
        refused = not await self._redis.exists(key_sent(self._account, symbol, last))
        return key.attempt if refused else key.attempt - 1

    async def forget(self, ticket: Ticket) -> None:
        """The exchange refused it for certain: the id is free. Should this fail, its next use is settled first."""
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._redis.delete(key_sent(self._account, ticket.symbol, ticket.client_order_id))
