"""One server process of the embedded stack: started, waited for, stopped, never left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from contracts.errors import HarvestError

_LEASH = Path(__file__).with_name("leash.py")
_LOG_TAIL_LINES = 15
_PROBE_INTERVAL_S = 0.01


class ChildFailed(HarvestError):
    """A child died, or was not ready in time. The message holds the last lines of its log."""


class Child:
    """A running server with a log file of its own."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path, log_start: int) -> None:
        self.name = name
        self.log = log
        self._process = process
        self._log_start = log_start

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str], folder: Path
    ) -> "Child":
        """Start a command in ``folder``; what it prints is appended to ``log``."""
        leashed = (sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *command)
        with log.open("ab") as output:
            log_start = output.tell()
            process = await asyncio.create_subprocess_exec(
                *leashed,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                # Ctrl-C in the terminal is for us alone: we stop the children in order.
                start_new_session=True,
            )
        return cls(name, process, log, log_start)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    async def ready(self, probe: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None:
        """Wait until the probe says yes.

        Raises:
            ChildFailed: it died before, or the time is over.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not await probe():
                    if not self.running:
                        raise ChildFailed(f"{self.name} ended with code {self._process.returncode}{self._last_words()}")
                    await asyncio.sleep(_PROBE_INTERVAL_S)
        except TimeoutError as error:
            raise ChildFailed(f"{self.name} is not ready after {timeout_s:g} s{self._last_words()}") from error

    async def says(self, words: str) -> bool:
        """Whether the log of this process (not of a former one in the same file) contains some words."""
        return words in self.output()

    def output(self) -> str:
        """Everything that this process printed so far."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def kill(self) -> None:
        """SIGKILL, now. :meth:`stop` collects what is left."""
        if self.running:
            self._process.kill()

    async def wait(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        return await self._process.wait()

    async def stop(self, *, grace_s: float) -> None:
        """SIGTERM, and SIGKILL after the grace. When cancelled meanwhile: SIGKILL at once."""
        if not self.running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        except asyncio.CancelledError:
            self.kill()
            raise

    def _last_words(self) -> str:
        lines = self.output().splitlines()[-_LOG_TAIL_LINES:]
        quoted = "\n".join(f"  | {line}" for line in lines) or "  | (it printed nothing)"
        return f"; last lines of {self.log}:\n{quoted}"
