"""A workflow that rolls dice while it is imported. The sandbox must not take it."""

import random

from temporalio import workflow

LUCK = random.random() if workflow.unsafe.in_sandbox() else 0  # noqa: S311 - on purpose


@workflow.defn
class ImpureWorkflow:
    """Never run."""

    @workflow.run
    async def run(self) -> None:
        """Do nothing."""
