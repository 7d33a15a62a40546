"""Results on the real Redis: each exactly once, mark and records together."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from activities.publisher import REMEMBER_SECONDS, Publisher
from contracts.names import STREAM_RESULT, STREAM_SUGGESTIONS, STREAM_TRADE_CLOSED, key_published, key_record
from contracts.result import FillSummary, Outcome
from contracts.snapshot import GenerationFacts
from harvest.stack import Stack
from runtime.redis_client import connect_redis
from tests.activities.samples import ACCOUNT, SYMBOL, conclude_request, result

BUILD = "1.2.3+abc"
RECORD = key_record(ACCOUNT, SYMBOL, "LONG")


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[Redis]:
    """The real Redis, empty."""
    await redis.flushdb()
    yield redis
    await redis.flushdb()


async def records(store: Redis, stream: str) -> list[dict[str, str]]:
    rows: Any = await store.xrange(stream)
    return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in rows]


async def test_r11_the_same_result_twice_is_one_record(store: Redis) -> None:
    publisher = Publisher(store, BUILD)

    told = [await publisher.publish(result("1-0")) for _ in range(3)]

    assert told == [True, False, False]
    assert [row["entry_id"] for row in await records(store, STREAM_RESULT)] == ["1-0"]
    assert len(await records(store, STREAM_TRADE_CLOSED)) == 1


async def test_another_process_that_publishes_the_same_entry_later_is_told_so(store: Redis) -> None:
    await Publisher(store, BUILD).publish(result("1-0"))

    assert not await Publisher(store, "another build").publish(result("1-0", Outcome.ALREADY_FLAT))
    assert [row["outcome"] for row in await records(store, STREAM_RESULT)] == ["CLOSED_FLAT"]


async def test_many_at_the_same_moment_are_one(store: Redis) -> None:
    publishers = [Publisher(store, BUILD) for _ in range(20)]

    told = await asyncio.gather(*(publisher.publish(result("1-0")) for publisher in publishers))

    assert sorted(told) == [False] * 19 + [True]
    assert len(await records(store, STREAM_RESULT)) == 1


async def test_each_entry_has_its_own_answer(store: Redis) -> None:
    publisher = Publisher(store, BUILD)

    for entry in ("1-0", "1-1", "2-0"):
        await publisher.publish(result(entry, Outcome.JOINED))

    assert [row["entry_id"] for row in await records(store, STREAM_RESULT)] == ["1-0", "1-1", "2-0"]


async def test_the_same_entry_id_on_another_account_is_another_entry(store: Redis) -> None:
    publisher = Publisher(store, BUILD)

    assert await publisher.publish(result("1-0"))
    assert await publisher.publish(result("1-0", account="second"))


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.CLOSED_FLAT])
async def test_r70_a_trade_is_announced_as_closed_only_when_it_is_flat(store: Redis, outcome: Outcome) -> None:
    await Publisher(store, BUILD).publish(result("1-0", outcome))

    assert await records(store, STREAM_TRADE_CLOSED) == []
    assert [row["outcome"] for row in await records(store, STREAM_RESULT)] == [outcome.value]


async def test_a_flat_position_is_announced_with_what_the_fills_say(store: Redis) -> None:
    fills = FillSummary(quantity=Decimal("1.5"), average_price=Decimal("3000.10"), realized_pnl=Decimal(-7))

    await Publisher(store, BUILD).publish(result("1-0", fills=fills))

    (closed,) = await records(store, STREAM_TRADE_CLOSED)
    assert (closed["qty"], closed["exit_price"], closed["pnl_usd"]) == ("1.5", "3000.10", "-7")


async def test_a_suggestion_goes_where_suggestions_go(store: Redis) -> None:
    await Publisher(store, BUILD).publish(result("1-0", Outcome.SUGGESTED))

    assert len(await records(store, STREAM_SUGGESTIONS)) == 1
    assert await records(store, STREAM_TRADE_CLOSED) == []


async def test_r77_every_record_names_its_build(store: Redis) -> None:
    await Publisher(store, BUILD).publish(result("1-0"))

    streams = (STREAM_RESULT, STREAM_TRADE_CLOSED)
    assert {row["build"] for stream in streams for row in await records(store, stream)} == {BUILD}


async def test_r11_nobody_ever_sees_a_mark_without_its_record_or_a_record_without_its_mark(store: Redis) -> None:
    publisher, entries = Publisher(store, BUILD), [f"{number}-0" for number in range(1, 51)]
    keys = [key_published(f"{ACCOUNT}:{entry}") for entry in entries]
    publishing = asyncio.gather(*(publisher.publish(result(entry)) for entry in entries))

    views = []
    while not publishing.done():
        async with store.pipeline(transaction=True) as look:
            look.exists(*keys)
            look.xlen(STREAM_RESULT)
            look.xlen(STREAM_TRADE_CLOSED)
            views.append(tuple(await look.execute()))

    assert await publishing == [True] * 50
    assert len(views) > 1
    assert [view for view in views if len(set(view)) > 1] == []


async def test_the_mark_is_kept_longer_than_an_entry_can_come_back_and_not_for_ever(store: Redis) -> None:
    await Publisher(store, BUILD).publish(result("1-0"))

    assert REMEMBER_SECONDS - 60 < await store.ttl(key_published(f"{ACCOUNT}:1-0")) <= REMEMBER_SECONDS


async def test_our_record_follows_a_position_that_is_still_open(store: Redis) -> None:
    generation = GenerationFacts(opening_trade_id=4711, opened_at_ms=1_700_000_000_000, peak_size=Decimal(10))
    request = conclude_request(generation=generation)

    await Publisher(store, BUILD).record_position(request, result(position_after=Decimal("7.5")))

    assert await store.hmget(RECORD, "amount", "generation", "opened_at_ms") == [b"7.5", b"4711", b"1700000000000"]


async def test_r33_r47_our_record_goes_when_the_exchange_says_that_the_position_is_gone(store: Redis) -> None:
    await store.hset(RECORD, "amount", "7.5")

    await Publisher(store, BUILD).record_position(conclude_request(), result(position_after=Decimal(0)))

    assert not await store.exists(RECORD)


async def test_a_record_that_could_not_be_written_leaves_no_mark_and_no_half_of_it(store: Redis) -> None:
    await store.set(STREAM_TRADE_CLOSED, "somebody else's key")
    publisher = Publisher(store, BUILD)

    with pytest.raises(ResponseError):
        await publisher.publish(result("1-0"))
    await store.delete(STREAM_TRADE_CLOSED)

    assert await publisher.publish(result("1-0"))
    assert await store.xlen(STREAM_RESULT) == 1
    assert await store.xlen(STREAM_TRADE_CLOSED) == 1


async def test_a_burst_is_published_whole(servers: Stack, store: Redis) -> None:
    client = connect_redis(servers.redis_url)
    publisher = Publisher(client, BUILD)

    told = await asyncio.gather(*(publisher.publish(result(f"{number}-0")) for number in range(1, 151)))

    await client.aclose()
    assert told == [True] * 150
    assert await store.xlen(STREAM_RESULT) == 150
