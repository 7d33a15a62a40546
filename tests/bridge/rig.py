"""A bridge with its servers, and the few things that tests do with it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast
from uuid import uuid4

from redis.asyncio import Redis
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bridge.bridge import Bridge
from bridge.settings import BridgeSettings
from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.mode import Mode
from contracts.names import CONSUMER_GROUP, STREAM_INTENT, close_workflow_id
from tests.bridge.servers import eventually
from tests.bridge.stub_close import StubClose

QUICK = BridgeSettings(
    consumer="bridge-test",
    build="test",
    block=timedelta(milliseconds=100),
    sweep_every=timedelta(milliseconds=200),
    claim_every=timedelta(milliseconds=200),
    claim_idle=timedelta(milliseconds=300),
    drain=timedelta(seconds=2),
)

Fields = Mapping[str, str] | Mapping[bytes, bytes]


@dataclass
class Rig:
    """One bridge under test, with a task queue and an account of its own."""

    redis: Redis
    client: Client
    settings: BridgeSettings = QUICK
    name: str = field(default_factory=lambda: uuid4().hex[:8])

    def __post_init__(self) -> None:
        self.settings = replace(self.settings, task_queue=self.name)
        self.policy = ClosePolicy(mode=Mode.SHADOW, account=self.name)
        self.stop = asyncio.Event()
        self.running: asyncio.Task[None] | None = None
        self.bridge = self.fresh()

    def fresh(self) -> Bridge:
        """A bridge that remembers nothing, as after a restart."""
        return Bridge(self.redis, self.client, self.policy, self.settings)

    def worker(self) -> Worker:
        """Runs the stub workflow."""
        runner = UnsandboxedWorkflowRunner()
        return Worker(self.client, task_queue=self.name, workflows=[StubClose], workflow_runner=runner)

    def run(self) -> None:
        """Start the bridge."""
        self.stop.clear()
        self.running = asyncio.create_task(self.bridge.run(self.stop))

    async def finish(self) -> None:
        """Stop it as the worker would."""
        self.stop.set()
        if self.running is not None:
            await asyncio.wait_for(self.running, 20)
            self.running = None

    async def add(self, fields: Fields | None = None, **more: str) -> str:
        """Put an entry on the intent stream."""
        content = {"symbol": "ETHUSDT", "action": "CLOSE", **more} if fields is None else dict(fields)
        entry_id: bytes = await self.redis.xadd(STREAM_INTENT, content)  # type: ignore[arg-type,assignment]
        return entry_id.decode()

    async def add_old(self, age_s: float = 3600, **more: str) -> str:
        """Put an entry on the stream that was decided long ago."""
        return await self.add(None, timestamp=str(int(time.time() - age_s)), **more)

    def handle(self, symbol: str = "ETHUSDT") -> WorkflowHandle[StubClose, list[CloseIntent]]:
        """The close of a symbol."""
        return self.client.get_workflow_handle_for(StubClose.run, close_workflow_id(self.name, symbol))

    async def pending(self) -> int:
        """Entries delivered and not acknowledged."""
        if not await self.redis.exists(STREAM_INTENT) or not await self.redis.xinfo_groups(STREAM_INTENT):
            return 0
        summary = await self.redis.xpending(STREAM_INTENT, CONSUMER_GROUP)
        return int(summary["pending"])

    async def settled(self) -> None:
        """Wait until every entry was read and acknowledged."""

        async def nothing_left() -> bool:
            groups = await self.redis.xinfo_groups(STREAM_INTENT)
            last = await self.redis.xinfo_stream(STREAM_INTENT)
            delivered = groups[0]["last-delivered-id"] == last["last-generated-id"] if groups else False
            return delivered and groups[0]["pending"] == 0

        await eventually(nothing_left)

    async def records(self, stream: str) -> list[dict[str, str]]:
        """A stream's entries as texts."""
        entries = cast("list[tuple[bytes, dict[bytes, bytes]]]", await self.redis.xrange(stream))
        return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in entries]
