"""The Temporal server of the compose file is set up as the embedded one is."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.envconfig import ClientConfig

from contracts import search
from harvest.dynamic_config import DYNAMIC_CONFIG

TYPE_NAMES = {
    SearchAttributeIndexedValueType.KEYWORD: "Keyword",
    SearchAttributeIndexedValueType.DOUBLE: "Double",
}


def test_dynamic_config_is_the_embedded_one(root: Path) -> None:
    content = yaml.safe_load((root / "ops/temporal/dynamicconfig/harvest.yaml").read_text())
    values = {key: [rule["value"] for rule in rules] for key, rules in content.items()}
    assert values == {key: [json.loads(text)] for key, text in DYNAMIC_CONFIG.items()}


def test_search_attributes_are_the_contract(root: Path) -> None:
    script = (root / "ops/temporal/setup-namespace.sh").read_text()
    created = re.findall(r"^search_attribute (\w+) (\w+)$", script, re.MULTILINE)
    assert created == [(key.name, TYPE_NAMES[key.indexed_value_type]) for key in search.ALL]


@pytest.mark.parametrize("name", ["default", "compose", "cloud-apikey"])
def test_profiles_load(root: Path, name: str) -> None:
    file = root / "ops/temporal/temporal.toml"
    profile = tomllib.loads(file.read_text())["profile"][name]
    config = ClientConfig.load_client_connect_config(profile=name, config_file=str(file), override_env_vars={})
    assert config.get("target_host") == profile["address"]
    assert config.get("namespace") == profile["namespace"]


def test_profiles_hold_no_secret(root: Path) -> None:
    profiles = tomllib.loads((root / "ops/temporal/temporal.toml").read_text())["profile"]
    assert [name for name, profile in profiles.items() if "api_key" in profile] == []
    assert not any(key.endswith("_data") for profile in profiles.values() for key in profile.get("tls", {}))


@pytest.fixture
def tctl(root: Path, tmp_path: Path) -> list[str]:
    """The shim, in front of a ``temporal`` that prints one argument a line."""
    stub = tmp_path / "temporal"
    stub.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    stub.chmod(0o755)
    return ["/usr/bin/env", f"TEMPORAL_BIN={stub}", str(root / "ops/bin/tctl")]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_CLI_")}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            ["workflow", "query", "--workflow_id", "close-main-ETHUSDT", "--query_type", "status"],
            ["workflow", "query", "--workflow-id", "close-main-ETHUSDT", "--name", "status"],
        ),
        (
            ["--address", "h:1", "--ns", "n", "wf", "query", "-w", "a", "--qt=status"],
            ["workflow", "query", "--workflow-id", "a", "--name", "status", "--address", "h:1", "--namespace", "n"],
        ),
        (["workflow", "list", "--open"], ["workflow", "list", "--query", "ExecutionStatus = 'Running'"]),
        (["workflow", "list", "-q", "A = 'b c'"], ["workflow", "list", "--query", "A = 'b c'"]),
        (["wf", "desc", "-w", "a", "-r", "b"], ["workflow", "describe", "--workflow-id", "a", "--run-id", "b"]),
        (["workflow", "show", "--wid", "a"], ["workflow", "show", "--workflow-id", "a"]),
        (
            ["workflow", "signal", "-w", "a", "-n", "submit", "-i", '{"x": 1}'],
            ["workflow", "signal", "--workflow-id", "a", "--name", "submit", "--input", '{"x": 1}'],
        ),
        (
            ["wf", "term", "-w", "a", "--reason", "x y"],
            ["workflow", "terminate", "--workflow-id", "a", "--reason", "x y"],
        ),
    ],
)
def test_tctl_translates(tctl: list[str], old: list[str], new: list[str]) -> None:
    done = _run([*tctl, *old])
    assert done.stderr == ""
    assert done.stdout.splitlines() == new


@pytest.mark.parametrize(
    "old",
    [
        [],
        ["namespace", "list"],
        ["workflow"],
        ["workflow", "reset", "-w", "a"],
        ["workflow", "query", "-w"],
        ["workflow", "terminate", "-w", "a", "--force"],
        ["workflow", "terminate", "-w", "a", "--open"],
    ],
)
def test_tctl_refuses_what_it_does_not_know(tctl: list[str], old: list[str]) -> None:
    done = _run([*tctl, *old])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tctl: ")
