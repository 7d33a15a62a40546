"""Decisions that are too old to act on.

They are answered in bulk, one record for many, without a workflow each: old backlog is not replayed into the market
(R15, R65). But protection is not thrown away: of each symbol and named side the strongest is held back, the newest
among equals, and gets its workflow once the backlog is read. That one closes only if today's facts still say so.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, cast

import structlog
from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from bridge.entry import order_of
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.urgency import closes, urgency
from contracts.intent import CloseIntent
from contracts.names import STREAM_INTENT, STREAM_RESULT
from contracts.order import PositionSide
from contracts.result import Outcome
from contracts.wire_out import SOURCE

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class _Rank(NamedTuple):
    """Of two decisions that compete for one place the larger rank is held back."""

    strength: int
    decided_at: datetime
    entry: tuple[int, int]


class _Held(NamedTuple):
    # The rank is kept: an entry is judged once, when it comes, and cannot break its successors.
    rank: _Rank
    intent: CloseIntent


_Place = tuple[str, PositionSide | None]
"""Symbol and named side: in hedge mode each side is a position of its own."""


class StaleDecisions:
    """Held back: the strongest closing decision per place. It stays pending in Redis, so a crash loses none."""

    def __init__(self, redis: Redis, account: str, settings: BridgeSettings, stats: BridgeStats) -> None:
        self._redis = redis
        self._account = account
        self._settings = settings
        self._stats = stats
        self._held: dict[_Place, _Held] = {}
        self._ids: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._ids

    async def take(self, intents: Sequence[CloseIntent]) -> list[str]:
        """Hold back the strongest of each place and answer all others; returns the ids answered."""
        held = dict(self._held)
        given_up: list[CloseIntent] = []
        for intent in intents:
            loser = _keep_strongest(held, intent) if self._ours(intent) and closes(intent) else intent
            if loser is not None:
                given_up.append(loser)
        if given_up:
            await self._answer(given_up)
        self._hold(held)  # only now: if Redis failed, the entries are still pending and come again
        return [intent.entry_id for intent in given_up]

    def release(self) -> list[CloseIntent]:
        """The decisions held back, marked as stale, each to be started once; the strongest first."""
        strongest_first = sorted(self._held.values(), key=lambda held: held.rank, reverse=True)
        self._hold({})
        return [held.intent.model_copy(update={"stale": True}) for held in strongest_first]

    def _ours(self, intent: CloseIntent) -> bool:
        """Nothing old is held for another account: it would be refused there, and ours be given up for it."""
        return intent.account in (None, self._account)

    def _hold(self, held: dict[_Place, _Held]) -> None:
        self._held = held
        self._ids = frozenset(each.intent.entry_id for each in held.values())

    async def _answer(self, given_up: list[CloseIntent]) -> None:
        """One record and all acknowledgements, both or neither."""
        record = stale_record(given_up, self._account, self._settings.build, time.time_ns() // 1_000_000)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xadd(STREAM_RESULT, cast("dict[FieldT, EncodableT]", record))
            pipe.xack(STREAM_INTENT, self._settings.group, *(intent.entry_id for intent in given_up))
            await pipe.execute()
        self._stats.stale += len(given_up)
        _log.warning("too old to act on", count=record["count"], first_id=record["first_id"], last_id=record["last_id"])


def _keep_strongest(held: dict[_Place, _Held], intent: CloseIntent) -> CloseIntent | None:
    """Hold the stronger of this and the held one, the newer among equals; returns the one to give up, if any.

    A newer partial close must not displace an emergency that nobody has carried out yet.
    """
    place = (intent.symbol, intent.side)
    candidate = _Held(_rank(intent), intent)
    other = held.get(place)
    if other is not None and candidate.rank < other.rank:
        return intent
    held[place] = candidate
    return other.intent if other is not None else None


def _rank(intent: CloseIntent) -> _Rank:
    return _Rank(-urgency(intent), intent.decided_at, order_of(intent.entry_id))


def stale_record(given_up: Sequence[CloseIntent], account: str, build: str, published_ms: int) -> dict[str, str]:
    """The one record of ``apply.result`` that answers all of these."""
    ids = sorted((intent.entry_id for intent in given_up), key=order_of)
    symbols = {intent.symbol for intent in given_up}
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


def _counts(intents: Iterable[CloseIntent]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for intent in intents:
        counts.setdefault(intent.symbol, Counter())[intent.action] += 1
    return {symbol: dict(actions) for symbol, actions in counts.items()}
