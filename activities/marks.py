"""Which orders were handed to the network, remembered outside the workflow.

The workflow's history is the record of intent. When it is lost while an order is still on its way, the exchange does
not know the order yet, and a new run would send it again under the same id. This mark is what stops it.
"""

import asyncio
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio import activity

from contracts.names import key_sent
from contracts.order import Ticket

REMEMBER_SECONDS: Final = 24 * 3600
PATIENCE_SECONDS: Final = 0.5


class SentMarks:
    """One mark per client order id, set before the order leaves."""

    def __init__(self, redis: Redis, account: str) -> None:
        self._redis = redis
        self._account = account

    async def first(self, ticket: Ticket) -> bool:
        """Whether nobody sent this ticket before. Redis being away does not stop a close: then history alone guards."""
        key = key_sent(self._account, ticket.symbol, ticket.client_order_id)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return bool(await self._redis.set(key, str(ticket.timestamp_ms), nx=True, ex=REMEMBER_SECONDS))
        except (RedisError, OSError, TimeoutError) as away:
            activity.logger.warning("sent without a mark", extra={"reason": str(away), "key": key})
            return True

    async def forget(self, ticket: Ticket) -> None:
        """The exchange refused it for certain: the id is free. Should this fail, its next use is settled first."""
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._redis.delete(key_sent(self._account, ticket.symbol, ticket.client_order_id))
