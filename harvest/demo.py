"""`harvest demo`: the whole stack, real decisions on the real stream, and the proofs that exits work.

In the first act somebody else decides, in the second one Harvest's own watch, in a scripted market.
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from harvest.close_record import CloseRecord
from harvest.demo_kill import kill_and_resume
from harvest.demo_report import Addresses, DemoReport
from harvest.demo_script import EMERGENCY, SCENES, autonomous_exit
from harvest.demo_stage import Stage
from harvest.demo_tables import closes_table, orders_table, proofs_table
from harvest.demo_view import View, view_for
from harvest.market_record import play_market
from harvest.market_tables import market_tables
from harvest.proofs import Evidence, Proof, six_proofs
from harvest.stack import Stack, StackConfig

_FILE_WIDTH = 110
_SETTLE_S = 3.0
"""How long the last acknowledgement may take."""

_NO_LIMITS = ("--unlimited",)
"""The decisions of a week within a minute: more than the exchange would let an address ask."""


async def run_demo(*, as_json: bool = False, keep: bool = False) -> bool:
    """Run the demo and tell about it; whether everything held.

    With ``as_json`` one object goes to stdout and everything else to stderr. With ``keep`` the stack stays up until
    the task is cancelled (Ctrl-C).
    """
    console = _console(stderr=as_json)
    folder = Path(tempfile.mkdtemp(prefix="harvest-demo-"))
    try:
        ok = await _run(folder, console, as_json=as_json, keep=keep)
    except Exception:
        _leave(folder, console, ok=False)
        raise
    except asyncio.CancelledError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _leave(folder, console, ok=ok)
    return ok


def _console(*, stderr: bool) -> Console:
    """A file has no width: what the tables need."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=_FILE_WIDTH)


async def _run(folder: Path, console: Console, *, as_json: bool, keep: bool) -> bool:
    started = time.monotonic()
    view = view_for(console)
    view.say("starting Redis, Temporal, the simulated exchange and the worker ...")
    async with Stack(StackConfig(folder, usual_ports=True, simulator_options=_NO_LIMITS)) as stack:
        view.say(f"up after {time.monotonic() - started:.1f} s; Temporal UI: {stack.ui_url}\n")
        report = await _play(stack, view, console, started)
        _tell(report, console, as_json=as_json)
        if keep:
            await _keep(stack, console)
        return report.ok


async def _play(stack: Stack, view: View, console: Console, started: float) -> DemoReport:
    """Both acts, each with its tables, then the verdict."""
    async with Stage(stack, view.show) as stage:
        closes, proofs = await _play_closes(stage, view)
        console.print("", closes_table(closes), orders_table(closes), sep="\n")
        with view.market():
            view.say("a market, judged by the watch ...")
            market = await play_market(stage, view.say, view.decided)
        console.print("", *market_tables(market), sep="\n")
    seconds = time.monotonic() - started
    return DemoReport(closes, market, (*proofs, *market.proofs), Addresses.of(stack), seconds)


async def _play_closes(stage: Stage, view: View) -> tuple[tuple[CloseRecord, ...], tuple[Proof, ...]]:
    """Every scene, and what the six proofs say of them."""
    with view.live():
        closes = [await stage.perform(scene) for scene in SCENES]
        view.say("killing the worker while its order is at the exchange and the answer is not back ...")
        killed, kill = await kill_and_resume(stage)
    closes.append(killed)
    evidence = Evidence(
        closes=tuple(close.evidence for close in closes if close.evidence),
        group=await stage.mailbox.settled_group(timeout_s=_SETTLE_S),
        kill=kill,
    )
    return tuple(closes), six_proofs(evidence)


def _tell(report: DemoReport, console: Console, *, as_json: bool) -> None:
    console.print(proofs_table(report.proofs))
    where = report.addresses
    console.print(
        f"\nTemporal UI  {where.ui}\n{where.query_line}\n{where.status_line}", highlight=False, soft_wrap=True
    )
    held = "everything held" if report.ok else "NOT everything held"
    console.print(f"\n{held}, {report.seconds:.1f} s", style="bold green" if report.ok else "bold red")
    if as_json:
        json.dump(report.as_json(), sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


async def _keep(stack: Stack, console: Console) -> None:
    """Leave everything up, with a position to close by hand, and nobody who does it before."""
    await stack.stop_worker()
    await stack.start_worker()  # without the watch
    async with Stage(stack, lambda _: None) as stage:
        await stage.open(EMERGENCY)
    where = Addresses.of(stack)
    console.print(
        f"\n{EMERGENCY.symbol} is open again. Close it by hand:\n\n"
        f"{where.add_line(autonomous_exit(datetime.now(UTC)))}\n\n"
        f"Temporal {where.temporal}   Redis {where.redis}   exchange {where.exchange}   UI {where.ui}\n"
        "Ctrl-C stops everything.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:  # the ordinary way out, and no failure
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        console.print("stopping ...")


def _leave(folder: Path, console: Console, *, ok: bool) -> None:
    """Databases and logs go when all is well; otherwise they are what one wants to read."""
    if ok or not any(folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        console.print(f"logs and databases: {folder}", highlight=False, soft_wrap=True)
