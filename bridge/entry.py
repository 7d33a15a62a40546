"""A stream entry as Redis delivered it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """Id and raw fields. No fields: it was trimmed from the stream while it was pending."""

    id: str
    fields: dict[bytes, bytes]


def order_of(entry_id: str) -> tuple[int, int]:
    """The stream's order of entry ids; as texts they would sort wrongly."""
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)
