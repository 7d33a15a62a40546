"""Histories as they are kept beside the tests."""

import json
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from contracts.names import close_workflow_id
from tests.replay.scenarios import SYMBOL

FOLDER = Path(__file__).with_name("histories")
ACCOUNT = "replay"
WORKFLOW_ID = close_workflow_id(ACCOUNT, SYMBOL)

Json = Any
_REPLACED = {"identity": "worker", "stackTrace": ""}


def load(path: Path) -> WorkflowHistory:
    """One stored history."""
    return WorkflowHistory.from_json(WORKFLOW_ID, path.read_text())


def save(name: str, history: WorkflowHistory) -> Path:
    """Keep a close's history."""
    return save_in(FOLDER, name, history)


def save_in(folder: Path, name: str, history: WorkflowHistory) -> Path:
    """Keep a history, without anything that tells of the machine that it was recorded on."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(sanitised(json.loads(history.to_json())), indent=1, sort_keys=True) + "\n")
    return path


def sanitised(value: Json) -> Json:
    """Identities say who, stack traces where; sticky queues are named after a machine. No replay looks at them."""
    if isinstance(value, list):
        return [sanitised(each) for each in value]
    if not isinstance(value, dict):
        return value
    clean = {name: _REPLACED[name] if name in _REPLACED else sanitised(each) for name, each in value.items()}
    if clean.get("kind") == "TASK_QUEUE_KIND_STICKY":
        clean["name"] = "sticky"
    return clean
