"""Entries that cannot be understood: kept with their raw fields and the reason, never dropped (R23)."""

import json
import time
from collections.abc import Mapping
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.validate import Rejected
from contracts.names import STREAM_DEAD, STREAM_INTENT

KEPT: Final = 100_000
"""Dead letters kept at most, about."""
_TEXT_LIMIT: Final = 4096
_FIELDS_LIMIT: Final = 64

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class DeadLetters:
    """The stream of dead letters."""

    def __init__(self, redis: Redis, settings: BridgeSettings, stats: BridgeStats) -> None:
        self._redis = redis
        self._settings = settings
        self._stats = stats

    async def bury(self, rejected: Rejected) -> None:
        """Record the entry and acknowledge it, both or neither."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.xadd(STREAM_DEAD, cast("dict[FieldT, EncodableT]", self._letter(rejected)), maxlen=KEPT)
            pipe.xack(STREAM_INTENT, self._settings.group, rejected.entry.id)
            await pipe.execute()
        self._stats.dead += 1
        _log.warning(
            "dead letter: %s: %s", rejected.field, rejected.problem, entry_id=rejected.entry.id, stream=STREAM_DEAD
        )

    def _letter(self, rejected: Rejected) -> dict[str, str]:
        raw, truncated = raw_text(rejected.entry.fields)
        return {
            "entry_id": rejected.entry.id,
            "stream": STREAM_INTENT,
            "field": rejected.field,
            "reason": rejected.problem,
            "raw": raw,
            "raw_truncated": "true" if truncated else "false",
            "build": self._settings.build,
            "timestamp": str(time.time_ns() // 1_000_000),
        }


def raw_text(fields: Mapping[bytes, bytes]) -> tuple[str, bool]:
    """The fields as a JSON object, and whether something had to be cut off. Bytes that are no text become \\xNN."""
    kept = {_readable(name): _readable(value) for name, value in list(fields.items())[:_FIELDS_LIMIT]}
    cut = len(fields) > _FIELDS_LIMIT or any(len(part) > _TEXT_LIMIT for pair in fields.items() for part in pair)
    return json.dumps(kept, ensure_ascii=False), cut


def _readable(raw: bytes) -> str:
    return raw[:_TEXT_LIMIT].decode(errors="backslashreplace")
