"""The reconciler's stream: each entry becomes a decision on the intent stream, in one step with its acknowledgement.

So everything that holds for decisions (age, dead letters, lanes, one answer each) holds for these, and there is one
place where a close begins.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from temporalio.client import Client

from bridge.backoff import pause_after
from bridge.dead_letters import DeadLetters
from bridge.entry import Entry
from bridge.settings import BridgeSettings
from bridge.stats import BridgeStats
from bridge.validate import Rejected, as_text
from bridge.vitals import meter_of
from contracts.errors import InvalidIntent
from contracts.names import STREAM_INTENT, STREAM_RECONCILE_CLOSE, key_answered
from contracts.reconcile_close import as_decision

_RawEntry = tuple[bytes, dict[bytes, bytes] | None]

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
        self._settings = settings
        self._secret = secret
        self._ready = False
        self._next_claim = 0.0
        self._entries = meter_of(client).create_counter("harvest_reconcile_close_entries", "entries by fate")

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; Redis may be away meanwhile."""
        errors = 0
        while not stop.is_set():
            try:
                await self._turn()
                errors = 0
            except RedisError as error:
                errors += 1
                self._ready = False
                _log.warning("reconcile.close not read: %s", str(error)[:200] or type(error).__name__)
                await _wait(stop, pause_after(errors))
            except Exception:
                errors += 1
                _log.exception("the reader of reconcile.close stumbled and goes on")
                await _wait(stop, pause_after(errors))

    async def _turn(self) -> None:
        """What was delivered and not dealt with first, of us and of readers that died; then what is new."""
        if not self._ready:
            await self._ensure_group()
            await self._take(await self._read("0", None))
            self._ready = True
        if time.monotonic() >= self._next_claim:
            await self._take(await self._claim())
            self._next_claim = time.monotonic() + self._settings.claim_every.total_seconds()
        await self._take(await self._read(">", int(self._settings.block.total_seconds() * 1000)))

    async def _ensure_group(self) -> None:
        """From the beginning: old entries are answered as any old decision is (R15)."""
        try:
            await self._redis.xgroup_create(STREAM_RECONCILE_CLOSE, self._settings.group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _read(self, after: str, block: int | None) -> Sequence[_RawEntry]:
        answer = await self._redis.xreadgroup(
            self._settings.group,
            self._settings.consumer,
            {STREAM_RECONCILE_CLOSE: after},
            count=self._settings.read_count,
            block=block,
        )
        streams = cast("Sequence[tuple[bytes, Sequence[_RawEntry]]]", answer)
        return streams[0][1] if streams else ()

    async def _claim(self) -> Sequence[_RawEntry]:
        idle = int(self._settings.claim_idle.total_seconds() * 1000)
        answer = await self._redis.xautoclaim(
            STREAM_RECONCILE_CLOSE,
            self._settings.group,
            self._settings.consumer,
            idle,
            count=self._settings.read_count,
        )
        return cast("Sequence[_RawEntry]", answer[1])

    async def _take(self, entries: Sequence[_RawEntry]) -> None:
        for raw_id, fields in entries:
            entry = Entry(raw_id.decode(), fields or {})
            decision = self._understood(entry)
            if isinstance(decision, Rejected):
                await self._dead.bury(decision)
                self._entries.add(1, {"fate": "dead"})
                continue
            parts = [part for pair in decision.items() for part in pair]
            now = time.time_ns() // 1_000_000
            if await self._hand_on(self._keys, [self._settings.group, entry.id, now, *parts]):
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


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
