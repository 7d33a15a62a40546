"""Opening a stream entry: flat fields, or one JSON object in ``payload`` or ``data``, or one inside the other.

What comes out is one flat mapping of texts. Numbers keep the digits they had on the wire; nothing becomes a float.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from contracts.errors import InvalidIntent

SIZE_LIMIT: Final = 64 * 1024
"""Bytes of all field names and values of one entry together."""

WRAPPERS: Final = ("payload", "data")
_DEPTH: Final = 4
_VITAL: Final = frozenset({"symbol", "action", "side", "percentage", "quantity", "qty", "dry_run", "account"})
"""Fields that decide what is closed: an envelope and its content that disagree about one are refused."""


def opened(fields: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    """The known fields of an entry, with all envelopes opened; the content speaks louder than its envelope.

    Raises:
        InvalidIntent: too large, not Unicode, not JSON, of the wrong type, or contradicting itself.
    """
    _check_size(fields)
    said: dict[str, str] = {}
    for layer in _layers(fields):
        for name, value in layer.items():
            if name in known:
                text = _text(name, value)
                before = said.get(name, "")
                _check_agreement(name, before, text)
                said[name] = text or before
    return said


def _check_size(fields: Mapping[str, str]) -> None:
    # Plain text is measured without encoding it: a backlog of 164,515 entries is in a hurry.
    if all(map(str.isascii, fields)) and all(map(str.isascii, fields.values())):
        size = sum(map(len, fields)) + sum(map(len, fields.values()))
    else:
        size = sum(len(_encoded(name, part)) for name, text in fields.items() for part in (name, text))
    if size > SIZE_LIMIT:
        largest = max(fields, key=lambda name: len(fields[name]))
        raise InvalidIntent(largest[:64], f"the entry has {size} bytes, at most {SIZE_LIMIT} are read; send less")


def _encoded(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidIntent(ascii(name)[1:-1][:64], "is not valid Unicode text; send UTF-8") from error


def _layers(fields: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    """The entry from the outside in."""
    layer: Mapping[str, object] = fields
    for _ in range(_DEPTH):
        yield layer
        wrapper = next((name for name in WRAPPERS if layer.get(name) not in (None, "")), None)
        if wrapper is None:
            return
        layer = _content(wrapper, layer[wrapper])
    raise InvalidIntent(WRAPPERS[0], f"envelopes are nested more than {_DEPTH - 1} deep")


def _content(name: str, value: object) -> Mapping[str, object]:
    """The JSON object in a field; a producer that encoded it twice is understood as well."""
    for _ in range(2):
        if isinstance(value, str):
            value = _decoded(name, value)
    if not isinstance(value, dict):
        raise InvalidIntent(name, "must hold one JSON object with the fields of the decision")
    return value


def _decoded(name: str, text: str) -> object:
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise InvalidIntent(name, f"is not JSON: {str(error)[:200]}") from error


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object that names a field twice with different values says two things at once."""
    result: dict[str, object] = {}
    for name, value in pairs:
        if name in result and result[name] != value:
            raise InvalidIntent(ascii(name)[1:-1][:64], "is given twice with different values")
        result[name] = value
    return result


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        if not value.isascii():
            _encoded(name, value)  # JSON can spell half a character (a lone surrogate)
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    raise InvalidIntent(name, "must be a text or a number, not a list or an object")


def _check_agreement(name: str, outer: str, inner: str) -> None:
    if outer != inner and name in _VITAL and outer.strip() and inner.strip():
        raise InvalidIntent(name, "the envelope and its content name different values; send one")
