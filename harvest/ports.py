"""Free loopback ports that two runs on one machine never give out twice."""

import errno
import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import HarvestError

LOOPBACK = "127.0.0.1"

_RANGE = range(20_000, 30_000)
"""Below the kernel's ephemeral ports: no outgoing connection and no bind to port 0 can take one of these."""

_TRIES = 200


@dataclass
class PortLease:
    """A port that is ours until it is released.

    Asking the kernel for a free port and closing it again leaves a gap in which a second run gets the same one. The
    lease closes it with a lock file that lives as long as the process that holds it, however it dies.
    """

    port: int
    _lock: int

    def release(self) -> None:
        """Give the port back. Harmless when called twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def lease_port(usual: int | None = None) -> PortLease:
    """The usual port if it is free, else any free one.

    Raises:
        HarvestError: none of the ports that were tried is free.
    """
    for port in _candidates(usual):
        lock = _lock(port)
        if lock is None:
            continue
        if _can_bind(port):
            return PortLease(port, lock)
        os.close(lock)
    raise HarvestError(f"no free port on {LOOPBACK} between {_RANGE.start} and {_RANGE.stop}")


def _candidates(usual: int | None) -> Iterator[int]:
    if usual is not None:
        yield usual
    tries: Iterable[int] = random.sample(_RANGE, _TRIES)
    yield from tries


def _lock(port: int) -> int | None:
    """File descriptor that holds the lock of a port, or None if another run has it."""
    folder = Path(tempfile.gettempdir()) / f"harvest-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection of a former run in TIME_WAIT does not make the port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True
