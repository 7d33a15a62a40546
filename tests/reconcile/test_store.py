"""A record is changed only while it is what it was judged by, and what is in it goes back as it was."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from activities.record_fields import SHAPES, digest
from activities.record_store import Change, Found, Ongoing, RecordStore
from contracts.names import STREAM_RECONCILE_EVENTS, key_position, key_position_claim
from contracts.reconcile import RecordKind

SOL = "SOLUSDT"
POSITION = RecordKind.POSITION
TOLD = Ongoing("one", "first", {"event": "AUTO_REPAIR", "symbol": SOL})


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[RecordStore]:
    """On an empty Redis."""
    await redis.flushdb()
    yield RecordStore(redis, "a")
    await redis.flushdb()


def name_of(found: Found) -> str:
    """By which it is changed."""
    assert found.fields is not None
    return digest(found.fields)


async def put(redis: Redis, **fields: str) -> None:
    content: Any = fields
    await redis.hset(key_position(SOL), mapping=content)


async def only(store: RecordStore) -> Found:
    """The one record there is."""
    (found,) = await store.read([SOL])
    return found


async def test_r11_r33_a_record_that_has_changed_since_it_was_read_is_left_alone(
    store: RecordStore, redis: Redis
) -> None:
    await put(redis, quantity="10", stop_loss="140")
    before = name_of(await only(store))
    await put(redis, quantity="11")

    assert await store.change(Change(SOL, POSITION, before, {}, told=TOLD)) == "changed"
    assert await store.change(Change(SOL, POSITION, before, {"quantity": "9"}, told=TOLD)) == "changed"
    assert await store.change(Change(SOL, POSITION, "", {"quantity": "9"}, told=TOLD)) == "changed"

    assert (await only(store)).fields == {"quantity": "11", "stop_loss": "140"}
    assert await redis.xlen(STREAM_RECONCILE_EVENTS) == 0


async def test_a_record_that_is_gone_is_not_made_again_from_what_it_was(store: RecordStore, redis: Redis) -> None:
    await put(redis, quantity="10")
    before = name_of(await only(store))
    await redis.delete(key_position(SOL))

    assert await store.change(Change(SOL, POSITION, before, {"quantity": "9"})) == "changed"
    assert await store.read([SOL]) == ()


async def test_change_and_event_come_together_and_the_same_again_is_told_once(store: RecordStore, redis: Redis) -> None:
    await put(redis, quantity="10", stop_loss="140", note="theirs", unrealized_pnl="1")
    before = name_of(await only(store))
    await put(redis, unrealized_pnl="2")

    for _ in range(2):
        change = Change(SOL, POSITION, before, {"quantity": "9"}, drop=("stop_loss",), told=TOLD)
        assert await store.change(change) == "done"
        assert (await only(store)).fields == {"quantity": "9", "note": "theirs", "unrealized_pnl": "2"}
        await put(redis, quantity="10", stop_loss="140")

    assert await redis.xlen(STREAM_RECONCILE_EVENTS) == 1


async def test_a_claim_and_a_key_of_another_type_stop_every_change(store: RecordStore, redis: Redis) -> None:
    await redis.set(key_position(SOL), "text")
    assert await store.change(Change(SOL, POSITION, "", {"quantity": "9"})) == "a string"
    await redis.delete(key_position(SOL))
    await redis.set(key_position_claim(SOL), "1")
    assert await store.change(Change(SOL, POSITION, "", {"quantity": "9"})) == "claimed"
    assert await redis.exists(key_position(SOL)) == 0


async def test_a_record_that_went_meanwhile_is_not_begun_anew_by_its_prices(store: RecordStore) -> None:
    await store.refresh(SOL, RecordKind.STATE, {"mark_price": "1"})
    assert await store.read([SOL]) == ()


async def test_as_many_symbols_as_an_exchange_lists_are_read(store: RecordStore, redis: Redis) -> None:
    await put(redis, quantity="10")
    symbols = [f"S{number}USDT" for number in range(1000)]

    found = await store.read([*symbols, SOL])

    assert [(each.symbol, each.kind) for each in found] == [(SOL, POSITION)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.binary(min_size=1, max_size=12), st.binary(max_size=12), min_size=1, max_size=8))
async def test_any_content_has_one_name_here_and_in_redis(
    store: RecordStore, redis: Redis, content: dict[bytes, bytes]
) -> None:
    await redis.delete(key_position(SOL))
    raw: Any = content
    await redis.hset(SHAPES[POSITION].key(SOL), mapping=raw)

    change = Change(SOL, POSITION, name_of(await only(store)), {"quantity": "9"})

    assert await store.change(change) == "done"
    after: Any = await redis.hgetall(key_position(SOL))
    assert after == content | {b"quantity": b"9"}
