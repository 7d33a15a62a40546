"""Processor time of running processes, from Linux's own accounting."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from harvest.child import Child

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12
"""Places in /proc/<pid>/stat after the name, which may itself contain spaces and ends with the last parenthesis."""


def processor_ms(pid: int) -> float:
    """Milliseconds that a process has computed so far, in user and kernel mode; in steps of 10."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) * 1000 / _TICKS_PER_SECOND


def by_name(children: Iterable[Child]) -> Mapping[str, float]:
    """Milliseconds by the name of each process that is running."""
    return {child.name: processor_ms(child.pid) for child in children if child.running}


def per_close(before: Mapping[str, float], after: Mapping[str, float], closes: int) -> dict[str, float]:
    """Milliseconds of each process per close between two readings."""
    return {name: round((after[name] - before.get(name, 0.0)) / closes, 2) for name in after}
