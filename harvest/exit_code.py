"""What the command line's exit codes mean. Scripts depend on them: they do not change."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit code of ``harvest``."""

    OK = 0
    FAILED = 1
    """It ran, and the answer is no: a proof does not hold, no such close, a server does not answer."""
    USAGE = 2
    """The command line makes no sense."""
    MISSING = 4
    """A program that we need is not installed; the message names the fix."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C or SIGTERM, after everything was cleaned up."""
