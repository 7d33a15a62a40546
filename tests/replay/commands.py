"""The commands that today's workflow code gives when it lives through a stored history.

    python -m tests.replay.commands        # store them anew, after a change on purpose

A replay compares kinds, names and order of commands with what happened then. It does not look at timeouts, retries,
pauses or summaries; here they are in words, one command a line, beside each history.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from redis.asyncio import Redis
from temporalio.api.common.v1 import RetryPolicy
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import Client
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker._command_aware_visitor import CommandInfo
from temporalio.workflow import Info, _Definition

from harvest.stack import Stack, StackConfig
from runtime.settings import Settings
from runtime.telemetry import start_telemetry
from runtime.temporal import connect_temporal
from tests.architecture.production import production_replayer
from tests.replay.stored import FOLDER, load

COMMANDS: Final = Path(__file__).with_name("commands")
HISTORIES: Final = sorted(FOLDER.glob("*.json"))
_SAID: Final = ("activity_type", "patch_id", "workflow_type")
_TIMES: Final = (
    "start_to_close_timeout",
    "schedule_to_close_timeout",
    "schedule_to_start_timeout",
    "heartbeat_timeout",
    "start_to_fire_timeout",
    "local_retry_threshold",
)


class Recording(WorkflowRunner):
    """Runs workflows as another runner does, and keeps what they command."""

    def __init__(self, runner: WorkflowRunner, commands: list[WorkflowCommand]) -> None:
        self._runner = runner
        self._commands = commands

    def prepare_workflow(self, defn: _Definition) -> None:
        """As the other does."""
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """The other's instance, listened to."""
        return _Recorded(self._runner.create_instance(det), self._commands)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """As the other does."""
        self._runner.set_worker_level_failure_exception_types(types)


class _Recorded(WorkflowInstance):
    """Everything but the commands passes through."""

    def __init__(self, instance: WorkflowInstance, commands: list[WorkflowCommand]) -> None:
        self._instance = instance
        self._commands = commands

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = self._instance.activate(act)
        self._commands.extend(completion.successful.commands)
        return completion

    def get_serialization_context(self, command_info: CommandInfo | None) -> SerializationContext | None:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: CommandInfo | None) -> StorageDriverStoreContext:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Info:
        return self._instance.get_info()


async def commands(client: Client, redis: Redis, history: Path) -> list[str]:
    """What today's code commands, in order and in words."""
    given: list[WorkflowCommand] = []
    replayer = production_replayer(client, redis, lambda runner: Recording(runner, given))
    await replayer.replay_workflow(load(history))
    return [words(command) for command in given]


def stored(history: Path) -> Path:
    """The file with the commands of a history."""
    return COMMANDS / f"{history.stem}.txt"


def words(command: WorkflowCommand) -> str:
    """One line: kind, name, timeouts, retries, summary."""
    kind = str(command.WhichOneof("variant"))
    body: Message = getattr(command, kind)
    return "; ".join([" ".join([kind, *_names(body)]), *_details(body), *_summary(command)])


def _names(body: Message) -> Iterator[str]:
    for field, value in body.ListFields():
        if field.name in _SAID:
            yield str(value)
        elif field.name == "search_attributes":
            yield ", ".join(sorted(value.indexed_fields if hasattr(value, "indexed_fields") else value))


def _details(body: Message) -> Iterator[str]:
    for field, value in body.ListFields():
        if field.name in _TIMES:
            yield f"{field.name} {_seconds(value)}"
        elif field.name == "retry_policy":
            yield _retries(value)
        elif field.name == "priority":
            yield f"priority {value.priority_key}"
        elif field.name in ("cancellation_type", "do_not_eagerly_execute", "deprecated"):
            yield f"{field.name} {value}"


def _retries(policy: RetryPolicy) -> str:
    pauses = f"{_seconds(policy.initial_interval)} x {policy.backoff_coefficient:g}"
    most = _seconds(policy.maximum_interval)
    never = f", never {', '.join(policy.non_retryable_error_types)}" if policy.non_retryable_error_types else ""
    return f"{policy.maximum_attempts or 'endless'} tries, pause {pauses} up to {most}{never}"


def _seconds(duration: Duration) -> str:
    return f"{duration.ToTimedelta() / timedelta(seconds=1):g} s"


def _summary(command: WorkflowCommand) -> Iterator[str]:
    if summary := command.user_metadata.summary.data:
        yield summary.decode()


async def main() -> None:
    """Store the commands of all histories."""
    COMMANDS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with Stack(StackConfig(folder=Path(folder), worker=False, simulator=False)) as stack:
            environment = {"TEMPORAL_ADDRESS": stack.temporal_address, "TEMPORAL_NAMESPACE": "default"}
            client = await connect_temporal(Settings(), start_telemetry(Settings()), environment=environment)
            redis: Redis = Redis.from_url(stack.redis_url)
            for old in COMMANDS.glob("*.txt"):
                old.unlink()
            for history in HISTORIES:
                stored(history).write_text("\n".join(await commands(client, redis, history)) + "\n")
            await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main())
