"""The simulator's life: start, serve, stop; in a test's process or alone."""

import asyncio
import signal
import sys

from aiohttp import web

from simulator.config import SimulatorConfig
from simulator.gateway import Gateway

SHUTDOWN_SECONDS = 0.1


class Simulator:
    """Binance USD-M futures on a local port."""

    def __init__(self, config: SimulatorConfig | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.gateway = Gateway(self.config)
        self._runner: web.ServerRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return f"http://{self.config.host}:{self._port}"

    async def start(self) -> None:
        """Listen, and set the prices moving when so configured."""
        runner = web.ServerRunner(web.Server(self.gateway.handle, access_log=None), shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        await web.TCPSite(runner, self.config.host, self.config.port).start()
        self._runner = runner
        self._port = int(runner.addresses[0][1])
        self.gateway.begin()

    async def stop(self) -> None:
        """Stop moving, stop listening, forget late requests."""
        self.gateway.halt()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def settled(self) -> None:
        """Wait until every late request has reached the engine."""
        await self.gateway.settled()


async def run(config: SimulatorConfig) -> None:
    """Serve until SIGINT or SIGTERM; one line on standard output says where."""
    simulator = Simulator(config)
    await simulator.start()
    sys.stdout.write(f"simulator ready on {simulator.url}\n")
    sys.stdout.flush()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    await simulator.stop()


def serve(config: SimulatorConfig) -> None:
    """Run a simulator alone, on uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        asyncio.run(run(config))
    else:
        uvloop.run(run(config))
