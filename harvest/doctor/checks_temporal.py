"""Temporal: whether closes can be started there, and whether a worker carries them out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from contracts.errors import HarvestError
from contracts.names import CLOSE_WORKFLOW
from contracts.result import Outcome
from harvest.doctor.checks_standing import StandingChecks
from harvest.doctor.question import Question
from harvest.doctor.spans import some, span
from harvest.doctor.verdict import Verdict, fail, ok, warn
from harvest.temporal_client import connect
from runtime.settings import Settings
from runtime.temporal import NOT_ALLOWED, search_attribute_problems

DOOR: Final = "temporal"
_ASK: Final = "look at Temporal's own log, and at what these credentials may do there"
_SETUP: Final = "run ops/temporal/setup-namespace.sh"
_GONE: Final = timedelta(seconds=75)
"""An idle worker renews its poll once a minute; the server remembers it for some minutes after its death."""
_SHORT: Final = timedelta(days=7)
_NAMES: Final = 50
_KINDS: Final = (
    ("workflow", TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
    ("activity", TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
)


class TemporalChecks:
    """The questions to Temporal. The connection is made by the first one, and then used by all."""

    def __init__(self, settings: Settings, address: str | None) -> None:
        self._settings = settings
        self._address = address
        self._client: Client | None = None

    @property
    def open(self) -> bool:
        """Whether it has answered."""
        return self._client is not None

    @property
    def client(self) -> Client:
        """The connection."""
        if self._client is None:
            raise HarvestError("Temporal is asked before it is known to answer")
        return self._client

    @property
    def question(self) -> Question:
        """Whether it answers, and then all others."""
        closes = (Question("closes", self._closes, _ASK), Question("needs a human", self._needs_human, _ASK))
        in_namespace = (
            Question("retention", self._retention, _ASK),
            *(self._polled(kind, number) for kind, number in _KINDS),
            Question("search attributes", self._search_attributes, _ASK, closes),
            *StandingChecks(self._settings, lambda: self.client).questions,
        )
        namespace = Question("namespace", self._namespace, _ASK, in_namespace)
        return Question(DOOR, self._answers, "start Temporal, or correct TEMPORAL_ADDRESS", (namespace,))

    async def _answers(self) -> Verdict:
        self._client = await connect(self._address)
        told = await self._client.workflow_service.get_system_info(GetSystemInfoRequest())
        return ok(f"answers at {self._client.service_client.config.target_host}, version {told.server_version}")

    async def _namespace(self) -> Verdict:
        try:
            await self._described()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return fail(f"there is no namespace {self.client.namespace}", f"{_SETUP}, or correct TEMPORAL_NAMESPACE")
        return ok(self.client.namespace)

    async def _retention(self) -> Verdict:
        kept = (await self._described()).config.workflow_execution_retention_ttl.ToTimedelta()
        said = f"closes that have ended are kept for {span(kept)}"
        if kept < _SHORT:
            return warn(f"{said}: an entry that comes back later finds no answer", _SETUP)
        return ok(said)

    def _polled(self, kind: str, number: "TaskQueueType.ValueType") -> Question:
        async def ask() -> Verdict:
            queue = TaskQueue(name=self._settings.task_queue)
            request = DescribeTaskQueueRequest(
                namespace=self.client.namespace, task_queue=queue, task_queue_type=number
            )
            return self._judged(kind, (await self.client.workflow_service.describe_task_queue(request)).pollers)

        return Question(f"{kind} tasks", ask, _ASK)

    def _judged(self, kind: str, pollers: Sequence[PollerInfo]) -> Verdict:
        now, queue = datetime.now(UTC), self._settings.task_queue
        since = {each.identity: now - each.last_access_time.ToDatetime(UTC) for each in pollers}
        polling = sorted(name for name, idle in since.items() if idle < _GONE)
        if polling:
            return ok(f"the task queue {queue} is polled by {some(polling)}")
        last = (
            f"; the last one was {min(since, key=since.__getitem__)}, {span(min(since.values()))} ago" if since else ""
        )
        return fail(
            f"no worker polls the task queue {queue} for {kind} tasks{last}",
            "start the worker with this TEMPORAL_NAMESPACE and HARVEST_TASK_QUEUE; its log says why it ends",
        )

    async def _search_attributes(self) -> Verdict:
        try:
            problems = await search_attribute_problems(self.client)
        except RPCError as error:
            if error.status not in NOT_ALLOWED:
                raise
            return warn("these credentials may not list them", "have an administrator compare them with " + _SETUP[4:])
        if problems:
            return fail(some(problems), f"{_SETUP}; one of another type has to be removed first")
        return ok("all are there")

    async def _closes(self) -> Verdict:
        running = (await self.client.count_workflows(self._running())).count
        return ok(f"{running} under way")

    async def _needs_human(self) -> Verdict:
        query = f"{self._running()} AND HarvestOutcome = '{Outcome.NEEDS_HUMAN.value}'"
        stuck = [each.id async for each in self.client.list_workflows(query, limit=_NAMES)]
        if not stuck:
            return ok("no close does")
        return fail(f"{some(sorted(stuck))} cannot get on alone", "`harvest status SYMBOL` says what it waits for")

    def _running(self) -> str:
        account = self._settings.account
        return f"WorkflowType = '{CLOSE_WORKFLOW}' AND ExecutionStatus = 'Running' AND HarvestAccount = '{account}'"

    async def _described(self) -> DescribeNamespaceResponse:
        request = DescribeNamespaceRequest(namespace=self.client.namespace)
        return await self.client.workflow_service.describe_namespace(request)
