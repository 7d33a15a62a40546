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
from contracts.order import Reaction, Ticket, Verdict
from contracts.ownership import CLAIM_MS
from kernel.identity import client_order_id
from runtime.redis_client import connect_redis
from tests.activities.fake_exchange import FakeExchange
from tests.activities.samples import ACCOUNT, NOW, SYMBOL, ticket
from tests.bridge.servers import free_port


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[Redis]:
    """The real Redis, empty."""
    await redis.flushdb()
    yield redis
    await redis.flushdb()


async def test_the_first_one_to_send_a_ticket_may_and_no_other(store: Redis) -> None:
    marks = [SentMarks(store, ACCOUNT) for _ in range(10)]

    told = await asyncio.gather(*(mark.earlier(ticket(timestamp_ms=NOW + i)) for i, mark in enumerate(marks)))

    (first,) = [index for index, earlier in enumerate(told) if earlier is None]
    assert {earlier for earlier in told if earlier is not None} == {NOW + first}


@pytest.mark.parametrize(("mark", "signed_ms"), [(str(NOW - 4_000), NOW - 4_000), ("torn", None)])
async def test_r46_an_order_that_was_sent_before_is_not_sent_and_told_by_when_it_was_signed(
    store: Redis, mark: str, signed_ms: int | None
) -> None:
    await store.set(key_sent(ACCOUNT, SYMBOL, ticket().client_order_id), mark)
    exchange = FakeExchange()
    orders = ExchangeOrders(exchange, Mode.LIVE, SentMarks(store, ACCOUNT))

    report = await ActivityEnvironment().run(orders.place_order, ticket())

    assert (report.verdict, report.signed_ms, exchange.sent) == (Verdict.UNKNOWN, signed_ms, [])


async def test_the_same_id_on_another_account_or_symbol_is_another_order(store: Redis) -> None:
    assert await SentMarks(store, ACCOUNT).earlier(ticket()) is None
    assert await SentMarks(store, "second").earlier(ticket()) is None
    assert await SentMarks(store, ACCOUNT).earlier(ticket().model_copy(update={"symbol": "BTCUSDT"})) is None


async def test_a_mark_is_kept_for_a_day(store: Redis) -> None:
    await SentMarks(store, ACCOUNT).earlier(ticket())

    left = await store.ttl(key_sent(ACCOUNT, SYMBOL, ticket().client_order_id))
    assert REMEMBER_SECONDS - 60 < left <= REMEMBER_SECONDS


def attempt(number: int, pieces_after: int | None = None) -> Ticket:
    return ticket().model_copy(update={"client_order_id": client_order_id(500, "p25", number, pieces_after)})


async def test_r46_an_attempt_that_may_be_on_its_way_is_the_next_one_whatever_was_refused_before(store: Redis) -> None:
    marks, any_id = SentMarks(store, ACCOUNT), attempt(1).client_order_id
    passed = [await marks.passed(SYMBOL, any_id)]
    for number in (1, 2):
        await marks.earlier(attempt(number))
        passed.append(await marks.passed(SYMBOL, any_id))
        await marks.forget(attempt(number))
        passed.append(await marks.passed(SYMBOL, any_id))
    await marks.earlier(attempt(3, 1))
    passed.append(await SentMarks(store, ACCOUNT).passed(SYMBOL, any_id))

    assert passed == [0, 0, 1, 1, 2, 2]


async def test_attempts_of_another_rung_position_symbol_or_account_are_others(store: Redis) -> None:
    marks, mine = SentMarks(store, ACCOUNT), attempt(4)
    await marks.earlier(mine)

    others = [client_order_id(500, "p50", 1), client_order_id(501, "p25", 1)]
    assert [await marks.passed(SYMBOL, other) for other in others] == [0, 0]
    assert await marks.passed("BTCUSDT", mine.client_order_id) == 0
    assert await SentMarks(store, "second").passed(SYMBOL, mine.client_order_id) == 0


async def test_a_late_sender_of_an_earlier_attempt_does_not_hide_the_later_one(store: Redis) -> None:
    marks = SentMarks(store, ACCOUNT)
    await marks.earlier(attempt(1))
    await marks.forget(attempt(1))
    await marks.earlier(attempt(10))

    assert await marks.earlier(attempt(1)) is None
    assert await marks.passed(SYMBOL, attempt(1).client_order_id) == 9


async def test_a_redis_that_is_down_stops_no_order() -> None:
    dead = connect_redis(f"redis://127.0.0.1:{free_port()}/0")

    async with asyncio.timeout(5):
        earlier = await ActivityEnvironment().run(SentMarks(dead, ACCOUNT).earlier, ticket())
        passed = await ActivityEnvironment().run(SentMarks(dead, ACCOUNT).passed, SYMBOL, ticket().client_order_id)

    await dead.aclose()
    assert (earlier, passed) == (None, 0)


OWNER = key_owner("simulator", "SimAlias")


class Claimed:
    """Our claim to the account."""

    def __init__(self, key: str | None = OWNER) -> None:
        self.name, self.key = "main@default", key

    async def owned_by_another(self) -> str:
        return ""


async def test_a_mark_renews_the_claim_to_the_account(store: Redis) -> None:
    assert await SentMarks(store, ACCOUNT, Claimed()).earlier(ticket()) is None

    assert await store.get(OWNER) == b"main@default"
    assert CLAIM_MS - 5_000 < await store.pttl(OWNER) <= CLAIM_MS
    assert await SentMarks(store, ACCOUNT, Claimed()).earlier(ticket()) == NOW


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
    assert await SentMarks(store, ACCOUNT, Claimed(key=None)).earlier(ticket()) is None

    assert await store.exists(OWNER) == 0


async def test_a_claim_that_cannot_be_read_stops_no_order() -> None:
    dead = connect_redis(f"redis://127.0.0.1:{free_port()}/0")

    assert await ActivityEnvironment().run(SentMarks(dead, ACCOUNT, Claimed()).earlier, ticket()) is None
    await dead.aclose()
