"""Starts a driver in its environment, against a simulator of its own, and takes in its report."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import Simulator, SimulatorConfig
from tests.conformance.environment import ROOT, clients_python

MINUTE_OF_WEIGHT = 20_000
"""A driver asks for more within a minute than an account may."""


async def own_python() -> Path:
    """Harvest's own interpreter."""
    return Path(sys.executable)


@dataclass(frozen=True)
class Driver:
    """A module beside this one and where it can be run."""

    module: str
    title: str
    python: Callable[[], Awaitable[Path]]


CCXT = Driver("drive_ccxt", "ccxt", clients_python)
SDK = Driver("drive_sdk", "official SDK", clients_python)
PYTHON_BINANCE = Driver("drive_python_binance", "python-binance", own_python)
SDK_STREAMS = Driver("drive_sdk_streams", "official SDK, streams", clients_python)
DRIVERS = (CCXT, SDK, PYTHON_BINANCE, SDK_STREAMS)


@dataclass(frozen=True)
class Seen:
    """A driver's report."""

    client: str
    hosts: list[str]
    known: list[str]
    driven: dict[str, list[str]]
    streams: dict[str, list[str]]
    values: dict[str, Any]
    warnings: list[str]

    @property
    def routes(self) -> set[str]:
        """Every route that was reached."""
        return {route for routes in self.driven.values() for route in routes}


async def drive(driver: Driver) -> Seen:
    """Run it from start to end."""
    simulator = Simulator(SimulatorConfig(weight_per_minute=MINUTE_OF_WEIGHT))
    await simulator.start()
    try:
        output = await run(await driver.python(), "-m", f"tests.conformance.{driver.module}", simulator.url)
    finally:
        await simulator.stop()
    report = json.loads(output)
    assert set(report["hosts"]) <= {simulator.url.removeprefix("http://")}, "a request left this machine"
    return Seen(**report)


async def run(python: Path, *arguments: str) -> str:
    """What a command of that interpreter prints; one that fails raises what it said."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = await asyncio.create_subprocess_exec(
        str(python), *arguments, cwd=ROOT, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()
