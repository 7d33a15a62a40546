"""Which orders were handed to the network, on the real Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio.testing import ActivityEnvironment

from activities.marks import REMEMBER_SECONDS, SentMarks
from contracts.names import key_sent
from runtime.redis_client import connect_redis
from tests.activities.samples import ACCOUNT, SYMBOL, ticket
from tests.bridge.servers import free_port


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[Redis]:
    """The real Redis, empty."""
    await redis.flushdb()
    yield redis
    await redis.flushdb()


async def test_the_first_one_to_send_a_ticket_may_and_no_other(store: Redis) -> None:
    marks = [SentMarks(store, ACCOUNT) for _ in range(10)]

    told = await asyncio.gather(*(mark.first(ticket()) for mark in marks))

    assert sorted(told) == [False] * 9 + [True]


async def test_the_same_id_on_another_account_or_symbol_is_another_order(store: Redis) -> None:
    assert await SentMarks(store, ACCOUNT).first(ticket())
    assert await SentMarks(store, "second").first(ticket())
    assert await SentMarks(store, ACCOUNT).first(ticket().model_copy(update={"symbol": "BTCUSDT"}))


async def test_a_mark_is_kept_for_a_day(store: Redis) -> None:
    await SentMarks(store, ACCOUNT).first(ticket())

    left = await store.ttl(key_sent(ACCOUNT, SYMBOL, ticket().client_order_id))
    assert REMEMBER_SECONDS - 60 < left <= REMEMBER_SECONDS


async def test_a_redis_that_is_down_stops_no_order() -> None:
    dead = connect_redis(f"redis://127.0.0.1:{free_port()}/0")

    async with asyncio.timeout(5):
        may = await ActivityEnvironment().run(SentMarks(dead, ACCOUNT).first, ticket())

    await dead.aclose()
    assert may
