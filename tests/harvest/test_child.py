"""Child processes: ready, dead, stubborn and orphaned."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from harvest.child import Child, ChildFailed
from tests.harvest.processes import all_end, is_running

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
PARENT = """
import asyncio, os, sys
from pathlib import Path
from harvest.child import Child
async def main():
    folder = Path(sys.argv[1])
    child = await Child.start("c", (sys.executable, "-c", "import time; time.sleep(60)"),
                              log=folder / "c.log", environment=dict(os.environ), folder=folder)
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def start(folder: Path, code: str) -> Child:
    return await Child.start(
        "patient", (sys.executable, "-c", code), log=folder / "patient.log", environment=dict(os.environ), folder=folder
    )


async def test_it_is_ready_when_it_says_so_and_stops_when_told(tmp_path: Path) -> None:
    child = await start(tmp_path, SLEEP)
    await child.ready(lambda: child.says("up"), timeout_s=10)
    assert is_running(child.pid)
    await child.stop(grace_s=5)
    assert not is_running(child.pid)


async def test_one_that_dies_at_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = await start(tmp_path, "import sys; print('line of a log'); sys.exit('no such setting')")
    with pytest.raises(ChildFailed, match=r"(?s)patient ended with code 1.*patient\.log.*no such setting"):
        await child.ready(lambda: child.says("up"), timeout_s=10)


async def test_one_that_is_killed_at_start_is_named_with_its_signal(tmp_path: Path) -> None:
    child = await start(tmp_path, "import os; print('before', flush=True); os.kill(os.getpid(), 9)")
    with pytest.raises(ChildFailed, match=r"(?s)patient ended with code -9.*before"):
        await child.ready(lambda: child.says("up"), timeout_s=10)


async def test_one_that_is_never_ready_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = await start(tmp_path, SLEEP.replace("up", "busy"))
    with pytest.raises(ChildFailed, match=r"(?s)patient is not ready after 0\.5 s.*busy"):
        await child.ready(lambda: child.says("up"), timeout_s=0.5)
    await child.stop(grace_s=5)


async def test_one_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    child = await start(tmp_path, STUBBORN)
    await child.ready(lambda: child.says("up"), timeout_s=10)
    await child.stop(grace_s=0.2)
    assert await child.wait() == -signal.SIGKILL


async def test_a_cancelled_stop_kills_at_once(tmp_path: Path) -> None:
    child = await start(tmp_path, STUBBORN)
    await child.ready(lambda: child.says("up"), timeout_s=10)
    stopping = asyncio.create_task(child.stop(grace_s=60))
    await asyncio.sleep(0.05)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert await child.wait() == -signal.SIGKILL


async def test_a_second_process_on_the_same_log_is_not_ready_by_the_words_of_the_first(tmp_path: Path) -> None:
    first = await start(tmp_path, SLEEP)
    await first.ready(lambda: first.says("up"), timeout_s=10)
    second = await start(tmp_path, SLEEP.replace("up", "later"))
    assert not await second.says("up")
    await asyncio.gather(first.stop(grace_s=5), second.stop(grace_s=5))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent's life")
async def test_a_child_dies_with_a_parent_that_could_not_clean_up(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert parent.stdout is not None
    orphan = int(await parent.stdout.readline())
    assert is_running(orphan)
    parent.kill()
    await parent.wait()
    assert await all_end([orphan])
