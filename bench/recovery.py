"""How soon closes go on after something was killed, each beside the same closes with nothing killed.

    python -m bench.recovery --times 5

A whole stack with two workers, its files on disk. Four blows: SIGKILL of the worker whose order has executed and is not
answered; of one whose order never reached the engine; of the Temporal server and of Redis, with closes under way.
Orders are timed by the exchange's ledger, results by the stream.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from bench.blows import Blows
from bench.crew import Crew
from bench.percentiles import Percentiles
from harvest.drill.book import ExchangeBook
from harvest.drill.post import Post
from harvest.interrupt import run
from harvest.outside import OutsideWorld
from harvest.stack import Stack, StackConfig


@dataclass(frozen=True)
class Recovered:
    """Seconds of one kind of blow."""

    what: str
    p50: float
    worst: float
    undisturbed_p50: float
    undisturbed_worst: float
    wanted: float | None
    """The most that it should take; None where nobody asked for a number."""

    @classmethod
    def of(cls, what: str, struck: Sequence[float], undisturbed: Sequence[float], wanted: float | None) -> "Recovered":
        """From measured seconds."""
        return cls(
            what=what,
            p50=Percentiles.of(struck).p50,
            worst=round(max(struck), 2),
            undisturbed_p50=Percentiles.of(undisturbed).p50,
            undisturbed_worst=round(max(undisturbed), 2),
            wanted=wanted,
        )


@dataclass(frozen=True)
class Report:
    """All blows."""

    times: int
    away_s: float
    """How long a server stayed down."""
    load: float
    """Of this machine in the last minute, when it began."""
    recovered: tuple[Recovered, ...]


async def measure(times: int, away_s: float, folder: Path) -> Report:
    """One blow after another on one stack."""
    load = round(os.getloadavg()[0], 2)
    config = StackConfig(folder, worker=False, simulator_options=("--unlimited",), ready_timeout_s=60)
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(Stack(config))
        crew = await exits.enter_async_context(Crew(stack))
        post = await exits.enter_async_context(Post(stack.redis_url))
        outside = await exits.enter_async_context(OutsideWorld(stack.exchange_url))
        book = await exits.enter_async_context(ExchangeBook(stack.exchange_url))
        blows = Blows(stack, crew, post, outside, book)
        await blows.warm_up()
        recovered = (
            Recovered.of(
                "worker killed, its order executed: until the result",
                [await blows.executed(turn / times) for turn in range(times)],
                [await blows.executed(None) for _ in range(times)],
                wanted=5.0,
            ),
            Recovered.of(
                "worker killed, its order never executed: from the fence to the next order",
                [await blows.never_executed(turn / times) for turn in range(times)],
                [await blows.never_executed(None) for _ in range(times)],
                wanted=None,
            ),
            Recovered.of(
                "Temporal killed, orders in flight: from its first answer to the result",
                [seconds for _ in range(times) for seconds in await blows.server("temporal", away_s)],
                [seconds for _ in range(times) for seconds in await blows.together()],
                wanted=3.0,
            ),
            Recovered.of(
                "Temporal killed, decided meanwhile: from its first answer to the result",
                [seconds for _ in range(times) for seconds in await blows.decided_while_away(away_s)],
                [seconds for _ in range(times) for seconds in await blows.together()],
                wanted=3.0,
            ),
            Recovered.of(
                "Redis killed, orders in flight: from its first answer to the result",
                [seconds for _ in range(times) for seconds in await blows.server("redis", away_s)],
                [seconds for _ in range(times) for seconds in await blows.together()],
                wanted=3.0,
            ),
            Recovered.of(
                "Redis killed, decided at its first answer: until the result",
                [seconds for _ in range(times) for seconds in await blows.decided_when_back(away_s)],
                [seconds for _ in range(times) for seconds in await blows.together()],
                wanted=3.0,
            ),
        )
    return Report(times, away_s, load, recovered)


def _lines(report: Report) -> list[str]:
    head = f"{report.times} times each, servers away for {report.away_s:g} s; load average {report.load}"
    lines = [head, f"  {'seconds, p50 / worst':<76} {'killed':>15} {'undisturbed':>15} {'wanted':>7}"]
    for each in report.recovered:
        struck = f"{each.p50:.2f} / {each.worst:.2f}"
        undisturbed = f"{each.undisturbed_p50:.2f} / {each.undisturbed_worst:.2f}"
        wanted = "-" if each.wanted is None else f"{each.wanted:g}"
        lines.append(f"  {each.what:<76} {struck:>15} {undisturbed:>15} {wanted:>7}")
    return lines


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="blows of each kind")
    parser.add_argument("--away", type=float, default=3.0, help="seconds that a killed server stays down")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="harvest-bench-") as folder:
        report = run(measure(asked.times, asked.away, Path(folder)))
    if asked.json:
        print(json.dumps(asdict(report)))
    else:
        Console(width=130).print(*_lines(report), sep="\n", highlight=False, markup=False)


if __name__ == "__main__":
    main(sys.argv[1:])
