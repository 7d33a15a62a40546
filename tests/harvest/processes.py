"""Looking at processes that should be gone."""

import asyncio
import os
from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether a process exists and is not just waiting to be collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def all_end(pids: list[int], within_s: float = 5.0) -> bool:
    """Whether none of them runs any more before the time is over."""
    deadline = asyncio.get_running_loop().time() + within_s
    while any(is_running(pid) for pid in pids):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True
