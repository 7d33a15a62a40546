"""Decisions that are too old to act on, understood as far as that needs.

A long backlog is nearly all of one plain form. Such an entry is understood here in a fraction of the time that
:func:`bridge.validate.validate` takes; about any other this says nothing, and never anything else than that would.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Final, NamedTuple, Required, Self

from pydantic import StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from bridge.entry import Entry
from bridge.urgency import Urgency, urgency, urgency_of
from contracts.envelope import SIZE_LIMIT, WRAPPERS
from contracts.errors import InvalidIntent
from contracts.intent import CloseIntent
from contracts.order import PositionSide
from contracts.wire_in import ABSENT, KNOWN, SIDE_WORDS, TIMES
from contracts.wire_time import moment_of
from kernel.actions import parse_fraction
from kernel.errors import KernelError


class OldDecision(NamedTuple):
    """What has to be known of a decision that is not acted on."""

    entry: Entry
    symbol: str
    action: str
    side: PositionSide | None
    account: str | None
    source: str
    decided_at: datetime
    urgency: Urgency

    @classmethod
    def of(cls, entry: Entry, intent: CloseIntent) -> Self:
        """The same of a decision that was understood whole."""
        return cls(
            entry,
            intent.symbol,
            intent.action,
            intent.side,
            intent.account,
            intent.source,
            intent.decided_at,
            urgency(intent),
        )


_Number = Annotated[str, StringConstraints(pattern=r"^(-?[0-9]{1,15}(\.[0-9]+)?|None|)$", max_length=30)]
"""Well within the limits of an intent: 30 digits, and 18 places before the point."""
_Fraction = Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,15}$")]
_Side = Annotated[str, StringConstraints(pattern=r"^(LONG|SHORT|SELL|BUY|CLOSE|BOTH)$")]
_Text = Annotated[str, StringConstraints(strip_whitespace=True)]


class _Plain(TypedDict, total=False):
    """The fields that the plain form may have, each in its plainest notation."""

    symbol: Required[Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{2,30}$")]]
    action: Required[Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,64}$")]]
    percentage: _Fraction
    side: _Side
    account: _Text
    intent_type: _Text
    source: _Text
    urgency: _Text
    reason: _Text
    R_net: _Number
    pnl_usd: _Number
    hold_score: _Number
    exit_score: _Number
    entry_price: _Number
    exit_price: _Number
    new_sl_proposed: _Number


_FORM: Final = TypeAdapter(_Plain)
_WITHOUT_CONSEQUENCE: Final = {"intent_id", "plan_id", "traceparent", "harvest_action"}
"""Known fields of which no text is wrong beside an action."""
_NAMES: Final = {name.encode(): name for name in _Plain.__annotations__}
_DOUBTFUL: Final = frozenset(name.encode() for name in KNOWN.difference(_NAMES.values(), TIMES, _WITHOUT_CONSEQUENCE))
_WRAPPED: Final = frozenset(name.encode() for name in WRAPPERS)

_fraction = lru_cache(maxsize=256)(parse_fraction)


def surely_old(entry: Entry, limit: datetime) -> datetime | None:
    """When it was decided, if the entry says in the plainest way that this was before the limit."""
    fields = entry.fields
    if not _WRAPPED.isdisjoint(fields):
        return None
    said = next((name for name in TIMES if name.encode() in fields), None)
    if said is None:
        return None
    try:
        moment = moment_of(said, fields[said.encode()].decode().strip())
    except (InvalidIntent, UnicodeDecodeError):
        return None
    return moment if moment < limit else None


def plainly_old(entry: Entry, limit: datetime) -> OldDecision | None:
    """A decision of the plain form that was made before the limit; None if it is not, or in doubt."""
    decided_at = surely_old(entry, limit)
    if decided_at is None or not _is_plain(entry.fields):
        return None
    try:
        words = _FORM.validate_python({_NAMES[name]: text for name, text in entry.fields.items() if name in _NAMES})
        return _understood(entry, words, decided_at)
    except (KernelError, ValidationError):
        return None


def _is_plain(fields: Mapping[bytes, bytes]) -> bool:
    """Nothing but ASCII, not too much of it, and no field that needs a closer look."""
    names, texts = b"".join(fields), b"".join(fields.values())
    return (
        len(names) + len(texts) <= SIZE_LIMIT and names.isascii() and texts.isascii() and _DOUBTFUL.isdisjoint(fields)
    )


def _understood(entry: Entry, words: _Plain, decided_at: datetime) -> OldDecision:
    fraction = _fraction(words["percentage"]) if "percentage" in words else None
    said = (words.get("reason", ""), words.get("urgency", ""), words.get("intent_type", ""))
    return OldDecision(
        entry,
        words["symbol"],
        words["action"],
        SIDE_WORDS[words["side"]] if "side" in words else None,
        _or_nothing(words.get("account", "")) or None,
        _or_nothing(words.get("source", "")),
        decided_at,
        urgency_of(words["action"], fraction, None, *said),
    )


def _or_nothing(text: str) -> str:
    """Python producers write a missing value as "None"."""
    return "" if text.lower() in ABSENT else text
