"""Which orders were handed to the network, on the real Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio.testing import ActivityEnvironment

from activities.marks import REMEMBER_SECONDS, SentMarks
from activities.orders import ExchangeOrders
from contracts.mode import Mode
from contracts.names import key_owner, key_sent
from contracts.order import Reaction, Verdict
from contracts.ownership import CLAIM_MS
from runtime.redis_client import connect_redis
from tests.activities.fake_exchange import FakeExchange
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


OWNER = key_owner("simulator", "SimAlias")


class Claimed:
    """Our claim to the account."""

    def __init__(self, key: str | None = OWNER) -> None:
        self.name, self.key = "main@default", key

    async def owned_by_another(self) -> str:
        return ""


async def test_a_mark_renews_the_claim_to_the_account(store: Redis) -> None:
    assert await SentMarks(store, ACCOUNT, Claimed()).first(ticket())

    assert await store.get(OWNER) == b"main@default"
    assert CLAIM_MS - 5_000 < await store.pttl(OWNER) <= CLAIM_MS
    assert not await SentMarks(store, ACCOUNT, Claimed()).first(ticket())


async def test_r08_an_order_of_an_account_that_is_anothers_is_not_marked_and_not_sent(store: Redis) -> None:
    await store.set(OWNER, "second@default", px=5_000)
    exchange = FakeExchange()
    marks = SentMarks(store, ACCOUNT, Claimed())

    report = await ActivityEnvironment().run(ExchangeOrders(exchange, Mode.LIVE, marks).place_order, ticket())

    assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.HUMAN)
    assert "second@default" in report.message
    assert exchange.sent == []
    assert await store.exists(key_sent(ACCOUNT, SYMBOL, ticket().client_order_id)) == 0
    assert await store.get(OWNER) == b"second@default"


async def test_an_account_that_is_not_known_yet_is_anybodys(store: Redis) -> None:
    assert await SentMarks(store, ACCOUNT, Claimed(key=None)).first(ticket())

    assert await store.exists(OWNER) == 0


async def test_a_claim_that_cannot_be_read_stops_no_order() -> None:
    dead = connect_redis(f"redis://127.0.0.1:{free_port()}/0")

    assert await ActivityEnvironment().run(SentMarks(dead, ACCOUNT, Claimed()).first, ticket())
    await dead.aclose()
