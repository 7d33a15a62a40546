"""The command line's way to an account: settings and keys are the worker's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from contracts.errors import DependencyUnavailable
from exchange.binance import BinanceExchange
from runtime.redis_client import connect_redis
from runtime.settings import Settings
from worker import endpoint_of


@asynccontextmanager
async def account_access(settings: Settings) -> AsyncIterator[tuple[Redis, BinanceExchange]]:
    """Redis and the exchange.

    Raises:
        InvalidSettings: there are no keys.
        CredentialsRefused: they are not accepted, or another account's.
        ExchangeError: the exchange does not answer.
        DependencyUnavailable: Redis does not answer.
    """
    endpoint = endpoint_of(settings).model_copy(update={"user_stream": False})
    redis = connect_redis(settings.redis_url)
    exchange = await BinanceExchange.connect(endpoint)
    try:
        await exchange.check_credentials()
        yield redis, exchange
    except RedisError as error:
        raise DependencyUnavailable(f"Redis does not answer as it should: {error}") from error
    finally:
        await exchange.close()
        await redis.aclose()
