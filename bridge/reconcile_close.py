"""The reconciler's stream: each entry becomes a decision on the intent stream, in one step with its acknowledgement.

So everything that holds for decisions (age, dead letters, lanes, one answer each) holds for these, and there is one
place where a close begins.
"""

import asyncio
import time
from typing import Final

import structlog
from redis.asyncio import Redis
from temporalio.client import Client

from bridge.dead_letters import DeadLetters
from bridge.entry import Entry
from bridge.settings import BridgeSettings
from bridge.side_stream import RawEntry, SideStream, Source
from bridge.stats import BridgeStats
from bridge.validate import Rejected, as_text
from bridge.vitals import meter_of
from contracts.errors import InvalidIntent
from contracts.names import STREAM_INTENT, STREAM_RECONCILE_CLOSE, key_answered
from contracts.reconcile_close import as_decision

_HAND_ON: Final = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1) == 0 then return 0 end
local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'stream' and kind ~= 'none' then return redis.error_reply(KEYS[2] .. ' is a ' .. kind) end
local new = redis.call('ZADD', KEYS[3], 'NX', ARGV[3], KEYS[1] .. ' ' .. ARGV[2])
if new == 1 then redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4)) end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return new
"""
"""What is not pending any more was handed on: by another bridge, or by this very command before its answer was lost.
What has its mark comes again because the group was lost, and is not a second decision."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class ReconcileCloseReader:
    """One consumer of the reconciler's stream.

    Args:
        secret: what entries have to be signed with; None accepts them as they are.
    """

    def __init__(
        self, redis: Redis, client: Client, account: str, settings: BridgeSettings, secret: bytes | None
    ) -> None:
        self._redis = redis
        self._hand_on = redis.register_script(_HAND_ON)
        self._dead = DeadLetters(redis, account, settings, BridgeStats(), STREAM_RECONCILE_CLOSE)
        self._keys = [STREAM_RECONCILE_CLOSE, STREAM_INTENT, key_answered(account)]
        self._group = settings.group
        self._secret = secret
        source = Source(STREAM_RECONCILE_CLOSE, settings.group, settings.read_count)
        self._stream = SideStream(redis, source, settings, self._take)
        self._entries = meter_of(client).create_counter("harvest_reconcile_close_entries", "entries by fate")

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; Redis may be away meanwhile."""
        await self._stream.run(stop)

    async def _take(self, raw: RawEntry) -> None:
        entry = Entry(raw[0].decode(), raw[1] or {})
        decision = self._understood(entry)
        if isinstance(decision, Rejected):
            await self._dead.bury(decision)
            self._entries.add(1, {"fate": "dead"})
            return
        parts = [part for pair in decision.items() for part in pair]
        now = time.time_ns() // 1_000_000
        if await self._hand_on(self._keys, [self._group, entry.id, now, *parts]):
            _log.info("reconcile.close handed on", entry_id=entry.id, symbol=decision.get("symbol", "")[:30])
            self._entries.add(1, {"fate": "handed_on"})

    def _understood(self, entry: Entry) -> dict[str, str] | Rejected:
        """Never raises: one entry must not keep the next one waiting (R23)."""
        try:
            return as_decision(entry.id, as_text(entry.fields), self._secret)
        except InvalidIntent as refused:
            return Rejected(entry, refused.field, refused.problem)
        except Exception as error:
            _log.exception("an entry broke the parser", entry_id=entry.id, stream=STREAM_RECONCILE_CLOSE)
            return Rejected(entry, "entry", f"our parser failed ({type(error).__name__}); report this entry")
