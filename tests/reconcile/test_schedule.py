"""The schedule is there when it should be, says what the settings say, and runs on a worker."""

from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, ScheduleActionStartWorkflow, ScheduleOverlapPolicy
from temporalio.service import RPCError

from contracts.mode import Mode, Venue
from contracts.names import reconcile_schedule_id
from contracts.reconcile import ReconcileRequest, StopsOf
from runtime.reconcile_schedule import RECONCILE_EVERY, arrange_reconcile
from runtime.settings import Settings
from tests.bridge.servers import eventually
from tests.reconcile.desk import LEDGER, SOL, Desk


def settings(**changed: Any) -> Settings:
    return Settings(account=f"r{uuid4().hex[:8]}", task_queue=uuid4().hex, **changed)


async def request_of(client: Client, account: str) -> ReconcileRequest:
    description = await client.get_schedule_handle(reconcile_schedule_id(account)).describe()
    action, schedule = description.schedule.action, description.schedule
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert [each.every for each in schedule.spec.intervals] == [RECONCILE_EVERY]
    (request,) = await client.data_converter.decode(list(action.args), [ReconcileRequest])
    assert isinstance(request, ReconcileRequest)
    return request


async def test_it_is_made_brought_up_to_date_and_taken_away(temporal: Client) -> None:
    first = settings(reconcile=True)
    await arrange_reconcile(temporal, first)
    assert await request_of(temporal, first.account) == ReconcileRequest(account=first.account)

    await arrange_reconcile(temporal, first.model_copy(update={"reconcile_stops": StopsOf.OWN}))
    assert (await request_of(temporal, first.account)).stops is StopsOf.OWN

    await arrange_reconcile(temporal, first.model_copy(update={"reconcile": False}))
    with pytest.raises(RPCError):
        await request_of(temporal, first.account)


async def test_it_runs_on_the_worker_and_its_pause_is_kept(desk: Desk) -> None:
    assert desk.settings is not None
    await desk.open(SOL, "LONG", "10")
    await arrange_reconcile(desk.client, desk.settings)
    try:

        async def adopted() -> bool:
            return (await desk.record(LEDGER)).get("ledger_amt") == "10.00"

        await eventually(adopted, seconds=40)
    finally:
        await arrange_reconcile(desk.client, desk.settings.model_copy(update={"reconcile": False}))


@pytest.mark.parametrize(
    ("mode", "venue", "said", "there"),
    [
        (Mode.SHADOW, Venue.DEMO, None, False),
        (Mode.LIVE, Venue.DEMO, None, True),
        (Mode.LIVE, Venue.SIMULATOR, None, False),
        (Mode.LIVE, Venue.SIMULATOR, True, True),
        (Mode.LIVE, Venue.DEMO, False, False),
        (Mode.SHADOW, Venue.DEMO, True, True),
    ],
)
def test_unless_said_otherwise_it_is_there_where_orders_leave(
    mode: Mode, venue: Venue, said: bool | None, there: bool
) -> None:
    url = "http://127.0.0.1:1" if venue is Venue.SIMULATOR else None
    made = settings(mode=mode, venue=venue, exchange_url=url, reconcile=said, api_key="k", api_secret="s")

    assert made.reconcile_on is there
