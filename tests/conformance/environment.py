"""The clients' own Python environment, made once from the hash-checked requirements.txt and kept in var/."""

import asyncio
import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
REQUIREMENTS = HERE / "requirements.txt"


async def clients_python() -> Path:
    """The environment's interpreter. What cannot be installed fails, and says why."""
    folder = ROOT / "var" / "conformance" / _fingerprint()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        await _make(unfinished)
        if folder.exists():  # somebody else was faster
            shutil.rmtree(unfinished)
        else:
            unfinished.rename(folder)
    return folder / "bin" / "python"


def _fingerprint() -> str:
    identity = f"{platform.python_implementation()} {sys.version} {platform.platform()}"
    return hashlib.sha256(identity.encode() + REQUIREMENTS.read_bytes()).hexdigest()[:16]


async def _make(folder: Path) -> None:
    """With uv where it is there and knows an index, else with what every Python brings along."""
    python = str(folder / "bin" / "python")
    complaint = ""
    if uv := shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"):
        complaint = await _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder)) or await _run(
            uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(REQUIREMENTS)
        )
        if not complaint:
            return
        shutil.rmtree(folder, ignore_errors=True)
    pip = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--no-compile", "--no-deps")
    failed = await _run(sys.executable, "-m", "venv", str(folder)) or await _run(
        python, *pip, "--require-hashes", "-r", str(REQUIREMENTS)
    )
    if failed:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(f"the clients of the conformance tests could not be installed:\n{complaint}\n{failed}")


async def _run(*command: str) -> str:
    """Empty when it succeeded, else what it complained about."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return f"{' '.join(command)}:\n{output.decode()}" if process.returncode else ""
