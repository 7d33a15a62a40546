"""What the options of `harvest replay` mean, or why they mean nothing."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.errors import HarvestError, InvalidIntent
from contracts.wire_time import moment_of
from harvest.replay_reading import TYPES

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Senseless(HarvestError):
    """An option that cannot be meant."""


def check_beside_files(options: Mapping[str, object]) -> None:
    """With ``--file`` none of these may be given. Raises :class:`Senseless`."""
    for name, value in options.items():
        if value is not None and value != () and value != []:
            raise Senseless(f"--{name} is about the server's workflows, and --file asks no server: give one of them")


def check_account(account: str) -> str:
    """A name that can be one. Raises :class:`Senseless`."""
    if not _ACCOUNT.fullmatch(account):
        raise Senseless(f"--account {account!r}: at most 40 letters, digits, _ and -")
    return account


def check_most(most: int) -> int:
    """At least one. Raises :class:`Senseless`."""
    if most < 1:
        raise Senseless(f"--most {most}: at least 1")
    return most


def words_of(names: Sequence[str]) -> tuple[str, ...]:
    """Keys of TYPES, each once; of none all. Raises :class:`Senseless`."""
    return tuple(dict.fromkeys(_word(name) for name in names)) or tuple(TYPES)


def begin_of(text: str, now: datetime | None = None) -> datetime:
    """A span before now, or a time. Raises :class:`Senseless`."""
    try:
        if span := _SPAN.fullmatch(text.strip()):
            return (now or datetime.now(UTC)) - timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
        return moment_of("--since", text.strip())
    except (InvalidIntent, OverflowError) as wrong:
        raise Senseless(f"--since {text!r}: a span as in 24h, 90m or 7d, or a time (ISO-8601 or epoch)") from wrong


def _word(name: str) -> str:
    plain = name.strip().lower()
    for word, full in TYPES.items():
        if plain in (word, full.lower()):
            return word
    raise Senseless(f"--type {name!r}: one of {', '.join(TYPES)}, or a workflow type's full name")
