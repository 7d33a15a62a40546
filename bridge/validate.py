"""Stream entry to close intent, or to the reason why it is none."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from bridge.entry import Entry
from bridge.urgency import meaning
from contracts.envelope import SIZE_LIMIT
from contracts.errors import InvalidIntent
from contracts.intent import CloseIntent
from contracts.wire_in import parse_intent
from kernel.actions import parse_fraction
from kernel.errors import KernelError
from kernel.identity import rung_of_decision

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry that cannot be understood."""

    entry: Entry
    field: str
    problem: str


def validate(entry: Entry, now: datetime) -> CloseIntent | Rejected:
    """Understand an entry. Never raises: one entry must not keep the next one waiting (R23)."""
    if not entry.fields:
        return Rejected(entry, "entry", "was trimmed from the stream before it was handled; raise the stream's MAXLEN")
    try:
        intent = parse_intent(entry.id, as_text(entry.fields), parse_fraction, now)
        _derive(intent)
    except InvalidIntent as error:
        return Rejected(entry, error.field, error.problem)
    except KernelError as error:
        return Rejected(entry, error.field or "entry", str(error)[:300])
    except Exception as error:
        _log.exception("an entry broke the parser", entry_id=entry.id)
        return Rejected(entry, "entry", f"our parser failed ({type(error).__name__}); report this entry")
    return intent


def _derive(intent: CloseIntent) -> None:
    """Derive once what the close derives before its first step: what cannot be derived must not get that far."""
    rung_of_decision(intent.producer_id, meaning(intent))


def as_text(fields: dict[bytes, bytes]) -> dict[str, str]:
    """An entry's fields as texts. Raises InvalidIntent if they are too large, or none."""
    _refuse_giant(fields)
    try:
        return {name.decode(): value.decode() for name, value in fields.items()}
    except UnicodeDecodeError as error:
        raise InvalidIntent(_not_text(fields), "is not UTF-8; send text") from error


def _refuse_giant(fields: dict[bytes, bytes]) -> None:
    """Before anything looks into it: a field of 500 MB must not keep the others waiting."""
    size = sum(map(len, fields)) + sum(map(len, fields.values()))
    if size > SIZE_LIMIT:
        largest = max(fields, key=lambda name: len(name) + len(fields[name]))
        problem = f"the entry has {size} bytes, at most {SIZE_LIMIT} are read; send less"
        raise InvalidIntent(_readable(largest), problem)


def _not_text(fields: dict[bytes, bytes]) -> str:
    """The first field whose name or value is no text."""
    return next(_readable(name) for name, value in fields.items() if not (_is_text(name) and _is_text(value)))


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _readable(name: bytes) -> str:
    return name[:256].decode(errors="backslashreplace")[:64]
