"""What an old backlog costs: seconds until it is answered, and how long a fresh emergency takes meanwhile.

    python -m bench.backlog --entries 164515

The number is that of an incident: a consumer group had died, and 164,515 decisions were waiting when it came back. Real
Redis, Temporal on a file, the real worker, the simulated exchange. Beside it, in the same run, a plain consumer group
reads and acknowledges the same entries and does nothing with them, and emergencies are closed with no backlog around.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from redis.asyncio import Redis
from rich.console import Console

from bench.backlog_entries import STILL_OPEN, Backlog
from bench.emergencies import Emergencies
from bench.percentiles import Percentiles
from bench.processor_time import by_name
from contracts.names import CONSUMER_GROUP, STREAM_INTENT
from harvest.interrupt import run
from harvest.mailbox import Mailbox
from harvest.outside import OutsideWorld
from harvest.stack import Stack, StackConfig

_PLAIN = "plain"
_AT_ONCE = 250
_Streams = list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]
_LOOK_EVERY_S = 0.02
_PATIENCE_S = 300
_QUIET = 30
_BETWEEN_S = 0.2


@dataclass(frozen=True)
class Report:
    """A backlog beside a plain reader of the same entries. Milliseconds for a close, seconds for the backlog."""

    entries: int
    recent_ids: bool
    answered_s: float
    """From the worker's readiness until nothing waits and nothing is pending."""
    plain_s: float
    """A plain group reads and acknowledges the same entries."""
    first_ms: float
    """From the worker's readiness until the order of the emergency that was already waiting behind the backlog."""
    during: Percentiles
    """From the XADD of an emergency, while the backlog was being answered, until the exchange has its order."""
    during_worst: float
    during_count: int
    quiet: Percentiles
    processor_s: dict[str, float]
    """By process, until the backlog was answered, with all closes of that time."""
    reevaluated: dict[str, str]
    """Outcome of the newest old decision of each position still open."""
    answers: int
    """Entries of the backlog that have an answer."""
    answered_twice: int

    @property
    def ratios(self) -> dict[str, float]:
        """How many times what it is compared with."""
        return {
            "backlog_to_plain": round(self.answered_s / self.plain_s, 1),
            "emergency_p50_to_quiet": round(self.during.p50 / self.quiet.p50, 1),
        }


async def measure(entries: int, recent_ids: bool, folder: Path) -> Report:
    """Fill, read plainly, then let the worker answer, with emergencies behind it all."""
    config = StackConfig(folder, worker=False, simulator_options=("--unlimited",), ready_timeout_s=60)
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(Stack(config))
        mailbox = await exits.enter_async_context(Mailbox(stack.redis_url))
        outside = await exits.enter_async_context(OutsideWorld(stack.exchange_url))
        redis = await exits.enter_async_context(Redis.from_url(stack.redis_url))
        for symbol, quantity in STILL_OPEN.items():
            await outside.open_position(symbol, "LONG", quantity)
        backlog = Backlog(redis, entries, recent_ids)
        await backlog.fill()
        plain_s = await _plainly(redis)
        emergencies = Emergencies(mailbox, outside)
        waiting = await emergencies.send()
        idle = by_name(stack.children)
        await stack.start_worker()
        ready_ns = time.time_ns()
        answered = asyncio.create_task(_answered_s(redis, ready_ns))
        await emergencies.result(waiting)
        while not answered.done():
            await emergencies.one()
            await asyncio.sleep(_BETWEEN_S)
        answered_s = await answered
        processor = by_name(stack.children)
        first, *during = await emergencies.until_order()
        for _ in range(_QUIET):
            await emergencies.one()
        quiet = (await emergencies.until_order())[-_QUIET:]
        answers = await backlog.answers()
    return Report(
        entries=entries,
        recent_ids=recent_ids,
        answered_s=round(answered_s, 2),
        plain_s=round(plain_s, 2),
        first_ms=round(first + (waiting.began_ns - ready_ns) / 1e6, 1),
        during=Percentiles.of(during),
        during_worst=round(max(during), 1),
        during_count=len(during),
        quiet=Percentiles.of(quiet),
        processor_s={name: round((processor[name] - idle.get(name, 0.0)) / 1000, 1) for name in processor},
        reevaluated=answers.of_newest,
        answers=answers.entries,
        answered_twice=answers.twice,
    )


async def _plainly(redis: Redis) -> float:
    """Seconds in which a group of its own reads and acknowledges everything."""
    await redis.xgroup_create(STREAM_INTENT, _PLAIN, id="0")
    began = time.perf_counter()
    while streams := cast("_Streams", await redis.xreadgroup(_PLAIN, "one", {STREAM_INTENT: ">"}, count=_AT_ONCE)):
        ((_, entries),) = streams
        await redis.xack(STREAM_INTENT, _PLAIN, *(entry_id for entry_id, _ in entries))
    took = time.perf_counter() - began
    await redis.xgroup_destroy(STREAM_INTENT, _PLAIN)
    return took


async def _answered_s(redis: Redis, ready_ns: int) -> float:
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            groups = await redis.xinfo_groups(STREAM_INTENT)
            ours = next((group for group in groups if group["name"] == CONSUMER_GROUP.encode()), None)
            if ours is not None and not ours["lag"] and not ours["pending"]:
                return (time.time_ns() - ready_ns) / 1e9
            await asyncio.sleep(_LOOK_EVERY_S)


def _lines(report: Report) -> list[str]:
    ratios, ids = report.ratios, "recent" if report.recent_ids else "old"
    return [
        f"{report.entries} old entries ({ids} ids): {report.answers} answered, {report.answered_twice} of them twice",
        f"  answered in       {report.answered_s} s",
        f"  a plain reader    {report.plain_s} s (x {ratios['backlog_to_plain']})",
        f"  processor time    {', '.join(f'{name} {seconds} s' for name, seconds in report.processor_s.items())}",
        f"  emergency behind  order at the exchange {report.first_ms} ms after the worker was ready",
        f"  {report.during_count} more meanwhile  order {report.during} ms after XADD, worst {report.during_worst}",
        f"  {_QUIET} in quiet      order {report.quiet} ms after XADD (x {ratios['emergency_p50_to_quiet']})",
        f"  still open        {', '.join(f'{symbol} {outcome}' for symbol, outcome in report.reevaluated.items())}",
    ]


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.backlog", description=__doc__)
    parser.add_argument("--entries", type=int, default=164_515)
    parser.add_argument("--recent-ids", action="store_true", help="old decisions that were put on the stream just now")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="harvest-bench-") as folder:
        report = run(measure(asked.entries, asked.recent_ids, Path(folder)))
    if asked.json:
        print(json.dumps({**asdict(report), "ratios": report.ratios}))
    else:
        Console(width=130).print(*_lines(report), sep="\n", highlight=False, markup=False)


if __name__ == "__main__":
    main(sys.argv[1:])
