"""The schedule is there when it should be, and says what the settings say."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, ScheduleActionStartWorkflow
from temporalio.service import RPCError

from contracts.mode import Mode, Venue
from contracts.names import safety_schedule_id
from contracts.safety import SafetyRequest
from runtime.safety_schedule import arrange_safety
from runtime.settings import Settings


def settings(**changed: Any) -> Settings:
    return Settings(account=f"s{uuid4().hex[:8]}", task_queue=uuid4().hex, **changed)


async def request_of(client: Client, account: str) -> SafetyRequest:
    description = await client.get_schedule_handle(safety_schedule_id(account)).describe()
    action = description.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    (request,) = await client.data_converter.decode(list(action.args), [SafetyRequest])
    assert isinstance(request, SafetyRequest)
    return request


async def test_it_is_made_brought_up_to_date_and_taken_away(temporal: Client) -> None:
    first = settings(safety=True)
    await arrange_safety(temporal, first)
    assert (await request_of(temporal, first.account)).limits.max_loss == Decimal("0.03")

    changed = first.model_copy(update={"safety_max_loss": Decimal("0.05"), "safety_max_age": timedelta(hours=10)})
    await arrange_safety(temporal, changed)
    limits = (await request_of(temporal, first.account)).limits
    assert (limits.max_loss, limits.max_age) == (Decimal("0.05"), timedelta(hours=10))

    await arrange_safety(temporal, first.model_copy(update={"safety": False}))
    with pytest.raises(RPCError):
        await request_of(temporal, first.account)


async def test_a_paused_one_stays_paused_over_a_restart_of_the_worker(temporal: Client) -> None:
    ours = settings(safety=True)
    await arrange_safety(temporal, ours)
    handle = temporal.get_schedule_handle(safety_schedule_id(ours.account))
    await handle.pause(note="maintenance")

    await arrange_safety(temporal, ours)

    state = (await handle.describe()).schedule.state
    assert (state.paused, state.note) == (True, "maintenance")
    await handle.delete()


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
    made = settings(mode=mode, venue=venue, exchange_url=url, safety=said, api_key="k", api_secret="s")

    assert made.safety_on is there
