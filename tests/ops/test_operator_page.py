"""The operator's page names what exists."""

import re
from pathlib import Path

import pytest
import yaml

from contracts import names, search
from runtime.settings import PREFIX, Settings


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/operator.md").read_text()


def test_settings_exist(page: str) -> None:
    named = set(re.findall(rf"`({PREFIX}[A-Z_]+[A-Z])\b", page))
    assert named
    assert named <= {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_alerts_are_listed_with_their_severity(page: str, root: Path) -> None:
    content = yaml.safe_load((root / "ops/prometheus/harvest.rules.yml").read_text())
    alerts = {
        (rule["alert"], rule["labels"]["severity"])
        for group in content["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert set(re.findall(r"^\| (Harvest\w+) \| (\w+) \|", page, re.MULTILINE)) == alerts


def test_streams_keys_and_search_attributes_are_the_contract(page: str) -> None:
    known = {value for value in vars(names).values() if isinstance(value, str)}
    assert set(re.findall(r"quantum:[a-z:.]+[a-z]", page)) <= known
    assert set(re.findall(r"\b(Harvest\w+) (?:=|<|>=|IN)", page)) <= {key.name for key in search.ALL}


def test_files_exist(page: str, root: Path) -> None:
    paths = set(re.findall(r"`((?:ops|runtime)/[\w./-]+)`", page))
    assert paths
    assert [path for path in paths if not (root / path).exists()] == []
