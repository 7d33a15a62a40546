"""`harvest drill`."""

import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from harvest.drill.amnesia import run_amnesia
from harvest.drill.chaos import Chaos, run_chaos
from harvest.drill.report import Report, tell
from harvest.exit_code import ExitCode
from harvest.interrupt import run

app = App(name="drill", help="The whole stack under fire, judged from the exchange's own ledger.", version_flags=())

AsJson = Annotated[bool, Parameter(name="--json")]


@app.command
def chaos(
    *,
    closes: int = 300,
    seed: int = 1,
    minutes: float | None = None,
    only: str | None = None,
    every: float = 0.5,
    as_json: AsJson = False,
) -> int:
    """Kill, freeze and cut everything in random order while positions are being closed, then count.

    Args:
        closes: how many decisions are made.
        seed: the same seed makes the same decisions and the same schedule of strikes.
        minutes: begin no further scene after so long.
        only: make one kind of strike only, by its name.
        every: seconds between two strikes, on average.
        as_json: print one JSON object.
    """
    return _drilled(lambda folder: run_chaos(Chaos(closes, seed, minutes, only, every), folder), as_json=as_json)


@app.command
def amnesia(*, closes: int = 60, seed: int = 1, as_json: AsJson = False) -> int:
    """Carry out decisions, wipe Temporal, then Redis, then both, and read the whole stream again each time.

    Args:
        closes: how many decisions are made in all.
        seed: the same seed makes the same decisions.
        as_json: print one JSON object.
    """
    return _drilled(lambda folder: run_amnesia(closes, seed, folder), as_json=as_json)


def _drilled(drill: Callable[[Path], Awaitable[Report]], *, as_json: bool) -> int:
    """Run a drill in a folder of its own, which stays when something did not hold."""
    folder = Path(tempfile.mkdtemp(prefix="harvest-drill-"))

    async def work() -> Report:
        return await drill(folder)

    report = run(work())
    if as_json:
        print(json.dumps(report.as_json()))
    else:
        console = Console()
        tell(report, console if console.is_terminal else Console(width=130))
    if report.ok:
        shutil.rmtree(folder, ignore_errors=True)
        return ExitCode.OK
    print(f"databases and logs: {folder}", file=sys.stderr)
    return ExitCode.FAILED
