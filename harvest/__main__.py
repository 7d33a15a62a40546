"""The command line of Harvest. Commands are imported when they are called: the help answers at once."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from contracts.errors import HarvestError
from harvest.binaries import MissingDependency
from harvest.exit_code import ExitCode
from harvest.interrupt import Interrupted

app = App(name="harvest", help="Durable exits for crypto futures.", version_flags=())
app.command("harvest.commands.demo:demo", name="demo", help="Start everything, close positions, show ten proofs.")
app.command("harvest.commands.sim:sim", name="sim", help="Run the simulated exchange alone.")
app.command("harvest.commands.decide:decide", name="decide", help="Ask the kernel: JSON lines in, JSON lines out.")
app.command("harvest.commands.drill:app", name="drill", help="Everything under fire, judged by the exchange's ledger.")
app.command("harvest.commands.doctor:doctor", name="doctor", help="Why nothing closes, and what to do about it.")
app.command("harvest.commands.status:status", name="status", help="What the close of a symbol is doing, as JSON.")
app.command(
    "harvest.commands.shadow_report:report",
    name="shadow-report",
    help="Compare what shadow mode suggested with what happened.",
)
app.command(
    "harvest.commands.replay:replay",
    name="replay",
    help="Whether this build goes on with what Temporal remembers, before it is rolled out.",
)
app.command("harvest.commands.owner:owner", name="owner", help="Which installation may send to the account.")
app.command("harvest.commands.send:send", name="send", help="Add a close decision to the stream.")
app.command("harvest.commands.panic:panic", name="panic", help="Close everything now, and halt new risk.")
app.command("harvest.commands.freeze:freeze", name="freeze", help="Hold back every close: the human switch.")
app.command("harvest.commands.freeze:unfreeze", name="unfreeze", help="Let the closes go on.")
app.command("harvest.commands.freeze:resume", name="resume", help="Allow new risk again after a panic.")
app.command("harvest.commands.dead:app", name="dead", help="Look at dead letters, and put them back on the stream.")


def main() -> None:
    """Entry point of the ``harvest`` script."""
    code = invoke(sys.argv[1:])
    if "temporalio" in sys.modules:
        # Its client's threads outlive it, and some of them bring the interpreter down while that takes itself apart
        # (temporalio/sdk-python#300): a panic that had succeeded ended with signal 6.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def invoke(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Problems are told on stderr in one sentence."""
    try:
        return int(app(arguments, exit_on_error=False, result_action="return_value") or ExitCode.OK)
    except CycloptsError:
        return ExitCode.USAGE  # cyclopts has told what is wrong
    except MissingDependency as missing:
        return _told(missing, ExitCode.MISSING)
    except HarvestError as failed:
        return _told(failed, ExitCode.FAILED)
    except Interrupted:
        return ExitCode.INTERRUPTED


def _told(problem: Exception, code: ExitCode) -> ExitCode:
    print(f"harvest: {problem}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
