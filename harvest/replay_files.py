"""Histories in files: as ``temporal workflow show --output json`` and ``harvest replay --save`` write them."""

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from google.protobuf.json_format import ParseError
from temporalio.client import WorkflowHistory

from contracts.errors import HarvestError
from harvest.replaying import Story
from runtime.patience import first_line

_STARTED: Final = "workflow_execution_started_event_attributes"
_LONGEST_NAME: Final = 150


def read_file(path: Path) -> Story:
    """The run in one file. Its id is in its first event, or with old servers nowhere: then it is the file's name.

    Raises:
        HarvestError: it cannot be read, or is not a history.
    """
    try:
        history = WorkflowHistory.from_json(path.stem, path.read_text())
    except OSError as error:
        raise HarvestError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError, ParseError) as error:
        raise HarvestError(f"{path} is not a workflow's history as JSON: {first_line(error)}") from error
    if not history.events or not history.events[0].HasField(_STARTED):
        raise HarvestError(f"{path} is not a workflow's history: it does not begin with the workflow's start")
    started = history.events[0].workflow_execution_started_event_attributes
    workflow_id = started.workflow_id or path.stem
    return Story(workflow_id, history.run_id, started.workflow_type.name, WorkflowHistory(workflow_id, history.events))


async def each(stories: Sequence[Story]) -> AsyncIterator[Story]:
    """As the server's histories come."""
    for story in stories:
        yield story


def make_folder(folder: Path) -> None:
    """Before anything is replayed: what failed must not be lost for want of a place.

    Raises:
        HarvestError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HarvestError(f"{folder} cannot be made: {error.strerror}") from error


def save_in(folder: Path, story: Story) -> Path:
    """Write a history for :func:`read_file`; where.

    Raises:
        HarvestError: the folder does not take it.
    """
    # Ids of flattens end with what the panic's sender called it.
    name = re.sub(r"[^A-Za-z0-9._-]", "_", story.workflow_id)[:_LONGEST_NAME]
    path = folder / f"{name}_{story.run_id}.json"
    try:
        path.write_text(story.history.to_json() + "\n")
    except OSError as error:
        raise HarvestError(f"{path} cannot be written: {error.strerror}") from error
    return path
