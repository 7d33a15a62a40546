"""What a test of reconciling needs: the user's records, runs as the schedule makes them, and their events."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle

from activities.record_fields import SHAPES
from contracts.names import RECONCILE_WORKFLOW, STREAM_RECONCILE_EVENTS
from contracts.reconcile import ReconcileReport, ReconcileRequest, RecordKind, StopsOf
from runtime.settings import Settings
from tests.lab import Fields, Lab

SOL, ETH = "SOLUSDT", "ETHUSDT"
POSITION, STATE, LEDGER, SNAPSHOT = RecordKind.POSITION, RecordKind.STATE, RecordKind.LEDGER, RecordKind.SNAPSHOT
SHORTLY = timedelta(milliseconds=200)


class Desk(Lab):
    """A lab whose closes keep the canonical record true as well, as they do where reconciling is switched on."""

    def _settings(self) -> Settings:
        return super()._settings().model_copy(update={"reconcile": True})

    async def begin(self, pause: timedelta = SHORTLY, stops: StopsOf = StopsOf.ALL) -> WorkflowHandle[Any, Any]:
        """A run, as the schedule starts one."""
        return await self.client.start_workflow(
            RECONCILE_WORKFLOW,
            ReconcileRequest(account=self.account, pause=pause, stops=stops),
            id=f"reconcile-{uuid4().hex}",
            task_queue=self.account,
            result_type=ReconcileReport,
        )

    async def reconcile(self, stops: StopsOf = StopsOf.ALL) -> ReconcileReport:
        """A whole run."""
        report: ReconcileReport = await (await self.begin(stops=stops)).result()
        return report

    async def looked(self, run: WorkflowHandle[Any, Any]) -> None:
        """Return when the first of a run's two looks is over and it waits for the second."""
        async for event in run.fetch_history_events(wait_new_event=True):
            if event.HasField("timer_started_event_attributes"):
                return

    async def put(self, kind: RecordKind, symbol: str = SOL, /, **fields: str) -> None:
        """A service of the user writes a record."""
        content: Mapping[Any, Any] = fields
        await self.redis.hset(SHAPES[kind].key(symbol), mapping=dict(content))

    async def record(self, kind: RecordKind, symbol: str = SOL) -> Fields:
        """What it says; nothing if there is none."""
        raw: Any = await self.redis.hgetall(SHAPES[kind].key(symbol))
        return {name.decode(): value.decode() for name, value in raw.items()}

    async def told(self) -> list[tuple[str, str, str, str]]:
        """The events in brief: event, symbol, kind of record, reason."""
        events = await self.stream(STREAM_RECONCILE_EVENTS)
        return [(each["event"], each["symbol"], each["record"], each["reason"]) for each in events]

    async def facts(self) -> tuple[str, str]:
        """Entry price and leverage of SOL's position, by the exchange."""
        assert self.exchange is not None
        (held,) = (each for each in await self.exchange.watch_reads.all_positions() if each.position.symbol == SOL)
        return str(held.position.entry_price), str(held.leverage)

    async def true_position(self, side: str = "LONG", quantity: str = "10", **more: str) -> None:
        """The position record, right in every fact."""
        entry, leverage = await self.facts()
        await self.put(POSITION, symbol=SOL, side=side, quantity=quantity, entry_price=entry, leverage=leverage, **more)
