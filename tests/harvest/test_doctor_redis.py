"""`harvest doctor` and a Redis that is not as it should be; and how it asks, whatever it asks about."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from contracts.errors import HarvestError
from contracts.names import CONSUMER_GROUP, KEY_REQUEUED, STREAM_DEAD, STREAM_INTENT
from harvest.doctor.checks_redis import RedisChecks
from harvest.doctor.question import Question, examine
from harvest.doctor.verdict import Level, Verdict, ok
from harvest.doctor.view import as_lines
from runtime.settings import Settings
from tests.bridge.servers import RedisServer
from tests.harvest.found import named

pytestmark = pytest.mark.xdist_group("doctor")


@pytest.fixture
def lonely(server: RedisServer) -> Iterator["Redis"]:
    """Empty again for each test, with a policy of its own."""
    with Redis(port=server.port) as redis:
        redis.flushall()
        yield redis
        redis.config_set("appendonly", "yes")
        redis.config_set("maxmemory", "0")


async def of_redis(url: str) -> dict[str, Verdict]:
    """What the doctor finds in a Redis alone."""
    checks = RedisChecks(Settings(redis_url=url))
    try:
        return named(await examine(checks.question))
    finally:
        await checks.close()


async def test_a_redis_that_no_worker_has_seen(server: RedisServer, lonely: "Redis") -> None:
    found = await of_redis(server.url)
    assert found["intent stream"].level is Level.FAIL
    assert "does not exist" in found["intent stream"].fact
    assert found["bridge"].level is found["lag"].level is found["pending"].level is Level.SKIPPED

    lonely.xadd(STREAM_INTENT, {"symbol": "ETHUSDT"})
    found = await of_redis(server.url)
    assert f"has no consumer group {CONSUMER_GROUP}" in found["intent stream"].fact


async def test_entries_that_nobody_works_on(server: RedisServer, lonely: "Redis") -> None:
    lonely.xgroup_create(STREAM_INTENT, CONSUMER_GROUP, id="0", mkstream=True)
    assert "nor ever did" in (await of_redis(server.url))["bridge"].fact
    ids: Any = [lonely.xadd(STREAM_INTENT, {"n": str(number)}) for number in range(103)]
    lonely.xreadgroup(CONSUMER_GROUP, "bridge-dead", {STREAM_INTENT: ">"}, count=2)

    found = await of_redis(server.url)
    assert found["pending"].level is Level.OK
    assert (found["lag"].level, found["lag"].fact) == (Level.WARN, "101 entries not read yet")

    lonely.xclaim(STREAM_INTENT, CONSUMER_GROUP, "bridge-dead", 0, ids[:1], idle=300_000)
    found = await of_redis(server.url)
    assert found["pending"].level is Level.FAIL
    assert found["pending"].fact.startswith("2 entries read and not dealt with; the oldest is ")
    assert found["pending"].fact.endswith("last taken up 5 min ago: nobody works on it")


async def test_dead_letters_are_counted_until_they_are_put_back(server: RedisServer, lonely: "Redis") -> None:
    first, second = (str(lonely.xadd(STREAM_DEAD, {"entry_id": f"{n}-0"}).decode()) for n in (1, 2))  # type: ignore[union-attr]
    lonely.hset(KEY_REQUEUED, first, "3-0")

    letters = (await of_redis(server.url))["dead letters"]
    assert (letters.level, letters.fact) == (
        Level.WARN,
        "2 dead letters, 1 put back: what was decided was not done",
    )

    lonely.hset(KEY_REQUEUED, second, "4-0")
    letters = (await of_redis(server.url))["dead letters"]
    assert (letters.level, letters.fact) == (Level.OK, "2, all put back")


async def test_a_redis_that_forgets_is_warned_of(server: RedisServer, lonely: "Redis") -> None:
    lonely.config_set("appendonly", "no")
    lonely.config_set("maxmemory", "100mb")
    lonely.config_set("maxmemory-policy", "noeviction")
    found = await of_redis(server.url)
    assert (found["append-only file"].level, found["eviction"].level) == (Level.WARN, Level.OK)

    lonely.config_set("maxmemory-policy", "allkeys-lru")
    assert (await of_redis(server.url))["eviction"].level is Level.WARN


async def test_a_redis_that_is_silent_costs_its_patience_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvest.doctor.question.WITHIN_S", 0.3)

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        began = time.monotonic()
        found = await of_redis(f"redis://127.0.0.1:{port}/0")
        lasted = time.monotonic() - began

    assert (found["redis"].level, found["redis"].fact) == (Level.FAIL, "no answer within 0.3 s")
    assert {verdict.level for name, verdict in found.items() if name != "redis"} == {Level.SKIPPED}
    assert lasted < 3


async def test_a_defect_is_told_by_its_name_and_not_by_its_text() -> None:
    async def defective() -> Verdict:
        raise LookupError("a secret")

    async def refused() -> Verdict:
        raise HarvestError("it is so | do this")

    async def fine() -> Verdict:
        return ok("fine")

    then = (Question("refused", refused, "or this"), Question("defective", defective, "", (Question("x", fine, ""),)))
    checks = await examine(Question("door", fine, "", then))

    assert [check.name for check in checks] == ["door", "refused", "defective", "x"]
    assert checks[1].verdict == Verdict(Level.FAIL, "it is so", "do this")
    assert checks[2].verdict.fact == "unexpected LookupError"
    assert "secret" not in as_lines(checks)
    assert as_lines(checks).endswith("2 of 4 checks FAIL (refused, defective), 1 not asked")
