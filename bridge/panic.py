"""The panic stream: each event flattens the account, once.

A reader of its own, so that nothing that is wrong with the intent stream holds it up. The group is one for each
account, because an event is for all of them.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from bridge.backoff import pause_after
from bridge.settings import BridgeSettings
from bridge.vitals import meter_of
from contracts.errors import InvalidIntent
from contracts.flatten import FlattenRequest
from contracts.names import FLATTEN_WORKFLOW, STREAM_PANIC, flatten_workflow_id, panic_group
from contracts.panic import PanicEvent, parse_panic

_COUNT: Final = 16
_RPC_TIMEOUT: Final = timedelta(seconds=5)
_RawEntry = tuple[bytes, dict[bytes, bytes] | None]

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


class PanicReader:
    """One consumer of the panic stream.

    Args:
        max_age: an event older than this flattens nothing; it is told loudly instead (R15, R65).
    """

    def __init__(
        self, redis: Redis, client: Client, account: str, settings: BridgeSettings, max_age: timedelta
    ) -> None:
        self._redis = redis
        self._client = client
        self._account = account
        self._group = panic_group(account)
        self._settings = settings
        self._max_age = max_age
        self._next_claim = 0.0
        self._ready = False
        self._events = meter_of(client).create_counter("harvest_panic_events", "panic events by what became of them")

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; Redis or Temporal may be away meanwhile."""
        errors = 0
        while not stop.is_set():
            try:
                await self._turn()
                errors = 0
            except (RedisError, RPCError) as error:
                errors += 1
                self._ready = False
                pause = pause_after(errors)
                _log.warning("panic stream not read: %s", str(error)[:200] or type(error).__name__, pause_s=pause)
                await _wait(stop, pause)
            except Exception:
                errors += 1
                _log.exception("the panic reader stumbled and goes on")
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
        try:
            await self._redis.xgroup_create(STREAM_PANIC, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _read(self, after: str, block: int | None) -> Sequence[_RawEntry]:
        answer = await self._redis.xreadgroup(
            self._group, self._settings.consumer, {STREAM_PANIC: after}, count=_COUNT, block=block
        )
        streams = cast("Sequence[tuple[bytes, Sequence[_RawEntry]]]", answer)
        return streams[0][1] if streams else ()

    async def _claim(self) -> Sequence[_RawEntry]:
        idle = int(self._settings.claim_idle.total_seconds() * 1000)
        answer = await self._redis.xautoclaim(STREAM_PANIC, self._group, self._settings.consumer, idle, count=_COUNT)
        return cast("Sequence[_RawEntry]", answer[1])

    async def _take(self, entries: Sequence[_RawEntry]) -> None:
        for raw_id, fields in entries:
            fate = await self._answer(raw_id.decode(), fields or {})
            self._events.add(1, {"fate": fate})
            await self._redis.xack(STREAM_PANIC, self._group, raw_id)

    async def _answer(self, entry_id: str, raw: dict[bytes, bytes]) -> str:
        now = datetime.now(UTC)
        try:
            said = {name.decode(): value.decode() for name, value in raw.items()}
            event = parse_panic(entry_id, said, now)
        except (InvalidIntent, UnicodeDecodeError) as refused:
            _log.error("panic event refused, nothing is closed: %s", refused, entry_id=entry_id)
            return "refused"
        if now - event.issued_at > self._max_age:
            _log.error("panic event is too old, nothing is closed", entry_id=entry_id, issued_at=str(event.issued_at))
            return "stale"
        return await self._start(event)

    async def _start(self, event: PanicEvent) -> str:
        """One workflow for each event: delivered again, it finds its own name taken."""
        request = FlattenRequest(
            account=self._account, reason=event.reason, issued_by=event.issued_by, event_id=event.event_id
        )
        workflow_id = flatten_workflow_id(self._account, event.event_id)
        try:
            await self._client.start_workflow(
                FLATTEN_WORKFLOW,
                request,
                id=workflow_id,
                task_queue=self._settings.task_queue,
                task_timeout=timedelta(seconds=2),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"close everything - {event.reason[:100]} ({event.issued_by})",
                rpc_timeout=_RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            return "again"
        _log.warning("flattening the account", workflow_id=workflow_id, reason=event.reason, issued_by=event.issued_by)
        return "started"


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
