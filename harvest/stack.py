"""The embedded stack: real Redis, real Temporal, the simulated exchange and the real worker, on this machine."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from harvest.child import Child
from harvest.ports import LOOPBACK, PortLease, lease_port
from harvest.readiness import accepts_connections, set_retention, temporal_answers
from harvest.servers import (
    Command,
    clean_environment,
    redis_command,
    simulator_command,
    temporal_command,
    worker_command,
)

NAMESPACE = "default"
API_KEY = "sim-key"
API_SECRET = "sim-secret"  # noqa: S105 - the simulator's public test credential
_WORKER_READY = "worker ready"
_USUAL_PORTS = {"redis": 6379, "temporal": 7233, "ui": 8233, "http": 7243, "simulator": 18080}


@dataclass(frozen=True)
class StackConfig:
    """What to start, and where its files go."""

    folder: Path
    """Databases and logs, one log a process. Created when missing; kept when the stack stops."""
    live: bool = True
    """Whether the worker sends orders (to the simulator). False: shadow."""
    worker: bool = True
    """Whether to start a worker with the stack; :meth:`Stack.start_worker` starts one later, or another one."""
    simulator: bool = True
    simulator_options: tuple[str, ...] = ()
    """Further arguments of ``python -m simulator``."""
    redis_sync: str = "everysec"
    """When Redis writes to disk: everysec, or always, so that what it has confirmed survives any kill."""
    account: str = "main"
    usual_ports: bool = False
    """Prefer 6379, 7233, 8233 and 18080. Off, because tests run while other things do."""
    worker_settings: Mapping[str, str] = field(default_factory=dict)
    """Further HARVEST_* settings of the worker."""
    retention_days: int = 30
    """How long Temporal keeps a closed workflow: longer than a stream entry can come back."""
    ready_timeout_s: float = 60.0
    grace_s: float = 5.0
    """How long a server may take to stop."""


class Stack:
    """All servers, as an async context manager. Nothing of it runs any more when it is left, whichever way.

    The servers stop in the reverse order of their start: worker, simulator, Temporal, Redis.
    """

    def __init__(self, config: StackConfig) -> None:
        self.config = config
        self.children: list[Child] = []
        self._leases: dict[str, PortLease] = {}

    @property
    def temporal_address(self) -> str:
        """``host:port`` of Temporal's gRPC service."""
        return f"{LOOPBACK}:{self._port('temporal')}"

    @property
    def ui_url(self) -> str:
        """Temporal's web interface."""
        return f"http://{LOOPBACK}:{self._port('ui')}"

    @property
    def redis_url(self) -> str:
        """Address of the streams."""
        return f"redis://{LOOPBACK}:{self.redis_port}/0"

    @property
    def redis_port(self) -> int:
        """Port of the streams."""
        return self._port("redis")

    @property
    def exchange_url(self) -> str:
        """The simulator's REST interface and control routes."""
        return f"http://{LOOPBACK}:{self._port('simulator')}"

    @property
    def worker(self) -> Child | None:
        """The worker that was started last, if it still runs."""
        workers = [child for child in self.children if child.name == "worker" and child.running]
        return workers[-1] if workers else None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start_worker(self, settings: Mapping[str, str] | None = None) -> Child:
        """Start a worker, with further settings if given, and wait until it polls.

        Raises:
            ChildFailed: it died or did not become ready.
        """
        environment = {**self._worker_environment(), **(settings or {})}
        return await self.start_program("worker", worker_command(), environment, _WORKER_READY)

    async def spawn_worker(self, name: str) -> Child:
        """Start one of several workers, each with a name of its own; see :meth:`worker_ready`."""
        settings = {**self._worker_environment(), "HARVEST_CONSUMER": name}
        return await self._spawn(name, worker_command(), settings)

    async def worker_ready(self, worker: Child) -> None:
        """Wait until a worker works. Raises ChildFailed if it does not."""
        await worker.ready(lambda: worker.says(_WORKER_READY), timeout_s=self.config.ready_timeout_s)

    async def kill_server(self, name: str) -> None:
        """SIGKILL a server (redis, temporal) and wait for its end. Its files stay."""
        for child in self.children:
            if child.name == name and child.running:
                child.kill()
                await child.wait()

    async def start_server(self, name: str) -> None:
        """Start a server again, on its port and its files, and wait until it answers."""
        await self._server_ready(name, await self._spawn(name, self._command(name), {}))

    async def start_program(self, name: str, command: Command, settings: Mapping[str, str], ready: str) -> Child:
        """Start another program as a part of the stack, and wait until it prints some words.

        Raises:
            ChildFailed: it died or did not print them.
        """
        child = await self._spawn(name, command, settings)
        await child.ready(lambda: child.says(ready), timeout_s=self.config.ready_timeout_s)
        return child

    async def stop_worker(self) -> None:
        """SIGTERM the running worker and wait for its graceful end."""
        if self.worker is not None:
            await self.worker.stop(grace_s=self.config.grace_s)

    async def kill_worker(self) -> Child:
        """SIGKILL the running worker, wait for its end and return what is left of it."""
        worker = self.worker
        if worker is None:
            raise LookupError("no worker is running")
        worker.kill()
        await worker.wait()
        return worker

    async def stop(self) -> None:
        """Stop everything. When cancelled meanwhile, everything is killed before the cancellation goes on."""
        try:
            for child in reversed(self.children):
                await child.stop(grace_s=self.config.grace_s)
        finally:
            for child in self.children:
                child.kill()
            for lease in self._leases.values():
                lease.release()

    async def _start(self) -> None:
        self.config.folder.mkdir(parents=True, exist_ok=True)
        self._lease_ports()
        commands = {
            name: self._command(name) for name in self._servers()
        }  # a missing program is found before any starts
        servers = {name: await self._spawn(name, command, {}) for name, command in commands.items()}
        try:
            async with asyncio.TaskGroup() as group:
                for name, child in servers.items():
                    group.create_task(self._server_ready(name, child))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        await set_retention(self.temporal_address, NAMESPACE, self.config.retention_days)
        if self.config.worker:
            await self.start_worker()

    def _servers(self) -> tuple[str, ...]:
        return ("redis", "temporal", "simulator") if self.config.simulator else ("redis", "temporal")

    def _lease_ports(self) -> None:
        for name, usual in _USUAL_PORTS.items():
            self._leases[name] = lease_port(usual if self.config.usual_ports else None)

    async def _server_ready(self, name: str, child: Child) -> None:
        await child.ready(lambda: self._answers(name), timeout_s=self.config.ready_timeout_s)

    def _command(self, name: str) -> Command:
        if name == "redis":
            return redis_command(self.redis_port, self.config.folder, self.config.redis_sync)
        if name == "simulator":
            return (*simulator_command(self._port("simulator")), *self.config.simulator_options)
        database = self.config.folder / "temporal.db"
        return temporal_command(self._port("temporal"), self._port("ui"), self._port("http"), database)

    async def _answers(self, name: str) -> bool:
        if name == "temporal":
            return await temporal_answers(self.temporal_address, NAMESPACE)
        return await accepts_connections(LOOPBACK, self._port(name))

    async def _spawn(self, name: str, command: Command, settings: Mapping[str, str]) -> Child:
        folder = self.config.folder
        child = await Child.start(
            name, command, log=folder / f"{name}.log", environment=clean_environment(settings), folder=folder
        )
        self.children.append(child)
        return child

    def _worker_environment(self) -> dict[str, str]:
        return {
            "HARVEST_MODE": "live" if self.config.live else "shadow",
            "HARVEST_VENUE": "simulator",
            "HARVEST_EXCHANGE_URL": self.exchange_url,
            "HARVEST_API_KEY": API_KEY,
            "HARVEST_API_SECRET": API_SECRET,
            "HARVEST_REDIS_URL": self.redis_url,
            "HARVEST_ACCOUNT": self.config.account,
            "TEMPORAL_ADDRESS": self.temporal_address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            **self.config.worker_settings,
        }

    def _port(self, name: str) -> int:
        return self._leases[name].port
