"""The way to Redis."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from runtime.patience import patiently

ANSWER_WITHIN_S: Final = 5.0
"""Longer than any blocking read of ours (2 s): a silent connection is given up on (R79)."""
_CONNECT_WITHIN_S: Final = 2.0
_CHECK_EVERY_S: Final = 15
_CONNECTIONS: Final = 50
"""Enough for every close in flight. More is waited for: the library's own pool raises at once at its limit, and a
connection per close of a burst takes longer to open than a free one to wait for."""
_FREE_WITHIN_S: Final = 5
_RETRIES: Final = 2


def connect_redis(url: str) -> Redis:
    """A client for bytes. Nothing is sent yet; a broken connection is replaced and the command repeated twice."""
    pool = BlockingConnectionPool.from_url(
        url,
        decode_responses=False,
        max_connections=_CONNECTIONS,
        timeout=_FREE_WITHIN_S,
        socket_timeout=ANSWER_WITHIN_S,
        socket_connect_timeout=_CONNECT_WITHIN_S,
        health_check_interval=_CHECK_EVERY_S,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=_RETRIES),
    )
    return Redis.from_pool(pool)


async def wait_for_redis(redis: Redis, url: str, *, deadline: timedelta | None = None) -> None:
    """Return when Redis answers.

    Raises:
        DependencyUnavailable: the deadline passed.
    """

    async def ping() -> None:
        await redis.ping()

    await patiently(f"Redis at {address_of(url)}", ping, (RedisConnectionError, RedisTimeoutError), deadline)


def address_of(url: str) -> str:
    """Where a Redis URL leads, without the password in it."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path
