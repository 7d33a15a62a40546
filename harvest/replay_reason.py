"""Why a history did not replay, and at which of its events, in words that fit into one line."""

import re
from collections.abc import Sequence
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

LONGEST: Final = 400

_MESSAGE: Final = re.compile(r'\bmessage: "((?:[^"\\]|\\.)*)"')
"""The SDK's core tells a failure as Rust prints it; causes are nested in it, the outermost first."""
_EVENT_ID: Final = re.compile(r"HistoryEvent(?:\(id: | \{ event_id: )([0-9]+)")
_TOLD_EVENT: Final = re.compile(r"(HistoryEvent) \{ event_id: [0-9]+.*", re.DOTALL)
_OF_EVENT: Final = re.compile(r"(?:event|marker) '([^']+)'")
_PREFIX: Final = "EVENT_TYPE_"


def reason_of(failure: BaseException) -> str:
    """What went wrong, and what caused it."""
    told = str(failure)
    parts = [_plain(part) for part in _MESSAGE.findall(told)] or [told or type(failure).__name__]
    first, last = parts[0], parts[-1]
    words = " ".join((first if first == last else f"{first}: {last}").split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 3]}..."


def event_of(failure: BaseException, events: Sequence[HistoryEvent]) -> str | None:
    """The event that the code did not live up to, as ``6 ACTIVITY_TASK_SCHEDULED place_order``; None if nobody says.

    Some mismatches are told by what the event speaks of alone; several of these are all named.
    """
    told = str(failure)
    if number := _EVENT_ID.search(told):
        found = [event for event in events if event.event_id == int(number[1])]
    elif spoken := _OF_EVENT.search(told):
        found = [event for event in events if spoken[1] == _activity(event)]
    else:
        return None
    return ", or ".join(_name(event) for event in found) or None


def _name(event: HistoryEvent) -> str:
    kind = EventType.Name(event.event_type).removeprefix(_PREFIX)
    return " ".join(filter(None, (str(event.event_id), kind, _activity(event))))


def _activity(event: HistoryEvent) -> str:
    return event.activity_task_scheduled_event_attributes.activity_type.name


def _plain(text: str) -> str:
    """Without Rust's escapes, and without an event's inside: that is told apart."""
    unescaped = re.sub(r"\\(.)", lambda found: " " if found[1] in "nrt" else found[1], text)
    return _TOLD_EVENT.sub(r"\1", unescaped)
