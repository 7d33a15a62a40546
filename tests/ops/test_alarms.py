"""What once stood still for days without a word is an alarm, and the alarm has been seen to ring."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

RULES = Path("ops/prometheus/harvest.rules.yml")
PLAYED = Path("ops/prometheus/harvest.rules.test.yml")


@pytest.fixture(scope="module")
def alarms(root: Path) -> dict[str, dict[str, Any]]:
    content = yaml.safe_load((root / RULES).read_text())
    return {rule["alert"]: rule for group in content["groups"] for rule in group["rules"] if "alert" in rule}


@pytest.fixture(scope="module")
def rung(root: Path) -> set[str]:
    """Alarms that a played scene expects to ring."""
    content = yaml.safe_load((root / PLAYED).read_text())
    tests = [test for scene in content["tests"] for test in scene.get("alert_rule_test", [])]
    return {test["alertname"] for test in tests if test["exp_alerts"]}


@pytest.mark.parametrize(
    "name",
    [
        "HarvestWorkerDown",  # R13, R86
        "HarvestBridgeStalled",  # R13, R76, R79: reads nothing although it lives
        "HarvestEntriesStuck",  # R24
        "HarvestNothingSettles",  # R17, R83: everything fails; asked as a rate, not as a total
        "HarvestWorkerRestartLoop",  # R78
        "HarvestNeedsHuman",  # R58
    ],
)
def test_r13_r17_r24_r58_r76_r78_r79_r83_what_stands_still_calls_somebody(
    alarms: dict[str, dict[str, Any]], rung: set[str], name: str
) -> None:
    assert alarms[name]["labels"]["severity"] == "page"
    assert name in rung


def test_r20_r23_what_was_not_understood_is_an_alarm(alarms: dict[str, dict[str, Any]], rung: set[str]) -> None:
    assert "HarvestDeadLetters" in alarms
    assert "HarvestDeadLetters" in rung


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool, which comes with Prometheus")
def test_the_alarms_ring_as_played(root: Path) -> None:
    done = subprocess.run(["promtool", "test", "rules", PLAYED.name], cwd=root / PLAYED.parent, check=False)

    assert done.returncode == 0
