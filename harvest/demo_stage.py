"""Carries out one scene of the demo on a running stack and gathers what every witness says about it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from contracts.names import QUERY_STATUS, QUERY_TIMELINE, close_workflow_id, watch_workflow_id
from contracts.status import TimelineEntry
from contracts.watch import WatchStatus
from harvest.close_record import DEAD_LETTER, CloseRecord
from harvest.demo_script import Scene
from harvest.mailbox import Mailbox, Result, entry_ms
from harvest.market_evidence import OURS
from harvest.outside import OutsideWorld
from harvest.proofs import CloseEvidence, OrderEvidence
from harvest.stack import API_KEY, API_SECRET, NAMESPACE, Stack
from harvest.stage_times import stage_times
from harvest.witness import Credentials, Witness

RESULT_TIMEOUT_S = 15.0
_LOOK_INTERVAL_S = 0.2
_QUERY_TIMEOUT = timedelta(seconds=1)

Show = Callable[[CloseRecord], None]
"""Told whenever a record has changed."""


class Stage:
    """The clients that a demo needs. Use as an async context manager on a running stack."""

    def __init__(self, stack: Stack, show: Show) -> None:
        self.stack = stack
        self.show = show
        self.mailbox = Mailbox(stack.redis_url)
        self.outside = OutsideWorld(stack.exchange_url)
        self.witness = Witness(stack.exchange_url, Credentials(API_KEY, API_SECRET))
        self._temporal: Client | None = None
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as exits:
            for client in (self.mailbox, self.outside, self.witness):
                await exits.enter_async_context(client)
            self._temporal = await Client.connect(
                self.stack.temporal_address, namespace=NAMESPACE, data_converter=pydantic_data_converter
            )
            self._exits = exits.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def perform(self, scene: Scene) -> CloseRecord:
        """Open, decide, wait for the result, and ask the exchange what it came to."""
        await self.open(scene)
        before = await self.witness.orders(scene.symbol)
        record = await self.decide(scene)
        await (self._await_dead_letter(record) if scene.expect == DEAD_LETTER else self.await_result(record))
        await self.gather_evidence(scene, record, before)
        return record

    async def open(self, scene: Scene) -> None:
        """Somebody opens the scene's position, if it has one."""
        if scene.opening is not None:
            opening = scene.opening
            await self.outside.open_position(scene.symbol, opening.side, opening.quantity, opening.entry_price)

    async def decide(self, scene: Scene) -> CloseRecord:
        """Somebody adds the scene's decision to the stream, as often as it says."""
        record = CloseRecord(scene.symbol, scene.title, scene.expect)
        wire = scene.wire(datetime.now(UTC))
        record.entry_ids = tuple([await self.mailbox.send(wire) for _ in range(scene.times)])
        record.sent_ms = entry_ms(record.entry_ids[0])
        self.show(record)
        return record

    async def await_result(self, record: CloseRecord) -> None:
        """Wait for the results of all entries, and show meanwhile how far the close is."""
        watching = asyncio.create_task(self._watch(record))
        try:
            first, *others = [
                await self.mailbox.result_of(entry_id, timeout_s=RESULT_TIMEOUT_S) for entry_id in record.entry_ids
            ]
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        record.result = first
        record.repeats = tuple(_outcome(other) for other in others)
        self._add_stages(record, await self._stages(record))

    async def gather_evidence(self, scene: Scene, record: CloseRecord, before: list[OrderEvidence]) -> None:
        """Ask Redis and the exchange, each for what it alone knows."""
        known = {order.order_id for order in before}
        orders = [order for order in await self.witness.orders(scene.symbol) if order.order_id not in known]
        record.evidence = CloseEvidence(
            symbol=scene.symbol,
            entry_ids=record.entry_ids,
            entries_on_stream=await self.mailbox.count_on_stream(record.entry_ids),
            expected_quantity=scene.closes,
            result_order_ids=record.result.order_ids if record.result else (),
            orders=tuple(orders),
            expected_position=scene.leaves,
            position=await self.witness.position(scene.symbol),
        )
        await self._add_exchange_times(record)
        if record.result_ms is not None:
            record.stages["verified"] = record.result_ms  # a result is published right after the position was verified
        self.show(record)

    async def _add_exchange_times(self, record: CloseRecord) -> None:
        """When order and fill happened by the exchange's own books, which know better than our timeline."""
        arrivals = [one.arrived_ms for one in await self.outside.requests(record.symbol)]
        fills = [one.time_ms for one in await self.outside.fills(record.symbol) if one.client_order_id.startswith(OURS)]
        arrived = min((ms for ms in arrivals if ms >= record.sent_ms), default=None)
        filled = max((ms for ms in fills if ms >= record.sent_ms), default=None)
        if arrived is not None:
            record.ordered_ms = arrived - record.sent_ms
            record.stages["ordered"] = int(record.ordered_ms)
        if filled is not None:
            record.stages["filled"] = filled - record.sent_ms

    async def _await_dead_letter(self, record: CloseRecord) -> None:
        letter = await self.mailbox.dead_letter_of(record.entry_ids[0], timeout_s=RESULT_TIMEOUT_S)
        record.dead_letter = letter.get("reason", "no reason given") if letter else ""

    async def _watch(self, record: CloseRecord) -> None:
        while True:
            await asyncio.sleep(_LOOK_INTERVAL_S)
            self._add_stages(record, await self._stages(record))
            self.show(record)

    def _add_stages(self, record: CloseRecord, reached: dict[str, int]) -> None:
        record.stages = reached | record.stages

    async def watching_pid(self) -> int | None:
        """The process that says it watches; None if nobody says so."""
        handle = self._client.get_workflow_handle(watch_workflow_id(self.stack.config.account))
        try:
            status = await handle.query(QUERY_STATUS, result_type=WatchStatus, rpc_timeout=_QUERY_TIMEOUT)
        except (RPCError, WorkflowQueryFailedError):
            return None
        pid = status.worker.rpartition(":")[2]
        return int(pid) if pid.isdigit() else None

    @property
    def _client(self) -> Client:
        if self._temporal is None:
            raise RuntimeError("use it as an async context manager")
        return self._temporal

    async def _stages(self, record: CloseRecord) -> dict[str, int]:
        """How far the close is by its own account; nothing if nobody can answer, as while its worker is dead."""
        handle = self._client.get_workflow_handle(close_workflow_id(self.stack.config.account, record.symbol))
        try:
            timeline = await handle.query(QUERY_TIMELINE, result_type=list[TimelineEntry], rpc_timeout=_QUERY_TIMEOUT)
        except (RPCError, WorkflowQueryFailedError):
            return {}
        return stage_times(
            (entry for entry in timeline if entry.at.timestamp() * 1000 >= record.sent_ms - 1), record.sent_ms
        )


def _outcome(result: Result | None) -> str:
    return result.outcome if result else ""
