"""The panic stream: each event flattens the account, once.

The group is one for each account, because an event is for all of them.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from bridge.settings import BridgeSettings
from bridge.side_stream import RawEntry, SideStream, Source
from bridge.vitals import meter_of
from contracts.errors import InvalidIntent
from contracts.flatten import FlattenRequest
from contracts.names import FLATTEN_WORKFLOW, STREAM_PANIC, flatten_workflow_id, panic_group
from contracts.panic import PanicEvent, parse_panic

_COUNT: Final = 16
_RPC_TIMEOUT: Final = timedelta(seconds=5)

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
        self._stream = SideStream(redis, Source(STREAM_PANIC, self._group, _COUNT), settings, self._take)
        self._events = meter_of(client).create_counter("harvest_panic_events", "panic events by what became of them")

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; Redis or Temporal may be away meanwhile."""
        await self._stream.run(stop)

    async def _take(self, entry: RawEntry) -> None:
        raw_id, fields = entry
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
