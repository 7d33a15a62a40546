"""Looking at the exchange, as activities."""

from temporalio import activity

from activities.failures import as_application_errors
from activities.interfaces import Reads
from activities.look import OrderLook
from activities.snapshot import SnapshotReader
from contracts.close import LookFacts, LookRequest
from contracts.snapshot import Snapshot, SnapshotRequest


class ExchangeReads(Reads):
    """Snapshot and look over the exchange port."""

    def __init__(self, snapshot: SnapshotReader, look: OrderLook) -> None:
        self._snapshot = snapshot
        self._look = look

    @activity.defn(name="take_snapshot")
    async def take_snapshot(self, request: SnapshotRequest) -> Snapshot:
        """See :class:`activities.interfaces.Reads`."""
        with as_application_errors():
            return await self._snapshot.take(request)

    @activity.defn(name="look_for_order")
    async def look_for_order(self, request: LookRequest) -> LookFacts:
        """See :class:`activities.interfaces.Reads`."""
        with as_application_errors():
            return await self._look.look(request)
