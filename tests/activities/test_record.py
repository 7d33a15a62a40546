"""Our record of a position follows what was verified on the exchange, and nothing else."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from temporalio.testing import ActivityEnvironment

from activities.confirmation import Confirmation
from activities.publisher import Publisher
from activities.results import VerifiedResults
from contracts.names import STREAM_RESULT, key_record
from contracts.snapshot import GenerationFacts
from tests.activities.fake_exchange import FakeExchange, Positions, Trades, Views
from tests.activities.samples import ACCOUNT, DAY, NOW, SYMBOL, conclude_request, order, position, trade

RECORD = key_record(ACCOUNT, SYMBOL, "LONG")
BEFORE = {"amount": "10", "generation": "4711"}


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[Redis]:
    """The real Redis with a record of a position of 10."""
    await redis.flushdb()
    await redis.hset(RECORD, items=[text for pair in BEFORE.items() for text in pair])
    yield redis
    await redis.flushdb()


async def conclude(store: Redis, *, executed: str, left: str) -> bool:
    """A full close of 10 of which this much was filled; whether it is verified as done."""
    held = Views[Positions]((position(left),) if left != "0" else ())
    exchange = FakeExchange(held=held, fills=Views[Trades]((trade(11, f"-{executed}", order_id=7),)))
    status = "FILLED" if executed == "10" else "EXPIRED"
    request = conclude_request(
        order(7, "hv-a-full-1", status=status, original="10", executed=executed),
        generation=GenerationFacts(opening_trade_id=4711, opened_at_ms=NOW - DAY, peak_size=position("10").size),
    )
    results = VerifiedResults(exchange, Confirmation(exchange), Publisher(store, "build"))
    return (await ActivityEnvironment().run(results.confirm_verify_publish, request)).verified


async def test_r47_a_close_that_did_not_fill_leaves_the_record_and_announces_nothing(store: Redis) -> None:
    assert not await conclude(store, executed="4", left="6")

    assert await store.hmget(RECORD, *BEFORE) == [b"10", b"4711"]
    assert await store.xlen(STREAM_RESULT) == 0


async def test_r47_the_record_goes_with_the_position_and_not_before(store: Redis) -> None:
    assert await conclude(store, executed="10", left="0")

    assert not await store.exists(RECORD)
    assert await store.xlen(STREAM_RESULT) == 1
