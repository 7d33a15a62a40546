"""Decisions that are too old to act on.

They are answered in bulk, one record for many, without a workflow each: old backlog is not replayed into the market
(R15, R65). But protection is not thrown away: of each symbol and named side the strongest is held back, the newest
among equals, and gets its workflow once the backlog is read. That one closes only if today's facts still say so.
"""

import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import structlog
from redis.asyncio import Redis

from bridge.answers import BulkAnswers
from bridge.entry import Entry, order_of
from bridge.old import OldDecision
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.urgency import Urgency
from contracts.close import ClosePolicy
from contracts.intent import admitted
from contracts.names import STREAM_INTENT
from contracts.order import PositionSide
from contracts.result import Outcome
from contracts.wire_out import SOURCE

_AT_ONCE: Final = 500
"""Given up and displaced ones together fit into one answer."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class _Rank(NamedTuple):
    """Of two decisions that compete for one place the larger rank is held back."""

    strength: int
    decided_at: datetime
    entry: tuple[int, int]


class _Held(NamedTuple):
    # The rank is kept: an entry is judged once, when it comes, and cannot break its successors.
    rank: _Rank
    decision: OldDecision


_Place = tuple[str, PositionSide | None]
"""Symbol and named side: in hedge mode each side is a position of its own."""


class StaleDecisions:
    """Held back: the strongest closing decision per place. It stays pending in Redis, so a crash loses none."""

    def __init__(self, redis: Redis, policy: ClosePolicy, settings: BridgeSettings, stats: BridgeStats) -> None:
        self._redis = redis
        self._policy = policy
        self._account = policy.account
        self._settings = settings
        self._stats = stats
        self._answers = BulkAnswers(redis, settings.group, policy.account)
        self._held: dict[_Place, _Held] = {}
        self._ids: set[str] = set()
        self._weakest_first: list[_Place] | None = None

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._ids

    async def take(self, decisions: Sequence[OldDecision]) -> None:
        """Hold back the strongest of each place and answer all others. Raises ``RedisError``."""
        for start in range(0, len(decisions), _AT_ONCE):
            await self._take(decisions[start : start + _AT_ONCE])

    def release(self, at_most: int) -> list[Entry]:
        """Some of the decisions held back, each to be started once; the strongest first."""
        if self._weakest_first is None:
            self._weakest_first = sorted(self._held, key=lambda place: self._held[place].rank)
        count = min(at_most, len(self._weakest_first))
        released = [self._held.pop(self._weakest_first.pop()).decision.entry for _ in range(count)]
        self._ids.difference_update(entry.id for entry in released)
        return released

    async def _take(self, decisions: Sequence[OldDecision]) -> None:
        answered = await self._answers.already([decision.entry.id for decision in decisions])
        if answered:
            await self._acknowledge(answered)
        changed: dict[_Place, _Held] = {}
        losers = [self._loser(decision, changed) for decision in decisions if decision.entry.id not in answered]
        await self._give_up([decision for decision in losers if decision is not None])
        self._hold(changed)  # only now: if Redis failed, the entries are still pending and come again

    def _loser(self, decision: OldDecision, changed: dict[_Place, _Held]) -> OldDecision | None:
        """Let this one and the held one compete for their place; returns the one to give up, if any.

        A newer partial close must not displace an emergency that nobody has carried out yet.
        """
        if decision.urgency is Urgency.OTHER or not self._ours(decision):
            return decision
        place = (decision.symbol, decision.side)
        rank = _Rank(-decision.urgency, decision.decided_at, order_of(decision.entry.id))
        other = changed.get(place) or self._held.get(place)
        if other is not None and rank < other.rank:
            return decision
        changed[place] = _Held(rank, decision)
        return other.decision if other is not None else None

    def _ours(self, decision: OldDecision) -> bool:
        """Nothing old is held that would be refused for its account or its source, and ours be given up for it."""
        if decision.account not in (None, self._account):
            return False
        emergency = decision.urgency is Urgency.EMERGENCY
        return emergency or admitted(decision.entry.id, decision.source, self._policy.exit_owners)

    def _hold(self, changed: dict[_Place, _Held]) -> None:
        for place, held in changed.items():
            before = self._held.get(place)
            if before is not None:
                self._ids.discard(before.decision.entry.id)
            self._held[place] = held
            self._ids.add(held.decision.entry.id)
        self._weakest_first = None

    async def _give_up(self, given_up: list[OldDecision]) -> None:
        """One record for all that nobody has answered yet."""
        while given_up:
            record = stale_record(given_up, self._account, self._settings.build, time.time_ns() // 1_000_000)
            answered = await self._answers.give(record, [decision.entry.id for decision in given_up])
            if not answered:
                self._stats.stale += len(given_up)
                ends = {name: record[name] for name in ("count", "first_id", "last_id")}
                _log.warning("too old to act on", **ends)
                return
            await self._acknowledge(answered)
            given_up = [decision for decision in given_up if decision.entry.id not in answered]

    async def _acknowledge(self, entry_ids: Collection[str]) -> None:
        await self._redis.xack(STREAM_INTENT, self._settings.group, *entry_ids)


def stale_record(given_up: Sequence[OldDecision], account: str, build: str, published_ms: int) -> dict[str, str]:
    """The one record of ``apply.result`` that answers all of these."""
    ids = sorted((decision.entry.id for decision in given_up), key=order_of)
    symbols = {decision.symbol for decision in given_up}
    return {
        "event_type": "apply.result",
        "plan_id": f"stale:{ids[0]}:{ids[-1]}",
        "entry_id": ids[-1],
        "symbol": symbols.pop() if len(symbols) == 1 else "",
        "decision": "SKIP",
        "outcome": Outcome.SKIPPED_STALE.value,
        "executed": "false",
        "would_execute": "false",
        "reason_codes": "intent_too_old",
        "first_id": ids[0],
        "last_id": ids[-1],
        "count": str(len(ids)),
        "counts": json.dumps(_counts(given_up), separators=(",", ":"), sort_keys=True),
        "source": SOURCE,
        "build": build,
        "account": account,
        "workflow_id": "",
        "trace_id": "",
        "timestamp": str(published_ms),
    }


def _counts(decisions: Iterable[OldDecision]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for decision in decisions:
        counts.setdefault(decision.symbol, Counter())[decision.action] += 1
    return {symbol: dict(actions) for symbol, actions in counts.items()}
