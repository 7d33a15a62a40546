"""The workflow sandbox, without asking it the same question seventy times per close.

For every payload that it encodes or decodes the SDK enters the sandbox several times, to ask which serialization and
storage context the payload has. Our data converter knows no contexts and stores nothing outside, so the answer is
always "none". Answering outside the sandbox takes 10 to 15 % off the CPU of a close;
workflow code itself runs in the sandbox as ever.
"""

from dataclasses import dataclass
from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info

_NO_STORE = StorageDriverStoreContext(target=None)


class _Instance(WorkflowInstance):
    """A sandboxed workflow that answers questions about payload contexts itself."""

    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    def activate(self, act: Any) -> Any:  # noqa: ANN401 - the SDK's protobuf types
        return self._sandboxed.activate(act)

    def get_serialization_context(self, command_info: object) -> None:  # noqa: ARG002
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:  # noqa: ARG002
        return _NO_STORE

    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()


@dataclass(frozen=True)
class Sandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox with quick payloads. Make it with :func:`sandbox`."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Instance(super().create_instance(det))


def sandbox(*pure: str) -> Sandbox:
    """A sandbox that imports these packages once for all runs instead of anew for each.

    Args:
        pure: packages without state and side effects; the sandbox still guards what workflow code calls.
    """
    return Sandbox(restrictions=SandboxRestrictions.default.with_passthrough_modules(*pure))
