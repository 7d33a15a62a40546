"""The bridge: stream entries become durable closes, and only then are they acknowledged."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.client import Client

from bridge.backoff import pause_after
from bridge.dead_letters import DeadLetters
from bridge.entry import Entry, order_of
from bridge.lanes import Lanes
from bridge.reader import FIRST, Reader, group_is_missing
from bridge.recent import Recent
from bridge.settings import BridgeSettings
from bridge.stale import StaleDecisions
from bridge.starter import Starter
from bridge.stats import BridgeStats
from bridge.trace import consuming
from bridge.urgency import most_urgent_first
from bridge.validate import Rejected, validate
from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.wire_time import FUTURE_TOLERANCE

_GIVE_UP_AFTER: Final = 3
"""Unexpected errors on one entry before it becomes a dead letter."""

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
        self._dead = DeadLetters(redis, settings, self.stats)
        self._stale = StaleDecisions(redis, policy.account, settings, self.stats)
        self._starter = Starter(client, policy, settings, self.stats)
        self._lanes = Lanes(settings.concurrency)
        self._recent = Recent()
        self._failures: dict[str, int] = {}
        self._ready = False
        self._next_sweep = 0.0
        self._next_claim = 0.0
        self._claim_from = FIRST
        self._looked_ahead_to = FIRST

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop, then let entries in work finish. What is not finished stays un-acknowledged."""
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
        left = await self._lanes.drain(self._settings.drain)
        _log.info("bridge stopped", left_pending=left)

    async def _turn(self, stop: asyncio.Event) -> None:
        await self._lanes.room(self._settings.max_in_flight, stop)
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
            await self._take(entries)
            after = entries[-1].id
            await self._lanes.room(self._settings.max_in_flight, stop)
        self._next_sweep = time.monotonic() + self._settings.sweep_every.total_seconds()

    async def _orphans(self) -> None:
        """Entries of consumers that died (R24), a page a turn."""
        if time.monotonic() < self._next_claim:
            return
        self._claim_from, entries = await self._reader.claim(self._claim_from)
        if self._claim_from == FIRST:
            self._next_claim = time.monotonic() + self._settings.claim_every.total_seconds()
        await self._take(entries)

    async def _new(self, stop: asyncio.Event) -> None:
        busy = len(self._stale) > 0 or self._claim_from != FIRST
        entries = await self._read_unless(stop, None if busy else self._settings.block)
        self.stats.read += len(entries)
        self.stats.last_read_ms = time.time_ns() // 1_000_000
        only_stale = await self._take(entries)
        if len(entries) < self._settings.read_count:
            self._looked_ahead_to = FIRST
            if self._claim_from == FIRST:
                self._start_held()
        elif only_stale:
            await self._look_ahead(entries[-1].id)

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

    async def _take(self, entries: Sequence[Entry]) -> bool:
        """Get all of these on their way; returns whether there was nothing but stale ones among them.

        If one of them breaks us, each is taken by itself: one entry must not keep the others waiting (R23).
        """
        try:
            return await self._take_together(entries)
        except RedisError:
            raise
        except Exception:
            self.stats.failures += 1
            _log.exception("an entry broke its batch; taking each by itself", count=len(entries))
        for entry in entries:
            await self._take_alone(entry)
        return False

    async def _take_alone(self, entry: Entry) -> None:
        try:
            await self._take_together([entry])
        except RedisError:
            raise
        except Exception:
            await self._failed(entry)

    async def _take_together(self, entries: Sequence[Entry]) -> bool:
        now = datetime.now(UTC)
        stale: list[CloseIntent] = []
        fresh: list[CloseIntent] = []
        rejected: list[Rejected] = []
        again = [entry.id for entry in entries if entry.id in self._recent]
        for entry in self._unknown(entries):
            verdict = validate(entry, now)
            if isinstance(verdict, Rejected):
                rejected.append(verdict)
            else:
                (stale if self._too_old(verdict, now) else fresh).append(verdict)
        self._submit(fresh)
        for letter in rejected:
            self._lanes.submit(letter.entry.id, f"dead {letter.entry.id}", partial(self._bury, letter))
        if stale:
            for entry_id in await self._stale.take(stale):
                self._recent.add(entry_id)
        if again:
            await self._reader.acknowledge(*again)
        return bool(stale) and not fresh and not rejected

    async def _look_ahead(self, delivered: str) -> None:
        """Fresh decisions behind a long backlog do not wait until it is read.

        They are taken from the stream directly; when the group delivers them, they are only acknowledged. What the
        group delivered already is not looked at: it may have been handled before a restart.
        """
        now = datetime.now(UTC)
        oldest = now - self._policy.max_intent_age - FUTURE_TOLERANCE
        starts = (self._looked_ahead_to, delivered, f"{int(oldest.timestamp() * 1000)}-0")
        entries = await self._reader.ahead(max(starts, key=order_of))
        if not entries:
            return
        self._looked_ahead_to = entries[-1].id
        verdicts = [validate(entry, now) for entry in self._unknown(entries)]
        self._submit(
            [intent for intent in verdicts if isinstance(intent, CloseIntent) and not self._too_old(intent, now)]
        )

    def _unknown(self, entries: Sequence[Entry]) -> list[Entry]:
        known = (self._lanes, self._recent, self._stale)
        return [entry for entry in entries if not any(entry.id in ids for ids in known)]

    def _too_old(self, intent: CloseIntent, now: datetime) -> bool:
        age: timedelta = now - intent.decided_at
        return age > self._policy.max_intent_age

    def _start_held(self) -> None:
        released = self._stale.release()
        self.stats.stale_started += len(released)
        self._submit(released)

    def _submit(self, intents: Sequence[CloseIntent]) -> None:
        for intent in self._ordered(intents):
            self._lanes.submit(intent.entry_id, intent.symbol, partial(self._close, intent))

    def _ordered(self, intents: Sequence[CloseIntent]) -> Sequence[CloseIntent]:
        try:
            return most_urgent_first(intents)
        except Exception:
            # That everybody goes matters more than who goes first. The one to blame fails again in its own lane.
            self.stats.failures += 1
            _log.exception("decisions could not be ordered; they go as they came", count=len(intents))
            return intents

    async def _close(self, intent: CloseIntent) -> None:
        """Start or join, then acknowledge: never the other way round (R24)."""
        try:
            with consuming(intent.entry_id, intent.traceparent, intent.symbol, intent.action) as span:
                await self._starter.start_or_submit(intent.model_copy(update={"traceparent": span.traceparent}))
            self._recent.add(intent.entry_id)
            self._failures.pop(intent.entry_id, None)
            await self._reader.acknowledge(intent.entry_id)
        except RedisError as error:
            _log.warning("not acknowledged yet; Redis: %s", str(error)[:200], entry_id=intent.entry_id)
        except Exception:
            await self._failed(Entry(intent.entry_id, {b"intent": intent.model_dump_json().encode()}))

    async def _failed(self, entry: Entry) -> None:
        """An error nobody thought of: the entry stays pending and is tried again, but not for ever."""
        self.stats.failures += 1
        count = self._failures[entry.id] = self._failures.get(entry.id, 0) + 1
        _log.exception("a decision could not be handed over", entry_id=entry.id, tries=count)
        if count >= _GIVE_UP_AFTER:
            problem = f"could not be handed to Temporal {count} times; see the log of this time"
            await self._bury(Rejected(entry, "entry", problem))
            self._failures.pop(entry.id, None)

    async def _bury(self, letter: Rejected) -> None:
        raw_parent = letter.entry.fields.get(b"traceparent", b"").decode(errors="replace")
        try:
            with consuming(letter.entry.id, raw_parent or None):
                await self._dead.bury(letter)
            self._recent.add(letter.entry.id)
        except RedisError as error:
            _log.warning("dead letter not written yet; Redis: %s", str(error)[:200], entry_id=letter.entry.id)
        except Exception:
            self.stats.failures += 1
            _log.exception("dead letter not written; the entry stays pending", entry_id=letter.entry.id)
