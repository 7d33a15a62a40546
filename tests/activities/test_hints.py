"""Optional inputs: used when they are good, named when they are not, in the way never (R28, R49)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal

import pytest
from redis.asyncio import Redis

from activities import hints
from activities.hints import RedisHints
from contracts.names import KEY_FREEZE, key_answered, key_market_state, key_position, key_published, key_risk_proposal
from contracts.snapshot import PositionHints
from harvest.stack import Stack
from runtime.redis_client import connect_redis
from tests.activities.samples import ACCOUNT, SYMBOL
from tests.bridge.servers import free_port

MARKET = {"sigma": "0.012", "ts": "0.4", "p_trend": "0.5", "p_mr": "0.3", "p_chop": "0.2"}


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[Redis]:
    """The real Redis, empty."""
    await redis.flushdb()
    yield redis
    await redis.flushdb()


@pytest.fixture
async def silent_redis() -> AsyncIterator[Redis]:
    """A server that takes the connection and never says a word."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    client = connect_redis(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    yield client
    await client.aclose()
    server.close()


async def put(store: Redis, key: str, fields: Mapping[str, str]) -> None:
    await store.hset(key, items=[part for pair in fields.items() for part in pair])


async def test_everything_that_is_there_is_read(store: Redis) -> None:
    await put(store, key_market_state(SYMBOL), MARKET)
    await put(store, key_risk_proposal(SYMBOL), {"stop_dist_pct": "0.02"})
    await put(store, key_position(SYMBOL), {"stop_loss": "2900.5"})

    found = await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0")

    assert found.market is not None
    assert found.market.sigma == Decimal("0.012")
    assert (found.stop_dist_pct, found.stop_loss) == (Decimal("0.02"), Decimal("2900.5"))
    assert (found.notes, found.frozen_by) == ((), None)


async def test_nothing_there_is_no_problem(store: Redis) -> None:
    assert await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0") == PositionHints()


async def test_a_market_state_with_a_hole_is_none_at_all_and_says_which(store: Redis) -> None:
    await put(store, key_market_state(SYMBOL), {"sigma": "0.012", "ts": "0.4", "p_mr": ""})

    found = await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0")

    assert found.market is None
    assert found.notes == ("market_state_incomplete:p_trend+p_mr+p_chop",)


@pytest.mark.parametrize("rubbish", [b"abc", b"nan", b"Infinity", b"0,5", b"\xff\xfe"])
async def test_rubbish_is_named_and_left_out(store: Redis, rubbish: bytes) -> None:
    await put(store, key_market_state(SYMBOL), MARKET)
    await store.hset(key_market_state(SYMBOL), "sigma", rubbish)

    found = await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0")

    assert found.market is None
    assert found.notes == ("malformed:sigma", "market_state_incomplete:sigma")


@pytest.mark.parametrize("none_of_it", ["0", "0.0", "-1"])
async def test_a_stop_of_zero_is_the_originals_word_for_none(store: Redis, none_of_it: str) -> None:
    await put(store, key_position(SYMBOL), {"stop_loss": none_of_it})
    await put(store, key_risk_proposal(SYMBOL), {"stop_dist_pct": none_of_it})

    found = await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0")

    assert (found.stop_loss, found.stop_dist_pct) == (None, None)


async def test_a_key_of_the_wrong_type_spoils_only_itself(store: Redis) -> None:
    await store.set(key_market_state(SYMBOL), "not a hash")
    await put(store, key_risk_proposal(SYMBOL), {"stop_dist_pct": "0.02"})

    found = await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0")

    assert (found.market, found.stop_dist_pct) == (None, Decimal("0.02"))


async def test_r31_a_humans_freeze_is_read_with_its_reason(store: Redis) -> None:
    await store.set(KEY_FREEZE, "ops: maintenance")

    assert (await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0")).frozen_by == "ops: maintenance"


async def test_r31_an_empty_freeze_is_a_freeze(store: Redis) -> None:
    await store.set(KEY_FREEZE, "")

    assert (await RedisHints(store).read(SYMBOL, ACCOUNT, "1-0")).frozen_by is not None


async def test_r31_a_freeze_holds_also_in_a_burst_of_closes(
    servers: Stack, store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "PATIENCE_SECONDS", 20.0)  # connections are what is counted here, not time
    await store.set(KEY_FREEZE, "ops: stop everything")
    client = connect_redis(servers.redis_url)

    seen = await asyncio.gather(*(RedisHints(client).read(f"SYM{number}USDT", ACCOUNT, "1-0") for number in range(150)))

    await client.aclose()
    assert [each.notes for each in seen if each.frozen_by is None] == []


@pytest.mark.parametrize("begun", [False, True])
async def test_an_entry_is_answered_by_its_own_close_or_in_bulk_before_anything_was_sent(
    store: Redis, begun: bool
) -> None:
    await store.set(key_published(f"{ACCOUNT}:1-0"), "close/run")
    await store.zadd(key_answered(ACCOUNT), {"2-0": 1})
    hints = RedisHints(store)

    found = [await hints.read(SYMBOL, ACCOUNT, entry, begun=begun) for entry in ("1-0", "2-0", "3-0")]
    assert [each.answered for each in found] == [True, not begun, False]
    assert not (await hints.read(SYMBOL, "second", "2-0")).answered


async def test_r28_a_redis_that_is_down_is_a_note_at_once() -> None:
    dead = connect_redis(f"redis://127.0.0.1:{free_port()}/0")

    async with asyncio.timeout(2):
        found = await RedisHints(dead).read(SYMBOL, ACCOUNT, "1-0")

    await dead.aclose()
    assert found.market is None
    assert found.frozen_by is None
    assert [note.partition(":")[0] for note in found.notes] == ["redis_unreadable"]


async def test_r28_a_redis_that_does_not_answer_is_a_note_when_our_patience_ends(
    silent_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "PATIENCE_SECONDS", 0.1)
    async with asyncio.timeout(3):  # the client's own patience is 5 s, three times over
        found = await RedisHints(silent_redis).read(SYMBOL, ACCOUNT, "1-0")

    assert found.notes == ("redis_unreadable:TimeoutError",)
