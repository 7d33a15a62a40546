"""The command lines and environments of the servers that make up the stack."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from contracts.search import ALL as SEARCH_ATTRIBUTES
from harvest.binaries import redis_binary, temporal_binary
from harvest.dynamic_config import DYNAMIC_CONFIG
from harvest.ports import LOOPBACK

SOURCE = Path(__file__).resolve().parent.parent
"""Where our packages and worker.py are."""

_TEMPORAL_PRAGMAS = {
    "journal_mode": "wal",  # 1 to 14 fsyncs a close instead of 184
    # NORMAL: an answered commit survives every kill of the server, not a power cut. This server is for demos, tests and
    # drills; a power cut is what the exchange's own ledger and PostgreSQL are for.
    "synchronous": "1",
    "cache_size": "-65536",
}

_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

Command = tuple[str, ...]


def redis_command(port: int, folder: Path, sync: str = "everysec") -> Command:
    """A Redis server whose streams survive a kill: append-only file.

    Synced every second, a slow disk makes the server put off its writes, and a kill then takes the last ones with it.
    """
    return (
        *(str(redis_binary()), "--bind", LOOPBACK, "--port", str(port), "--dir", str(folder)),
        *("--appendonly", "yes", "--appendfsync", sync, "--save", "", "--loglevel", "warning"),
    )


def temporal_command(port: int, ui_port: int, http_port: int, database: Path) -> Command:
    """The development server on a file, with the settings that our latency depends on."""
    command = [
        *(str(temporal_binary()), "server", "start-dev", "--ip", LOOPBACK, "--port", str(port)),
        *("--ui-port", str(ui_port), "--http-port", str(http_port), "--db-filename", str(database)),
        *("--ui-disable-news-fetch", "--log-level", "error"),
    ]
    for name, value in _TEMPORAL_PRAGMAS.items():
        command += ["--sqlite-pragma", f"{name}={value}"]
    for key, value in DYNAMIC_CONFIG.items():
        command += ["--dynamic-config-value", f"{key}={value}"]
    for attribute in SEARCH_ATTRIBUTES:
        command += ["--search-attribute", f"{attribute.name}={attribute.indexed_value_type.name.title()}"]
    return tuple(command)


def simulator_command(port: int) -> Command:
    """The simulated exchange."""
    return (sys.executable, "-m", "simulator", "--host", LOOPBACK, "--port", str(port))


def worker_command() -> Command:
    """The real worker, as an operator starts it."""
    return (sys.executable, str(SOURCE / "worker.py"))


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The little of our environment that a program needs, and the settings.

    A list of what may pass and not of what may not: no key, address or switch of this shell (or of Temporal's
    configuration file) can lead a child of the demo to a real account or to a real server.
    """
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    ours = {"PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1", "TEMPORAL_CONFIG_FILE": os.devnull}
    return kept | ours | dict(settings)
