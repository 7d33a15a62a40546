"""Becomes another command that cannot outlive the process that started it.

Run as a script, ``python -I -S leash.py <parent pid> <command> <arguments>...``. Linux then kills the command when its
parent ends, however it ends: after a SIGKILL of the parent nothing of ours could still run a clean-up. The request
survives the exec and keeps the pid. It is a script of its own and not a ``preexec_fn``, because code between fork
and exec can deadlock in a process that has threads, and we have Temporal's.

SIGKILL and not SIGTERM: an orphan that takes its time, or waits for a server that is dying beside it, is exactly what
must not be. All our children are made to be killed. Where there is no such request (macOS) only the orderly ways to end
are covered.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie this process to its parent, then become the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above took effect
            os.kill(os.getpid(), signal.SIGKILL)
    os.execv(command[0], command)  # noqa: S606 - no shell is what we want


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
