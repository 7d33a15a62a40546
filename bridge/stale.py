"""Decisions that are too old to act on.

They are answered in bulk, one record for many, without a workflow each: old backlog is not replayed into the market
(R15, R65). But protection is not thrown away: the newest of each symbol is held back, and gets its workflow once the
backlog is read. That one closes only if today's facts still say so.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from bridge.entry import order_of
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.urgency import closes
from contracts.intent import CloseIntent
from contracts.names import STREAM_INTENT, STREAM_RESULT
from contracts.result import Outcome
from contracts.wire_out import SOURCE

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class StaleDecisions:
    """Held back: the newest closing decision per symbol. It stays pending in Redis, so a crash loses none."""

    def __init__(self, redis: Redis, account: str, settings: BridgeSettings, stats: BridgeStats) -> None:
        self._redis = redis
        self._account = account
        self._settings = settings
        self._stats = stats
        self._held: dict[str, CloseIntent] = {}
        self._ids: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._ids

    async def take(self, intents: Sequence[CloseIntent]) -> list[str]:
        """Hold back the newest of each symbol and answer all others; returns the ids answered."""
        held = dict(self._held)
        given_up: list[CloseIntent] = []
        for intent in intents:
            older = _keep_newest(held, intent)
            if older is not None:
                given_up.append(older)
        if given_up:
            await self._answer(given_up)
        self._hold(held)  # only now: if Redis failed, the entries are still pending and come again
        return [intent.entry_id for intent in given_up]

    def release(self) -> list[CloseIntent]:
        """The decisions held back, marked as stale, each to be started once."""
        released = [intent.model_copy(update={"stale": True}) for intent in self._held.values()]
        self._hold({})
        return released

    def _hold(self, held: dict[str, CloseIntent]) -> None:
        self._held = held
        self._ids = frozenset(intent.entry_id for intent in held.values())

    async def _answer(self, given_up: list[CloseIntent]) -> None:
        """One record and all acknowledgements, both or neither."""
        record = stale_record(given_up, self._account, self._settings.build, time.time_ns() // 1_000_000)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xadd(STREAM_RESULT, cast("dict[FieldT, EncodableT]", record))
            pipe.xack(STREAM_INTENT, self._settings.group, *(intent.entry_id for intent in given_up))
            await pipe.execute()
        self._stats.stale += len(given_up)
        _log.warning("too old to act on", count=record["count"], first_id=record["first_id"], last_id=record["last_id"])


def _keep_newest(held: dict[str, CloseIntent], intent: CloseIntent) -> CloseIntent | None:
    """Hold the newer of this and the held one; returns the one to give up, if any."""
    if not closes(intent):
        return intent
    older = held.get(intent.symbol)
    if older is not None and _age_key(intent) < _age_key(older):
        return intent
    held[intent.symbol] = intent
    return older


def _age_key(intent: CloseIntent) -> tuple[float, tuple[int, int]]:
    return intent.decided_at.timestamp(), order_of(intent.entry_id)


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
