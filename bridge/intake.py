"""What becomes of entries: a close, an answer in bulk, or a dead letter."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.client import Client

from bridge.answers import BulkAnswers
from bridge.dead_letters import DeadLetters
from bridge.entry import Entry, order_of
from bridge.lanes import Lanes
from bridge.old import OldDecision, plainly_old, surely_old
from bridge.reader import Reader
from bridge.recent import Recent
from bridge.settings import BridgeSettings
from bridge.stale import StaleDecisions
from bridge.starter import Starter
from bridge.stats import BridgeStats
from bridge.trace import consuming
from bridge.urgency import Urgency, urgency
from bridge.validate import Rejected, validate
from contracts.close import ClosePolicy
from contracts.intent import CloseIntent

_GIVE_UP_AFTER: Final = 3
"""Unexpected errors on one entry before it becomes a dead letter."""
_LATE_MS: Final = 100
"""An entry that was added no longer ago than that is delivered for the first time."""
_BREATH: Final = 50
"""Entries that are read at a stretch; then the closes under way in this process may go on."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass
class _Sorted:
    """A batch by what becomes of it."""

    fresh: list[CloseIntent] = field(default_factory=list)
    stale: list[OldDecision] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


class Intake:
    """Gets entries on their way. One entry must not keep the others waiting, whatever is in it (R23)."""

    def __init__(
        self,
        redis: Redis,
        client: Client,
        reader: Reader,
        policy: ClosePolicy,
        settings: BridgeSettings,
        stats: BridgeStats,
    ) -> None:
        self._reader = reader
        self._policy = policy
        self._stats = stats
        self._dead = DeadLetters(redis, policy.account, settings, stats)
        self._starter = Starter(client, policy, settings, stats)
        self._answers = BulkAnswers(redis, settings.group, policy.account)
        self._recent = Recent()
        self._failures: dict[str, int] = {}
        self.lanes = Lanes(settings.concurrency)
        self.stale = StaleDecisions(redis, policy, settings, stats)

    async def take(self, entries: Sequence[Entry]) -> bool:
        """Get all of these on their way; returns whether there was nothing but stale ones among them.

        Raises:
            RedisError: some are still pending and come again.
        """
        try:
            return await self._take_together(entries)
        except RedisError:
            raise
        except Exception:
            self._stats.failures += 1
            _log.exception("an entry broke its batch; taking each by itself", count=len(entries))
        for entry in entries:
            await self._take_alone(entry)
        return False

    async def take_ahead(self, entries: Sequence[Entry], least: Urgency) -> None:
        """Start the fresh ones among entries that the group has not delivered yet, if they are urgent enough.

        When it delivers them, they are only acknowledged.
        """
        now = datetime.now(UTC)
        oldest = now - self._policy.max_intent_age
        entries = [entry for entry in self._unknown(entries) if not surely_old(entry, oldest)]
        fresh = (await self._sort(entries, now)).fresh
        self._submit([intent for intent in await self._unanswered(fresh) if self._rank(intent) <= least])

    async def start_held(self, at_most: int) -> None:
        """Re-evaluate the decisions that were held back of the backlog, the strongest first. Raises ``RedisError``."""
        released = self.stale.release(at_most)
        ours = await self._reader.still_ours([entry.id for entry in released])
        now = datetime.now(UTC)
        verdicts = [validate(entry, now) for entry in released if entry.id in ours]
        kept = [verdict for verdict in verdicts if isinstance(verdict, CloseIntent)]
        self._stats.stale_started += len(kept)
        self._submit([intent.model_copy(update={"stale": True}) for intent in kept])
        if rejected := [verdict for verdict in verdicts if isinstance(verdict, Rejected)]:
            await self._dead.bury(*rejected)

    async def _take_alone(self, entry: Entry) -> None:
        try:
            await self._take_together([entry])
        except RedisError:
            raise
        except Exception:
            await self._failed(entry)

    async def _take_together(self, entries: Sequence[Entry]) -> bool:
        again = [entry.id for entry in entries if entry.id in self._recent]
        batch = await self._sort(self._unknown(entries), datetime.now(UTC))
        self._submit(await self._unanswered(batch.fresh))
        if batch.rejected:
            await self._dead.bury(*batch.rejected)
        if batch.stale:
            await self.stale.take(batch.stale)
        if again:
            await self._reader.acknowledge(*again)
        return bool(batch.stale) and not batch.fresh and not batch.rejected

    async def _sort(self, entries: Sequence[Entry], now: datetime) -> _Sorted:
        batch = _Sorted()
        oldest = now - self._policy.max_intent_age
        for count, entry in enumerate(entries, 1):
            if old := plainly_old(entry, oldest):
                batch.stale.append(old)
            else:
                self._judge(entry, now, oldest, batch)
            if count % _BREATH == 0:
                await asyncio.sleep(0)
        return batch

    def _judge(self, entry: Entry, now: datetime, oldest: datetime, batch: _Sorted) -> None:
        verdict = validate(entry, now)
        if isinstance(verdict, Rejected):
            batch.rejected.append(verdict)
        elif verdict.decided_at < oldest:
            batch.stale.append(OldDecision.of(entry, verdict))
        else:
            batch.fresh.append(verdict)

    def _unknown(self, entries: Sequence[Entry]) -> list[Entry]:
        lanes, recent, stale = self.lanes, self._recent, self.stale
        return [entry for entry in entries if not (entry.id in lanes or entry.id in recent or entry.id in stale)]

    async def _unanswered(self, intents: Sequence[CloseIntent]) -> Sequence[CloseIntent]:
        """Without those that have their answer and were delivered again, which are acknowledged.

        There is nothing left to do for them, and one that is strong would make a running decision give way to it.
        """
        recently = (time.time_ns() // 1_000_000) - _LATE_MS
        late = [intent.entry_id for intent in intents if order_of(intent.entry_id)[0] < recently]
        answered = await self._answers.already(late) if late else set()
        if answered:
            await self._reader.acknowledge(*answered)
            _log.info("delivered again, and answered already", entry_ids=sorted(answered)[:20], count=len(answered))
        return [intent for intent in intents if intent.entry_id not in answered]

    def _submit(self, intents: Sequence[CloseIntent]) -> None:
        ranked = [(self._rank(intent), intent) for intent in intents]
        for rank, intent in sorted(ranked, key=itemgetter(0)):
            self.lanes.submit(intent.entry_id, intent.symbol, partial(self._close, intent), rank)

    def _rank(self, intent: CloseIntent) -> Urgency:
        try:
            return urgency(intent)
        except Exception:
            # That it goes matters more than when. It fails again in its own lane, where it is counted.
            self._stats.failures += 1
            _log.exception("the urgency of a decision cannot be told", entry_id=intent.entry_id)
            return Urgency.OTHER

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
        self._stats.failures += 1
        count = self._failures[entry.id] = self._failures.get(entry.id, 0) + 1
        _log.exception("a decision could not be handed over", entry_id=entry.id, tries=count)
        if count >= _GIVE_UP_AFTER:
            problem = f"could not be handed to Temporal {count} times; see the log of this time"
            await self._give_up(Rejected(entry, "entry", problem))

    async def _give_up(self, letter: Rejected) -> None:
        try:
            await self._dead.bury(letter)
            self._recent.add(letter.entry.id)
            self._failures.pop(letter.entry.id, None)
        except RedisError as error:
            _log.warning("dead letter not written yet; Redis: %s", str(error)[:200], entry_id=letter.entry.id)
        except Exception:
            self._stats.failures += 1
            _log.exception("dead letter not written; the entry stays pending", entry_id=letter.entry.id)
