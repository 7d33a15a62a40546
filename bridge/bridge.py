"""The bridge: stream entries become durable closes, and only then are they acknowledged."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.client import Client

from bridge.backoff import pause_after
from bridge.entry import Entry, order_of
from bridge.intake import Intake
from bridge.lookout import Lookout
from bridge.reader import FIRST, Reader, group_is_missing
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.urgency import Urgency
from bridge.vitals import Vitals, meter_of
from contracts.close import ClosePolicy
from contracts.wire_time import FUTURE_TOLERANCE

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class Bridge:
    """One consumer of the intent stream.

    Args:
        redis: client for bytes; its socket timeout is longer than a read blocks.
        client: traced client; eager starts need a worker of the same client in this process.
        policy: travels with every close.
    """

    def __init__(self, redis: Redis, client: Client, policy: ClosePolicy, settings: BridgeSettings) -> None:
        self.stats = BridgeStats()
        self._policy = policy
        self._settings = settings
        self._reader = Reader(redis, settings, self.stats)
        self._lookout = Lookout(self._reader)
        self._intake = Intake(redis, client, self._reader, policy, settings, self.stats)
        self._vitals = Vitals(redis, meter_of(client), settings, self.stats)
        self._ready = False
        self._next_sweep = 0.0
        self._next_claim = 0.0
        self._claim_from = FIRST

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop, then let entries in work finish. What is not finished stays un-acknowledged."""
        vitals = asyncio.create_task(self._vitals.run(), name="bridge vitals")
        try:
            await self._read(stop)
            left = await self._intake.lanes.drain(self._settings.drain)
        finally:
            vitals.cancel()
        _log.info("bridge stopped", left_pending=left)

    async def _read(self, stop: asyncio.Event) -> None:
        errors = 0
        while not stop.is_set():
            try:
                await self._turn(stop)
                errors = 0
            except RedisError as error:
                errors = 0 if group_is_missing(error) else errors + 1
                await self._recover(error, errors, stop)
            except Exception:
                errors += 1
                await self._stumble(errors, stop)

    async def _turn(self, stop: asyncio.Event) -> None:
        await self._intake.lanes.room(self._settings.max_in_flight, stop)
        if stop.is_set():
            return
        if not self._ready:
            await self._reader.ensure_group()
            self._ready = True
        await self._own_pending(stop)
        await self._orphans()
        await self._new(stop)

    async def _recover(self, error: RedisError, errors: int, stop: asyncio.Event) -> None:
        """One line, one pause; then the group is checked and our own pending entries are looked through first."""
        self.stats.redis_errors += 1
        self._ready = False
        self._next_sweep = 0.0
        self._lookout.forget()
        if errors == 0:
            _log.warning("the consumer group is gone; creating it again", error=str(error)[:200])
            return
        pause = pause_after(errors)
        _log.warning("waiting for Redis: %s", str(error)[:200] or type(error).__name__, tries=errors, pause_s=pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)

    async def _stumble(self, errors: int, stop: asyncio.Event) -> None:
        """An error nobody thought of must not end the bridge: it would come again after every restart."""
        self.stats.failures += 1
        self._next_sweep = 0.0
        pause = pause_after(errors)
        _log.exception("the bridge stumbled and goes on", tries=errors, pause_s=pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)

    async def _own_pending(self, stop: asyncio.Event) -> None:
        """Entries delivered to us and not acknowledged: from before a restart, or swallowed by a broken connection."""
        if time.monotonic() < self._next_sweep:
            return
        after = FIRST
        while not stop.is_set() and (entries := await self._reader.pending(after)):
            await self._intake.take(entries)
            after = entries[-1].id
            await self._intake.lanes.room(self._settings.max_in_flight, stop)
        self._next_sweep = time.monotonic() + self._settings.sweep_every.total_seconds()

    async def _orphans(self) -> None:
        """Entries of consumers that died (R24), a page a turn."""
        if time.monotonic() < self._next_claim:
            return
        self._claim_from, entries = await self._reader.claim(self._claim_from)
        if self._claim_from == FIRST:
            self._next_claim = time.monotonic() + self._settings.claim_every.total_seconds()
        await self._intake.take(entries)

    async def _new(self, stop: asyncio.Event) -> None:
        busy = len(self._intake.stale) > 0 or self._claim_from != FIRST
        entries = await self._read_unless(stop, None if busy else self._settings.block)
        self.stats.read += len(entries)
        self.stats.last_read_ms = time.time_ns() // 1_000_000
        only_stale = await self._intake.take(entries)
        if len(entries) == self._settings.read_count:
            await self._look_ahead(entries[-1].id, only_stale)
            return
        self._lookout.forget()
        if self._claim_from == FIRST:
            await self._intake.start_held(self._settings.max_in_flight)

    async def _read_unless(self, stop: asyncio.Event, block: timedelta | None) -> list[Entry]:
        """New entries, or none as soon as we are to stop. What Redis delivered by then stays pending with us."""
        reading = asyncio.ensure_future(self._reader.new(block))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if reading.done():
            return reading.result()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        return []

    async def _look_ahead(self, delivered: str, only_stale: bool) -> None:
        """Decisions behind a long backlog do not wait until it is read.

        Behind an old one none does. Behind one of fresh decisions there is room for emergencies only, and not for ever
        more of them. What the group delivered already is not looked at: it may have been handled before a restart.
        """
        if len(self._intake.lanes) >= 2 * self._settings.max_in_flight:
            return
        oldest = datetime.now(UTC) - self._policy.max_intent_age - FUTURE_TOLERANCE
        floor = max(delivered, f"{int(oldest.timestamp() * 1000)}-0", key=order_of)
        least = Urgency.OTHER if only_stale else Urgency.EMERGENCY
        await self._intake.take_ahead(await self._lookout.look(floor), least)
