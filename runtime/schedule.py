"""A workflow that Temporal starts again and again."""

from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from runtime.patience import patiently

_TASK_TIMEOUT: Final = timedelta(seconds=2)

_log = structlog.get_logger(__name__)


async def ensure_schedule(
    client: Client, schedule_id: str, workflow: str, argument: object, task_queue: str, every: timedelta
) -> None:
    """Make the schedule, or bring it up to date; one that a human paused stays paused, with a warning.

    What was missed is not made up for, and a run that takes too long is not overtaken by the next one.
    """

    async def ensure() -> None:
        wanted = _schedule(schedule_id, workflow, argument, task_queue, every)
        try:
            await client.create_schedule(schedule_id, wanted, trigger_immediately=True)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(schedule_id).update(lambda known: _updated(known, wanted))

    await patiently(f"the schedule {schedule_id} at Temporal", ensure, (RPCError,))


async def remove_schedule(client: Client, schedule_id: str) -> bool:
    """Returns whether there was one."""
    removed = False

    async def remove() -> None:
        nonlocal removed
        try:
            await client.get_schedule_handle(schedule_id).delete()
            removed = True
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    await patiently(f"the schedule {schedule_id} at Temporal", remove, (RPCError,))
    return removed


def _schedule(schedule_id: str, workflow: str, argument: object, task_queue: str, every: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            workflow, argument, id=schedule_id, task_queue=task_queue, execution_timeout=2 * every,
            task_timeout=_TASK_TIMEOUT,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )  # fmt: skip


def _updated(known: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate:
    schedule = known.description.schedule
    if schedule.state.paused:
        _log.warning("the schedule is paused", schedule=known.description.id, note=schedule.state.note)
    wanted.state = schedule.state
    return ScheduleUpdate(schedule=wanted)
