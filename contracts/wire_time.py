"""When a decision was made, in any of the notations that producers use: epoch s, float epoch, epoch ms, ISO-8601."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from contracts.errors import InvalidIntent

FUTURE_TOLERANCE: Final = timedelta(seconds=60)
"""How far a producer's clock may run ahead of ours."""

_ENTRY_ID = re.compile(r"([0-9]{1,20})-[0-9]{1,20}")
_EPOCH_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_FIRST_MILLISECONDS: Final = Decimal(10) ** 11
"""Numbers below are seconds (up to the year 5138), numbers from here on are milliseconds (from March 1973)."""


def entry_time(entry_id: str) -> datetime:
    """When Redis accepted a stream entry.

    Raises:
        InvalidIntent: if this is no entry id, or one that no clock ever made.
    """
    match = _ENTRY_ID.fullmatch(entry_id)
    if match is None:
        raise InvalidIntent("entry_id", f"{entry_id[:64]!r} is not <epoch ms>-<sequence>")
    try:
        return _EPOCH + timedelta(milliseconds=int(match[1]))
    except OverflowError as error:
        raise InvalidIntent("entry_id", f"{entry_id!r} lies beyond the calendar") from error


def decided_at(given: Mapping[str, str], arrived: datetime, now: datetime) -> datetime:
    """The decision's time: the first field given, else when the entry arrived.

    Raises:
        InvalidIntent: unreadable, implausible, or later than both our clock and the entry's.
    """
    for name, text in given.items():
        moment = moment_of(name, text.strip())
        if moment > max(arrived, now) + FUTURE_TOLERANCE:
            raise InvalidIntent(name, f"{text[:64]!r} lies in the future; check the producer's clock")
        return moment
    return arrived


def moment_of(name: str, text: str) -> datetime:
    """One time as a producer wrote it.

    Raises:
        InvalidIntent: unreadable or implausible.
    """
    try:
        moment = _from_epoch(text) if _EPOCH_NUMBER.fullmatch(text) else _from_iso(text)
    except (ValueError, OverflowError) as error:
        raise InvalidIntent(name, f"{text[:64]!r} is neither an epoch (s or ms) nor ISO-8601") from error
    if not _EARLIEST <= moment < _LATEST:
        raise InvalidIntent(name, f"{text[:64]!r} is {moment.isoformat()}, which cannot be meant")
    return moment


def _from_epoch(text: str) -> datetime:
    number = Decimal(text)
    seconds = number if number < _FIRST_MILLISECONDS else number / 1000
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))


def _from_iso(text: str) -> datetime:
    moment = datetime.fromisoformat(text.upper())
    # Without an offset it is UTC: the original services wrote utcnow().isoformat().
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
