"""What stands watch beside the closes, where the settings switch it on: watch, safety net, reconciling."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.client import Client, ScheduleActionExecutionStartWorkflow, ScheduleDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contracts.names import reconcile_schedule_id, safety_schedule_id, watch_workflow_id
from harvest.doctor.question import Question
from harvest.doctor.spans import span
from harvest.doctor.verdict import Level, Verdict, fail, ok, warn
from runtime.settings import Settings

_ASK: Final = "look at Temporal's own log, and at what these credentials may do there"
_ARRANGE: Final = "start the worker again: it arranges what is switched on"
_LATE: Final = timedelta(minutes=3)
"""Runs are a minute apart, and one that takes too long is ended after two."""
_LOOKED_AT: Final = 3


class StandingChecks:
    """The questions about them.

    Args:
        client: Temporal, once it has answered.
    """

    def __init__(self, settings: Settings, client: Callable[[], Client]) -> None:
        self._settings = settings
        self._client = client

    @property
    def questions(self) -> tuple[Question, ...]:
        """Only about what is switched on."""
        settings = self._settings
        watch = (Question("watch", self._watch, _ASK),) if settings.watch else ()
        safety = (self._schedule("safety net", safety_schedule_id(settings.account), Level.FAIL),)
        # Exits do not depend on records.
        reconcile = (self._schedule("reconciling", reconcile_schedule_id(settings.account), Level.WARN),)
        return (*watch, *(safety if settings.safety_on else ()), *(reconcile if settings.reconcile_on else ()))

    async def _watch(self) -> Verdict:
        workflow_id = watch_workflow_id(self._settings.account)
        status = await self._status(workflow_id)
        if status is not WorkflowExecutionStatus.RUNNING:
            return fail(f"HARVEST_WATCH is on, and {workflow_id} {_named(status)}: nobody decides", _ARRANGE)
        return ok(f"{workflow_id} is running")

    def _schedule(self, name: str, schedule_id: str, gravity: Level) -> Question:
        async def ask() -> Verdict:
            try:
                found = await self._client().get_schedule_handle(schedule_id).describe()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return Verdict(gravity, f"it is on, and there is no schedule {schedule_id}", _ARRANGE)
            return await self._judged(schedule_id, found, gravity)

        return Question(name, ask, _ASK)

    async def _judged(self, schedule_id: str, found: ScheduleDescription, gravity: Level) -> Verdict:
        if found.schedule.state.paused:
            fix = f"`temporal schedule toggle --schedule-id {schedule_id} --unpause --reason ...`"
            return warn(f"{schedule_id} is paused: {found.schedule.state.note or 'no reason given'}", fix)
        runs = found.info.recent_actions
        since = datetime.now(UTC) - (runs[-1].started_at if runs else found.info.created_at)
        if since > _LATE:
            return Verdict(gravity, f"{schedule_id} has not run for {span(since)}", "look at it in Temporal's UI")
        ended = await self._last_end(found)
        if ended is not None and ended is not WorkflowExecutionStatus.COMPLETED:
            fix = "`temporal workflow list` shows the run, and its history what could not be read"
            return Verdict(gravity, f"the last run of {schedule_id} {_named(ended)}", fix)
        return ok(f"{schedule_id} ran {span(since)} ago" if runs else f"{schedule_id} has just been made")

    async def _last_end(self, found: ScheduleDescription) -> WorkflowExecutionStatus | None:
        """How the newest run that has ended did so."""
        for run in reversed(found.info.recent_actions[-_LOOKED_AT:]):
            if isinstance(run.action, ScheduleActionExecutionStartWorkflow):
                status = await self._status(run.action.workflow_id)
                if status is not WorkflowExecutionStatus.RUNNING:
                    return status
        return None

    async def _status(self, workflow_id: str) -> WorkflowExecutionStatus | None:
        try:
            return (await self._client().get_workflow_handle(workflow_id).describe()).status
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None


def _named(status: WorkflowExecutionStatus | None) -> str:
    return f"has ended ({status.name})" if status is not None else "is not known to Temporal"
