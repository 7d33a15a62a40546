"""What a close costs: milliseconds from the stream to exchange and result, history, processor time, request weight.

    python -m bench.closes --closes 300

Everything runs here and now: real Redis, real Temporal on a file, the real worker, the simulated exchange. Beside it,
in the same run, a plain loop makes the same calls, and a workflow of the same shape takes three empty steps, because
only ratios travel between machines.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from temporalio.client import Client

from bench.close_weight import ExchangeCounts
from bench.percentiles import Percentiles
from bench.processor_time import by_name, per_close
from bench.series import Close, Sample, Series
from bench.tables import tables
from contracts.names import close_workflow_id
from harvest.interrupt import run
from harvest.mailbox import Mailbox
from harvest.outside import OutsideWorld
from harvest.stack import NAMESPACE, Stack, StackConfig

WARM_UP = 30
BARE = "bare shape"


@dataclass(frozen=True)
class Measured:
    """One way to close, measured. Milliseconds."""

    order: Percentiles
    closed: Percentiles | None
    """By Temporal's record of the workflow's end; a plain loop has none."""
    result: Percentiles
    processor_ms: dict[str, float]
    """Per close, by process. The simulator's includes opening the position."""
    weight: float | None = None
    """Of the exchange's request weight per close; the bare shape asks it nothing."""
    history_events: int = 0
    history_bytes: int = 0


@dataclass(frozen=True)
class Report:
    """Durable closes beside plain ones."""

    closes: int
    durable: Measured
    plain: Measured
    bare: Measured
    """The same shape of workflow with nothing in it, on the same server."""

    @property
    def ratios(self) -> dict[str, float]:
        """How many times what the plain loop needs."""
        ours, theirs = (sum(one.processor_ms.values()) for one in (self.durable, self.plain))
        return {
            "order_p50": round(self.durable.order.p50 / self.plain.order.p50, 1),
            "result_p50": round(self.durable.result.p50 / self.plain.result.p50, 1),
            "processor": round(ours / theirs, 1),
            "order_p50_to_bare": round(self.durable.order.p50 / self.bare.order.p50, 1),
            "closed_p50_to_bare": round(self._closed_p50 / self.bare.result.p50, 1),
        }

    @property
    def _closed_p50(self) -> float:
        return self.durable.closed.p50 if self.durable.closed else self.durable.result.p50


async def measure(closes: int, folder: Path) -> Report:
    """All ways, one after the other, on one stack."""
    config = StackConfig(folder, simulator_options=("--unlimited",), ready_timeout_s=60 + closes)
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(Stack(config))
        mailbox = await exits.enter_async_context(Mailbox(stack.redis_url))
        outside = await exits.enter_async_context(OutsideWorld(stack.exchange_url))
        durable = await _durable(stack, mailbox, outside, closes)
        await stack.stop_worker()
        bare = await _bare(stack, closes)
        plain = await _plain(stack, mailbox, outside, closes)
    return Report(closes, durable, plain, bare)


async def _durable(stack: Stack, mailbox: Mailbox, outside: OutsideWorld, closes: int) -> Measured:
    client = await Client.connect(stack.temporal_address, namespace=NAMESPACE)

    async def workflow_ended(close: Close) -> None:
        workflow_id = close_workflow_id(stack.config.account, close.symbol)
        await client.get_workflow_handle(workflow_id, run_id=close.run_id).result()

    measured, samples = await _series(stack, Series(mailbox, outside, workflow_ended), closes)
    descriptions = await asyncio.gather(*[_closed(client, stack.config.account, sample) for sample in samples])
    size = descriptions[-1]
    return Measured(
        order=measured.order,
        closed=Percentiles.of([closed_ms for closed_ms, _, _ in descriptions]),
        result=measured.result,
        processor_ms=measured.processor_ms,
        weight=measured.weight,
        history_events=size[1],
        history_bytes=size[2],
    )


async def _plain(stack: Stack, mailbox: Mailbox, outside: OutsideWorld, closes: int) -> Measured:
    command = (sys.executable, "-m", "bench.plain_loop")
    where = ("--redis-url", stack.redis_url, "--exchange-url", stack.exchange_url)
    await stack.start_program("plain loop", (*command, *where), {}, "plain loop ready")

    async def nothing_more(_: Close) -> None:
        return

    measured, _ = await _series(stack, Series(mailbox, outside, nothing_more), closes)
    return measured


async def _bare(stack: Stack, closes: int) -> Measured:
    command = (sys.executable, "-m", "bench.bare_shape", "--address", stack.temporal_address)
    series = ("--warm-up", str(WARM_UP), "--closes", str(closes))
    before = by_name(stack.children)
    child = await stack.start_program(BARE, (*command, *series), {}, f"{BARE} {{")
    computed = per_close(before, by_name(stack.children), closes + WARM_UP)
    lines = (stack.config.folder / f"{BARE}.log").read_text().splitlines()
    told = json.loads(next(line for line in lines if line.startswith(BARE)).removeprefix(BARE))
    await child.stop(grace_s=stack.config.grace_s)
    processor = {"temporal": computed["temporal"], BARE: round(told["processor_ms"], 2)}
    return Measured(Percentiles.of(told["order"]), None, Percentiles.of(told["end"]), processor)


async def _series(stack: Stack, series: Series, closes: int) -> tuple[Measured, list[Sample]]:
    await series.run(WARM_UP)
    counts = ExchangeCounts(stack.exchange_url)
    before, counted = by_name(stack.children), await counts.read()
    done = await series.run(closes)
    processor = per_close(before, by_name(stack.children), closes)
    weight = round(((await counts.read()).weight - counted.weight) / closes, 2)
    samples = await series.samples(done)
    order, result = ([getattr(sample, name) for sample in samples] for name in ("order_ms", "result_ms"))
    return Measured(Percentiles.of(order), None, Percentiles.of(result), processor, weight), samples


async def _closed(client: Client, account: str, sample: Sample) -> tuple[float, int, int]:
    """Milliseconds until the workflow ended, its history's events and bytes."""
    handle = client.get_workflow_handle(close_workflow_id(account, sample.symbol), run_id=sample.run_id)
    description = await handle.describe()
    info = description.raw_description.workflow_execution_info
    if description.close_time is None:
        raise RuntimeError(f"{handle.id} {sample.run_id} has published its result and is not closed")
    closed_ms = info.close_time.ToNanoseconds() / 1e6 - sample.began_ns / 1e6
    return closed_ms, info.history_length, info.history_size_bytes


def _console() -> Console:
    """A file has no width: what the tables need."""
    console = Console()
    return console if console.is_terminal else Console(width=130)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.closes", description=__doc__)
    parser.add_argument("--closes", type=int, default=300, help="measured closes of each kind")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="harvest-bench-") as folder:
        report = run(measure(asked.closes, Path(folder)))
    if asked.json:
        print(json.dumps({**asdict(report), "ratios": report.ratios}))
    else:
        _console().print(*tables(report), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
