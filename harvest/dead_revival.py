"""What a dead letter goes back on the stream as, or why it does not."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from bridge.entry import Entry
from bridge.validate import Rejected, validate
from contracts.errors import HarvestError
from contracts.intent import CloseIntent

_TIME: Final = b"decided_at"


def revived(
    entry_id: str, original: Mapping[bytes, bytes], sets: Mapping[str, str], unsets: Collection[str], now: datetime
) -> dict[bytes, bytes]:
    """The original fields with an operator's changes, checked as the bridge will check them.

    An entry that names no time was decided when it came. As a new entry it would be a new decision, so the old time is
    written down: what was decided long ago does not become fresh by being put back (R65).

    Raises:
        HarvestError: it would only become a dead letter again; the message names the field.
    """
    removed = {name.encode() for name in unsets}
    fields = {name: value for name, value in original.items() if name not in removed}
    fields |= {name.encode(): value.encode() for name, value in sets.items()}
    intent = _understood(entry_id, fields, now)
    as_new = _understood(f"{int(now.timestamp() * 1000)}-0", fields, now)
    if as_new.decided_at != intent.decided_at:
        fields[_TIME] = intent.decided_at.isoformat().encode()
    return fields


def _understood(entry_id: str, fields: dict[bytes, bytes], now: datetime) -> CloseIntent:
    verdict = validate(Entry(entry_id, fields), now)
    if isinstance(verdict, Rejected):
        raise HarvestError(
            f"not put back, it would be a dead letter again: {verdict.field}: {verdict.problem}; "
            f"change it with --set {verdict.field}=... or --unset {verdict.field}"
        )
    return verdict
