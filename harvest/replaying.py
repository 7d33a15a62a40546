"""Replaying histories with this build's workflows, exactly as its worker would: nothing is called, nothing is sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from opentelemetry.sdk.trace import TracerProvider, sampling
from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from contracts.errors import HarvestError
from harvest.replay_reason import event_of, reason_of
from runtime.sandbox import sandbox
from runtime.temporal import DATA_CONVERTER, interceptors
from worker import PURE, WORKFLOWS

_BUILD: Final = "replay"
Ask = Callable[[WorkflowHistory], Awaitable[Exception | None]]
"""Why a history does not replay; None if it does."""
_TASK: Final = "workflow_task_scheduled_event_attributes"


@dataclass(frozen=True)
class Story:
    """One run of a workflow, as Temporal remembers it."""

    workflow_id: str
    run_id: str
    workflow_type: str
    history: WorkflowHistory


@dataclass(frozen=True)
class Failure:
    """A run that would not go on."""

    workflow_id: str
    run_id: str
    workflow_type: str
    event: str | None
    reason: str


@dataclass
class Count:
    """Runs of one workflow type."""

    replayed: int = 0
    """With those that failed."""
    failed: int = 0
    not_begun: int = 0
    """No code of ours has run in them yet: any build may begin them."""


@dataclass
class Report:
    """What came of everything."""

    counts: dict[str, Count] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    @property
    def replayed(self) -> int:
        """Runs in all."""
        return sum(count.replayed for count in self.counts.values())

    @property
    def seen(self) -> int:
        """With those that have not begun."""
        return self.replayed + sum(count.not_begun for count in self.counts.values())


def make_replayer(namespace: str = "default") -> Replayer:
    """The worker's workflows, sandbox, data converter and interceptors. Spans, metrics and log lines go nowhere."""
    return Replayer(
        workflows=WORKFLOWS,
        workflow_runner=sandbox(*PURE),
        data_converter=DATA_CONVERTER,
        interceptors=interceptors(TracerProvider(sampler=sampling.ALWAYS_OFF)),
        namespace=namespace,
        runtime=Runtime(telemetry=TelemetryConfig(logging=None)),
        build_id=_BUILD,
    )


async def replay_all(replayer: Replayer, stories: AsyncIterator[Story], on_failure: Callable[[Story], None]) -> Report:
    """Replay one after the other.

    Args:
        on_failure: is told of each run that would not go on, at once.

    Raises:
        HarvestError: the sandbox refuses one of this build's workflows.
    """
    report = Report()
    async with _asking(replayer) as ask:
        async for story in stories:
            count = report.counts.setdefault(story.workflow_type, Count())
            if not _has_begun(story.history):
                count.not_begun += 1
                continue
            count.replayed += 1
            if failure := await _failure(ask, story):
                count.failed += 1
                report.failures.append(failure)
                on_failure(story)
    return report


def _has_begun(history: WorkflowHistory) -> bool:
    """Without a workflow task there is nothing to replay, and the SDK would wait for one for ever."""
    return any(event.HasField(_TASK) for event in history.events)


async def _failure(ask: Ask, story: Story) -> Failure | None:
    problem = await ask(story.history)
    if problem is not None and not isinstance(problem, NondeterminismError):
        # On a busy machine the SDK may take a workflow for hung that only waited for a processor.
        problem = await ask(story.history)
    if problem is None:
        return None
    event = event_of(problem, story.history.events)
    return Failure(story.workflow_id, story.run_id, story.workflow_type, event, reason_of(problem))


@asynccontextmanager
async def _asking(replayer: Replayer) -> AsyncIterator[Ask]:
    """One replaying worker for all. With one for each, the clock of a local activity that was under way in a history
    would ring after its worker has gone, and the SDK's core complains of that loudly.
    """
    waiting: asyncio.Queue[WorkflowHistory] = asyncio.Queue()

    async def feed() -> AsyncIterator[WorkflowHistory]:
        while True:
            yield await waiting.get()

    async with AsyncExitStack() as stack:
        try:
            results = await stack.enter_async_context(replayer.workflow_replay_iterator(feed()))
        except RuntimeError as refused:
            raise HarvestError(f"this build's workflows cannot run: {refused}: {refused.__cause__}") from refused

        async def ask(history: WorkflowHistory) -> Exception | None:
            waiting.put_nowait(history)
            return (await anext(results)).replay_failure

        yield ask
