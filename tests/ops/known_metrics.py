"""Metric names that exist: the SDK's and the server's as read from running ones, ours as the source creates them."""

import re
from pathlib import Path
from typing import Final

OF_PROMETHEUS: Final = frozenset({"up", "ALERTS"})

# temporalio 1.35.0, read from its endpoint with the options of runtime/telemetry.py.
OF_SDK: Final = frozenset(
    {
        "temporal_activity_execution_failed_total",
        "temporal_activity_execution_latency_seconds",
        "temporal_activity_schedule_to_start_latency_seconds",
        "temporal_local_activity_execution_failed_total",
        "temporal_local_activity_execution_latency_seconds",
        "temporal_long_request_failure_total",
        "temporal_long_request_total",
        "temporal_num_pollers",
        "temporal_request_failure_total",
        "temporal_request_total",
        "temporal_worker_task_slots_available",
        "temporal_workflow_endtoend_latency_seconds",
        "temporal_workflow_task_execution_failed_total",
        "temporal_workflow_task_schedule_to_start_latency_seconds",
    }
)

# Temporal server 1.32.0.
OF_SERVER: Final = frozenset({"persistence_latency", "service_latency"})

_CREATED = re.compile(r"create_(counter|gauge|gauge_float|histogram\w*)\(\s*\"(harvest_\w+)\"")
_WORDS = frozenset({"and", "or", "unless", "offset", "bool", "group_left", "group_right"})


def of_ours(root: Path) -> frozenset[str]:
    """What our source creates, as Prometheus sees it."""
    folders = ("workflows", "activities", "bridge", "runtime")
    sources = [path.read_text() for folder in folders for path in (root / folder).glob("*.py")]
    sources.append((root / "worker.py").read_text())
    return frozenset(
        f"{name}_total" if kind == "counter" else name for source in sources for kind, name in _CREATED.findall(source)
    )


def in_expression(expression: str) -> frozenset[str]:
    """The metric names of a PromQL expression, histogram suffixes taken off."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', "", expression)
    text = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", text)
    text = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", text)
    names = re.findall(r"(?<![\w:.])([A-Za-z_:][\w:]*)(?!\s*\()\b(?![\w:(])", text)
    return frozenset(re.sub(r"_(bucket|count|sum)$", "", name) for name in names if name not in _WORDS)
