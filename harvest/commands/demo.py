"""`harvest demo`."""

from typing import Annotated

from cyclopts import Parameter

from harvest.demo import run_demo
from harvest.exit_code import ExitCode
from harvest.interrupt import run


def demo(*, as_json: Annotated[bool, Parameter(name="--json")] = False, keep: bool = False) -> int:
    """Start everything on this machine, close positions on the simulated exchange, and show ten proofs.

    First decisions are sent by hand, then the watch makes its own, in a market in which every rule has its moment.

    Args:
        as_json: print one JSON object on stdout; everything else goes to stderr.
        keep: leave everything running afterwards, until Ctrl-C.
    """
    return ExitCode.OK if run(run_demo(as_json=as_json, keep=keep)) else ExitCode.FAILED
