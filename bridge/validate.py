"""Stream entry to close intent, or to the reason why it is none."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from bridge.entry import Entry
from bridge.urgency import meaning
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
        intent = parse_intent(entry.id, _decoded(entry.fields), parse_fraction, now)
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


def _decoded(fields: dict[bytes, bytes]) -> dict[str, str]:
    result: dict[str, str] = {}
    for raw_name, raw in fields.items():
        name = raw_name.decode(errors="backslashreplace")
        try:
            raw_name.decode()
            result[name] = raw.decode()
        except UnicodeDecodeError as error:
            raise InvalidIntent(name[:64], "is not UTF-8; send text") from error
    return result
