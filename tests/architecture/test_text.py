"""What is committed is text that runs: no other line ends, no half-finished merge, no key of an account."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

SUFFIXES = frozenset({".py", ".md", ".toml", ".yml", ".yaml", ".json", ".sh", ".conf", ".env", ".service", ".txt", ""})
NOT_OURS = frozenset({"var", "dist", "__pycache__"})
MERGE = re.compile(rb"^(<{7}|>{7}|\|{7}) ", re.MULTILINE)
KEY = re.compile(rb"(?<![A-Za-z0-9])(?=[a-z0-9]*[A-Z])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{64}(?![A-Za-z0-9])")
"""As the exchange makes its keys and secrets; the hashes of packages are in small letters."""


@cache
def texts() -> dict[str, bytes]:
    """Every file that belongs to the project."""
    found: dict[str, bytes] = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name == ".ci" or not (name in NOT_OURS or name.startswith("."))]
        paths = [Path(folder, name) for name in files if Path(name).suffix in SUFFIXES]
        found |= {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
    return found


def test_r80_no_file_holds_a_half_finished_merge() -> None:
    assert "worker.py" in texts()
    assert [path for path, text in texts().items() if MERGE.search(text)] == []


def test_r81_no_file_ends_its_lines_as_another_system_does() -> None:
    assert [path for path, text in texts().items() if b"\r" in text] == []


def test_r64_no_key_of_an_account_is_in_any_file() -> None:
    assert [path for path, text in texts().items() if KEY.search(text)] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(MERGE, b"a\n" + b"<" * 7 + b" HEAD\n"), (KEY, b'key = "' + b"aB3d" * 16 + b'"')],
    ids=["merge", "key"],
)
def test_they_would_be_noticed(pattern: re.Pattern[bytes], text: bytes) -> None:
    assert pattern.search(text)
