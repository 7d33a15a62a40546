"""Board and alerts speak of metrics that exist."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ops.known_metrics import OF_PROMETHEUS, OF_SDK, OF_SERVER, in_expression, of_ours


@pytest.fixture(scope="module")
def board(root: Path) -> dict[str, Any]:
    content = json.loads((root / "ops/grafana/dashboards/harvest.json").read_text())
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def rules(root: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load((root / "ops/prometheus/harvest.rules.yml").read_text())
    return [rule for group in content["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def known(root: Path, rules: list[dict[str, Any]]) -> frozenset[str]:
    recorded = {rule["record"] for rule in rules if "record" in rule}
    return OF_PROMETHEUS | OF_SDK | OF_SERVER | of_ours(root) | recorded


def _targets(board: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def test_board_shows_what_exists(board: dict[str, Any], known: frozenset[str]) -> None:
    shown = list(_targets(board))
    assert len(shown) > 15
    assert {title: sorted(in_expression(text) - known) for title, text in shown if in_expression(text) - known} == {}


def test_alerts_watch_what_exists(rules: list[dict[str, Any]], known: frozenset[str]) -> None:
    unknown = {rule.get("alert", rule.get("record")): sorted(in_expression(rule["expr"]) - known) for rule in rules}
    assert {name: names for name, names in unknown.items() if names} == {}


def test_every_alert_says_what_to_do(rules: list[dict[str, Any]]) -> None:
    alerts = [rule for rule in rules if "alert" in rule]
    assert alerts
    for alert in alerts:
        assert alert["labels"]["severity"] in {"page", "warn"}, alert["alert"]
        assert {"summary", "action"} <= set(alert["annotations"]), alert["alert"]


def test_board_has_its_datasource(board: dict[str, Any], root: Path) -> None:
    provisioned = yaml.safe_load((root / "ops/grafana/provisioning/datasources/harvest.yml").read_text())
    uids = {source["uid"] for source in provisioned["datasources"]}
    used = {panel["datasource"]["uid"] for panel in board["panels"] if "datasource" in panel}
    assert used
    assert used <= uids


def test_panels_do_not_overlap(board: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_prometheus_scrapes_what_compose_starts(root: Path) -> None:
    services = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    config = yaml.safe_load((root / "ops/prometheus/prometheus.yml").read_text())
    groups = [group for job in config["scrape_configs"] for group in job["static_configs"]]
    targets = {target for group in groups for target in group["targets"]}
    _, _, worker_port = services["worker"]["environment"]["HARVEST_METRICS_BIND"].partition(":")
    _, _, temporal_port = services["temporal"]["environment"]["PROMETHEUS_ENDPOINT"].partition(":")
    assert targets == {f"worker:{worker_port}", f"temporal:{temporal_port}", "127.0.0.1:9090"}


def test_the_expression_reader_sees_names_only() -> None:
    text = 'sum by (le, outcome) (rate(a_bucket{job="b",c=~"d|e"}[5m])) / b:c:30m unless d offset 30m or vector(0)'
    assert in_expression(text) == {"a", "b:c:30m", "d"}
