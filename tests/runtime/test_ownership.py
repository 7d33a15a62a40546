"""One living installation per exchange account, on the real Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from contracts.errors import AccountOwned, ExchangeUnavailable
from contracts.mode import Venue
from contracts.names import key_owner
from runtime import ownership
from runtime.ownership import Ownership, installation
from runtime.redis_client import connect_redis
from tests.bridge.servers import RedisServer, eventually

KEY = key_owner("simulator", "SimAlias")
LIVES_MS = 600


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same proportions, in less time."""
    monkeypatch.setattr(ownership, "CLAIM_MS", LIVES_MS)
    monkeypatch.setattr(ownership, "RENEW_SECONDS", 0.15)
    monkeypatch.setattr(ownership, "LOOK_SECONDS", 0.03)


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[Redis]:
    """The real Redis, empty."""
    await redis.flushdb()
    yield redis
    await redis.flushdb()


class Account:
    """An exchange account that is known at once, or once it was asked often enough."""

    def __init__(self, known_after: int = 0) -> None:
        self.account_alias: str | None = None if known_after else "SimAlias"
        self._asked, self._known_after = 0, known_after

    async def check_credentials(self) -> None:
        self._asked += 1
        if self._asked < self._known_after:
            raise ExchangeUnavailable("away")
        self.account_alias = "SimAlias"


class Identity:
    """What Temporal says who we are."""

    def __init__(self, name: str) -> None:
        self.name: str | None = name

    async def __call__(self) -> str:
        if self.name is None:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        return self.name


def claim(redis: Redis, name: str, account: Account | None = None, identity: Identity | None = None) -> Ownership:
    return Ownership(redis, account or Account(), Venue.SIMULATOR, name, identity or Identity(name))


@asynccontextmanager
async def kept(held: Ownership) -> AsyncIterator[asyncio.Event]:
    """As a worker keeps it; the event is set when the worker is to stop."""
    stop = asyncio.Event()
    keeping = asyncio.create_task(held.keep(stop))
    try:
        yield stop
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def owner(store: Redis) -> str:
    raw = cast("bytes | None", await store.get(KEY))
    return raw.decode() if raw else ""


async def test_r10_a_second_installation_is_refused_and_told_whose_the_account_is(store: Redis) -> None:
    first = claim(store, "main@default (1)")
    await first.enter()

    async with kept(first):
        with pytest.raises(AccountOwned) as refused:
            await claim(store, "second@default (1)").enter()

    for words in ("SimAlias", "main@default (1), which is alive", "we are second@default (1)", "harvest owner --take"):
        assert words in str(refused.value)
    assert await owner(store) == "main@default (1)"


async def test_workers_of_one_installation_share_the_claim(store: Redis) -> None:
    first, second = claim(store, "main"), claim(store, "main")
    await first.enter()

    async with kept(first) as stop, kept(second) as also:
        await asyncio.wait_for(second.enter(), 1)
        assert not stop.is_set()
        assert not also.is_set()


async def test_r12_the_claim_of_a_dead_installation_runs_out_by_itself(store: Redis) -> None:
    await claim(store, "dead").enter()
    assert 0 < await store.pttl(KEY) <= LIVES_MS

    await asyncio.wait_for(claim(store, "main").enter(), 5)

    assert await owner(store) == "main"


async def test_r12_a_claim_without_a_lifetime_is_given_one(store: Redis) -> None:
    await store.set(KEY, "left behind")

    await asyncio.wait_for(claim(store, "main").enter(), 5)

    assert await owner(store) == "main"


async def test_a_worker_whose_account_was_taken_stops_and_says_why(store: Redis) -> None:
    evicted, taker = claim(store, "evicted"), claim(store, "taker")
    await evicted.enter()

    async with kept(evicted) as stop:
        await store.set(KEY, "taker", px=LIVES_MS)
        async with kept(taker):
            await asyncio.wait_for(stop.wait(), 5)
        with pytest.raises(AccountOwned, match="taker"):
            evicted.require()
    taker.require()


async def test_a_taken_account_that_nobody_keeps_comes_back_to_who_is_there(store: Redis) -> None:
    held = claim(store, "main")
    await held.enter()

    async with kept(held) as stop:
        await store.set(KEY, "never started", px=LIVES_MS)

        async def back() -> bool:
            return await owner(store) == "main"

        await eventually(back)
        assert not stop.is_set()
    held.require()


async def test_lost_data_is_claimed_again(store: Redis) -> None:
    held = claim(store, "main")
    await held.enter()

    async with kept(held):
        await store.flushdb()

        async def claimed() -> bool:
            return await owner(store) == "main"

        await eventually(claimed)


async def test_a_redis_that_is_away_vetoes_nothing_and_is_claimed_when_it_is_back(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    away = connect_redis(server.url)
    held = claim(away, "main")

    await asyncio.wait_for(held.enter(), 10)
    assert await held.owned_by_another() == ""

    async with kept(held) as stop:
        server.start()

        async def claimed() -> bool:
            return await owner(away) == "main"

        await eventually(claimed)
        assert not stop.is_set()
    await away.aclose()
    server.kill()


async def test_an_exchange_that_was_away_at_the_start_tells_whose_account_it_is_later(store: Redis) -> None:
    held = claim(store, "main", Account(known_after=3))
    await held.enter()
    assert (held.key, await owner(store)) == (None, "")

    async with kept(held):

        async def claimed() -> bool:
            return await owner(store) == "main"

        await eventually(claimed)
    assert held.key == KEY


async def test_after_a_loss_of_temporals_data_the_claim_goes_over_without_a_gap(store: Redis) -> None:
    """The namespace has another id then; it is the same installation for whoever held the claim."""
    identity = Identity("main@default (1)")
    held = claim(store, "main@default (1)", identity=identity)
    await held.enter()
    seen: set[str] = set()

    async with kept(held) as stop:
        identity.name = None
        await asyncio.sleep(0.4)
        assert await owner(store) == "main@default (1)"
        identity.name = "main@default (2)"

        async def renamed() -> bool:
            seen.add(await owner(store))
            return "main@default (2)" in seen

        await eventually(renamed)
        assert not stop.is_set()
    assert seen <= {"main@default (1)", "main@default (2)"}


async def test_an_installation_is_named_by_account_and_namespace_and_by_an_id_that_no_other_temporal_gives(
    temporal: Client,
) -> None:
    name = await installation(temporal, "main")

    assert name.startswith("main@default (")
    assert len(name.partition("(")[2]) == len("01234567-89ab-cdef-0123-456789abcdef)")
    assert name == await installation(temporal, "main")
    assert name != await installation(temporal, "second")
