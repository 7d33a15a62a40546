"""What closes cost of the address's request weight, one at a time and in a burst, with the exchange's ordinary limits.

    python -m bench.weights --closes 100

Real Redis, Temporal on a file, the real worker, and a simulated exchange that allows 2400 weight a minute and 300
orders in 10 s. The same is measured twice: with the account's user stream, as the worker comes, and without it. Weight
and refusals are the exchange's own counts.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from bench.burst import Burst
from bench.close_weight import ExchangeCounts
from bench.series import Close, Series
from bench.worker_metrics import WorkerMetrics
from harvest.interrupt import run
from harvest.mailbox import Mailbox
from harvest.outside import OutsideWorld
from harvest.stack import Stack, StackConfig

_WARM_UP = 10
_PLAIN = 40
_MINUTE_S = 60
_JUST_BEGUN_S = 2


@dataclass(frozen=True)
class Spent:
    """Weight per close, and what the exchange's limits did."""

    plain: float
    """One close after the other, mean."""
    burst: float
    """All at once, mean."""
    burst_told: int
    """Closes of the burst whose fills the user stream told, and a cheap read proved."""
    burst_s: float
    """From the first XADD to the last result."""
    refused: int
    """Answers 429 and 418, from the worker's start to the end."""
    held_back: int
    """Calls that our own limiter turned away to come back later."""


@dataclass(frozen=True)
class Report:
    """With the user stream beside without."""

    closes: int
    load: float
    """Of this machine in the last minute, when it began."""
    listening: Spent
    reading: Spent


async def measure(closes: int, folder: Path) -> Report:
    """Both ways, one after the other, each on a stack of its own."""
    load = os.getloadavg()[0]
    listening = await _spent(closes, folder / "listening", user_stream=True)
    reading = await _spent(closes, folder / "reading", user_stream=False)
    return Report(closes, round(load, 2), listening, reading)


async def _spent(closes: int, folder: Path, *, user_stream: bool) -> Spent:
    metrics = WorkerMetrics()
    settings = {"HARVEST_USER_STREAM": str(user_stream).lower(), "HARVEST_METRICS_BIND": metrics.bind}
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(Stack(StackConfig(folder, worker=False, worker_settings=settings)))
        mailbox = await exits.enter_async_context(Mailbox(stack.redis_url))
        outside = await exits.enter_async_context(OutsideWorld(stack.exchange_url))
        counts, burst = ExchangeCounts(stack.exchange_url), Burst(stack, closes)
        await burst.list_symbols()
        await stack.start_worker()
        series = Series(mailbox, outside, _nothing_more)
        await series.run(_WARM_UP)
        began = await counts.read()
        await series.run(_PLAIN)
        plain = await counts.read()
        await _new_minute()
        before, told = await counts.read(), await metrics.total("harvest_fills", source="told")
        times = await burst.run(mailbox, outside)
        after = await counts.read()
        return Spent(
            plain=round((plain.weight - began.weight) / _PLAIN, 2),
            burst=round((after.weight - before.weight) / closes, 2),
            burst_told=await metrics.total("harvest_fills", source="told") - told,
            burst_s=times.last_s,
            refused=after.refused,
            held_back=await metrics.total("harvest_held_back"),
        )


async def _nothing_more(_: Close) -> None:
    return


async def _new_minute() -> None:
    """The exchange counts by minutes of the clock: a burst has all of one."""
    gone = time.time() % _MINUTE_S
    if gone > _JUST_BEGUN_S:
        await asyncio.sleep(_MINUTE_S - gone + 0.1)


def _lines(report: Report) -> list[str]:
    def line(name: str, spent: Spent) -> str:
        return (
            f"  {name:<20} {spent.plain:>6.2f} {spent.burst:>8.2f} {spent.burst_s:>8.2f} s"
            f" {spent.burst_told:>8} {spent.refused:>8} {spent.held_back:>10}"
        )

    return [
        f"request weight per close: {_PLAIN} one at a time, and {report.closes} at once; load average {report.load}",
        f"  {'':<20} {'plain':>6} {'burst':>8} {'in':>10} {'told':>8} {'429/418':>8} {'held back':>10}",
        line("user stream", report.listening),
        line("without it", report.reading),
    ]


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.weights", description=__doc__)
    parser.add_argument("--closes", type=int, default=100, help="closes of the burst")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="harvest-bench-") as folder:
        report = run(measure(asked.closes, Path(folder)))
    if asked.json:
        print(json.dumps(asdict(report)))
    else:
        Console(width=130).print(*_lines(report), sep="\n", highlight=False, markup=False)


if __name__ == "__main__":
    main(sys.argv[1:])
