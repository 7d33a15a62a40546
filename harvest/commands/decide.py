"""`harvest decide`."""

import sys

from harvest.decide import decide_stream
from harvest.exit_code import ExitCode


def decide() -> int:
    """Read one JSON question per line from stdin and write the kernel's answers to stdout."""
    decide_stream(sys.stdin, sys.stdout)
    return ExitCode.OK
