"""An event of the panic stream, understood or refused. Pure: no clock and no I/O."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contracts.envelope import opened
from contracts.errors import InvalidIntent
from contracts.value import Value
from contracts.wire_time import decided_at, entry_time

ISSUERS: Final = frozenset({"risk_kernel", "exit_brain", "ops", "watchdog"})
"""Who may flatten an account through the stream: the original's list."""
_FIELDS: Final = frozenset({"event_id", "issued_by", "reason", "ts"})
_NO_NAME = re.compile(r"[^A-Za-z0-9_.:-]")


class PanicEvent(Value):
    """Somebody wants everything closed."""

    event_id: str
    """The issuer's own, else the entry's id; letters and digits, so that it can be part of a workflow id."""
    issued_by: str
    reason: str
    issued_at: datetime


def parse_panic(entry_id: str, fields: Mapping[str, str], now: datetime) -> PanicEvent:
    """Understand an entry.

    Raises:
        InvalidIntent: the issuer may not do this, or a field cannot be read.
    """
    said = opened(fields, _FIELDS)
    issuer = said.get("issued_by", "").strip().lower()
    if issuer not in ISSUERS:
        allowed = ", ".join(sorted(ISSUERS))
        raise InvalidIntent("issued_by", f"is {issuer[:40]!r}: only {allowed} may flatten an account")
    given = {"ts": said["ts"]} if said.get("ts", "").strip() else {}
    return PanicEvent(
        event_id=_NO_NAME.sub("_", said.get("event_id", "").strip())[:64] or entry_id,
        issued_by=issuer,
        reason=said.get("reason", "").strip()[:300] or "no reason given",
        issued_at=decided_at(given, entry_time(entry_id), now),
    )
