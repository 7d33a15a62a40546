"""What Temporal itself costs: the shape of a close with nothing in it.

One local activity, one regular one, one local one, started eagerly by the worker's own client, on the same server. No
stream, no exchange, no sandbox, no trace: what a close takes beyond this is ours.
"""

import argparse
import asyncio
import json
import time
from datetime import timedelta

import uvloop
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "bare-shape"
TIMEOUT = timedelta(seconds=5)

_ordered_ns: dict[str, int] = {}


@activity.defn
async def before(name: str) -> str:
    """Where a close takes its snapshot."""
    return name


@activity.defn
async def order(name: str) -> str:
    """Where a close sends its order."""
    _ordered_ns[name] = time.perf_counter_ns()
    return name


@activity.defn
async def after(name: str) -> str:
    """Where a close confirms, verifies and publishes."""
    return name


@workflow.defn
class BareShape:
    """Three empty steps."""

    @workflow.run
    async def run(self, name: str) -> str:
        """Take them."""
        await workflow.execute_local_activity(before, name, start_to_close_timeout=TIMEOUT)
        await workflow.execute_activity(order, name, start_to_close_timeout=TIMEOUT)
        await workflow.execute_local_activity(after, name, start_to_close_timeout=TIMEOUT)
        return name


async def _one(client: Client, number: int) -> tuple[float, float]:
    """Milliseconds from the start request to the order's activity, and to the workflow's end as its starter sees it."""
    name = f"bare-{number}"
    began = time.perf_counter_ns()
    handle = await client.start_workflow(
        BareShape.run, name, id=name, task_queue=QUEUE, request_eager_start=True, task_timeout=timedelta(seconds=2)
    )
    await handle.result()
    ended = time.perf_counter_ns()
    return (_ordered_ns[name] - began) / 1e6, (ended - began) / 1e6


async def main(address: str, warm_up: int, closes: int) -> None:
    """Run the series and print one line."""
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[BareShape],
        activities=[before, order, after],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        for number in range(warm_up):
            await _one(client, number)
        computed = time.process_time()
        times = [await _one(client, warm_up + number) for number in range(closes)]
        computed = time.process_time() - computed
    orders, ends = zip(*times, strict=True)
    print(
        "bare shape " + json.dumps({"order": orders, "end": ends, "processor_ms": computed * 1000 / closes}), flush=True
    )
    await asyncio.Event().wait()  # until the stack stops us: what a child printed is read from its log


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--warm-up", type=int, required=True)
    parser.add_argument("--closes", type=int, required=True)
    arguments = parser.parse_args()
    uvloop.run(main(arguments.address, arguments.warm_up, arguments.closes))
