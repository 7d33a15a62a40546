"""Stream fields to a :class:`CloseIntent`: tolerant of every dialect, silent about nothing.

Pure: no clock and no I/O. Whatever cannot be understood raises :class:`InvalidIntent`, and nothing else.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar

from contracts.envelope import opened
from contracts.errors import InvalidIntent
from contracts.intent import CloseIntent
from contracts.order import PositionSide
from contracts.wire_time import decided_at, entry_time

_SYMBOL = re.compile(r"[A-Z0-9_]{2,30}")
_ACTION = re.compile(r"[A-Z0-9_.:-]{1,64}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?")
_MOST_DIGITS: Final = 30
"""A binary float is told by at most 17 digits, a division of Decimals by 28. Without a limit, one entry could make
numbers that Python itself refuses to convert, in places where nobody expects it."""
_FARTHEST: Final = 18
"""Powers of ten of the largest number, and of the smallest quantity to close."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
ABSENT = frozenset({"", "none", "null"})

_IDS = ("intent_id", "plan_id")
_ACCOUNTS = ("account", "account_id")
TIMES: Final = ("decided_at", "timestamp", "ts_epoch", "ts")
"""Where a decision's time may be; the first one that says something counts."""
_FRACTIONS = ("percentage", "pct", "qty_fraction", "fraction")
_QUANTITIES = ("quantity", "qty")
_SIDES = ("side", "position_side", "positionSide")
_R = ("R_net", "r_net", "r_level")
_PNL = ("pnl_usd", "unrealized_pnl")
_SCORES = ("hold_score", "exit_score", "entry_price", "exit_price")
_NEW_STOPS = ("new_sl_proposed", "new_sl", "stop_price")
LONGEST_REASON = 1000
"""Characters of a producer's reason that are kept: many decisions wait in one input of a close, which has its limit."""
_TEXTS = ("intent_type", "source", "urgency", "reason")
KNOWN = frozenset(
    {"symbol", "action", "harvest_action", "dry_run", "traceparent"}.union(
        _IDS, _ACCOUNTS, TIMES, _FRACTIONS, _QUANTITIES, _SIDES, _R, _PNL, _SCORES, _NEW_STOPS, _TEXTS
    )
)
SIDE_WORDS: Final[Mapping[str, PositionSide | None]] = {
    "LONG": PositionSide.LONG,
    "SHORT": PositionSide.SHORT,
    "SELL": PositionSide.LONG,  # the side of the exit order: selling closes a long
    "BUY": PositionSide.SHORT,
    "CLOSE": None,
    "BOTH": None,
}
_DRY_RUN: Final[Mapping[str, bool]] = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

_T = TypeVar("_T")
_Said = Mapping[str, str]
_ParseFraction = Callable[[str], Decimal]


def parse_intent(
    entry_id: str, fields: Mapping[str, str], parse_fraction: _ParseFraction, now: datetime | None = None
) -> CloseIntent:
    """Understand one entry of ``harvest.intent``: fields, flat or as one JSON object in ``payload`` or ``data``.

    Raises :class:`InvalidIntent`, naming the field that is missing or wrong.

    Args:
        entry_id: id of the stream entry; its time is the decision's if no field names one.
        parse_fraction: the kernel's reading of a percentage; raises ValueError with an operator's message.
        now: our clock. Nothing may have been decided later than both it and the entry's own time.
    """
    arrived = entry_time(entry_id)
    words = opened(fields, KNOWN)
    said = _what_says_something(words)
    _refuse_dry_run(said)
    return CloseIntent(
        entry_id=entry_id,
        symbol=_symbol(words),
        action=_action(words),
        decided_at=decided_at({name: said[name] for name in TIMES if name in said}, arrived, now or arrived),
        percentage=_percentage(said, parse_fraction),
        quantity=_quantity(said),
        side=_side(said),
        producer_id=_first(said, _IDS),  # a correlation id carries a time and is no identity (R02)
        plan_id=_first(said, ("plan_id",)),
        account=_first(said, _ACCOUNTS),
        r_net=_number(said, _R),
        pnl_usd=_number(said, _PNL),
        traceparent=_traceparent(said),
        hold_score=_number(said, ("hold_score",)),
        exit_score=_number(said, ("exit_score",)),
        entry_price=_number(said, ("entry_price",)),
        exit_price=_number(said, ("exit_price",)),
        new_stop=_number(said, _NEW_STOPS),
        intent_type=_first(said, ("intent_type",)) or "",
        source=_first(said, ("source",)) or "",
        urgency=_first(said, ("urgency",)) or "",
        reason=(_first(said, ("reason",)) or "")[:LONGEST_REASON],
    )


def _what_says_something(words: _Said) -> _Said:
    """The fields that are not empty, stripped. Python producers write a missing value as "None"."""
    stripped = {name: text.strip() for name, text in words.items()}
    return {name: text for name, text in stripped.items() if text.lower() not in ABSENT}


def _first(said: _Said, names: tuple[str, ...]) -> str | None:
    for name in names:
        if name in said:
            return said[name]
    return None


def _refuse_dry_run(said: _Said) -> None:
    """A rehearsal that reached the real stream must not close anything."""
    text = said.get("dry_run", "false").lower()
    if _DRY_RUN.get(text) is not False:
        raise InvalidIntent("dry_run", f"is {text[:16]!r}: a dry run is not a decision; send it without or with false")


def _symbol(words: _Said) -> str:
    text = words.get("symbol", "").strip()
    if not text:
        raise InvalidIntent("symbol", "is missing; name the symbol to close, as in ETHUSDT")
    if not text.isascii() or not _SYMBOL.fullmatch(text.upper()):
        raise InvalidIntent("symbol", f"{text[:40]!r} is no symbol; 2 to 30 letters, digits or _ were expected")
    return text.upper()


def _action(words: _Said) -> str:
    text = words.get("action", "").strip()  # NONE is an action word
    if not text:
        # R18: one service wrote harvest_action, the next read action, and empty became "move the stop".
        misnamed = "harvest_action" in _what_says_something(words)
        hint = "; harvest_action is given, rename it to action" if misnamed else ""
        raise InvalidIntent("action", f"is missing{hint}")
    if not text.isascii() or not _ACTION.fullmatch(text.upper()):
        raise InvalidIntent("action", f"{text[:40]!r} is no action; one word such as CLOSE was expected")
    return text.upper()


def _percentage(said: _Said, parse_fraction: _ParseFraction) -> Decimal | None:
    read: dict[str, Decimal] = {}
    for name in _FRACTIONS:
        if name in said:
            read[name] = _fraction(name, said[name], parse_fraction)
    return _agreed(read)


def _fraction(name: str, text: str, parse_fraction: _ParseFraction) -> Decimal:
    try:
        return _bounded(name, parse_fraction(text), text)
    except (ValueError, ArithmeticError) as error:
        raise InvalidIntent(name, str(error)[:300]) from error


def _quantity(said: _Said) -> Decimal | None:
    read: dict[str, Decimal] = {}
    for name in _QUANTITIES:
        number = _number(said, (name,))
        if number is not None:
            read[name] = number
    quantity = _agreed(read)
    if quantity is not None and quantity < 0:
        raise InvalidIntent(next(iter(read)), f"is {quantity}: a quantity to close has no sign")
    if quantity and quantity.adjusted() < -_FARTHEST:
        raise InvalidIntent(next(iter(read)), f"is {quantity}: less than 1E-{_FARTHEST} cannot be closed")
    return quantity


def _side(said: _Said) -> PositionSide | None:
    read: dict[str, PositionSide] = {}
    for name in _SIDES:
        if name not in said:
            continue
        word = said[name].upper()
        if word not in SIDE_WORDS:
            raise InvalidIntent(name, f"{word[:40]!r} is no side; LONG, SHORT, SELL, BUY or CLOSE was expected")
        side = SIDE_WORDS[word]
        if side is not None:
            read[name] = side
    return _agreed(read)


def _number(said: _Said, names: tuple[str, ...]) -> Decimal | None:
    """The first of these that is given, as an exact number of sane size."""
    for name in names:
        if name in said:
            text = said[name]
            break
    else:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidIntent(name, f"{text[:40]!r} is not a finite decimal number; leave it out if it is not known")
    return _bounded(name, Decimal(text), text)


def _bounded(name: str, number: Decimal, text: str) -> Decimal:
    if len(text) > _MOST_DIGITS and (digits := len(number.as_tuple().digits)) > _MOST_DIGITS:
        raise InvalidIntent(name, f"has {digits} digits; at most {_MOST_DIGITS} are read, so round it")
    if number and number.adjusted() > _FARTHEST:
        raise InvalidIntent(name, f"is {number}: beyond 1E+{_FARTHEST}, check its unit")
    return number


def _traceparent(said: _Said) -> str | None:
    text = said.get("traceparent", "").strip()
    return text if _TRACEPARENT.fullmatch(text) and not text.startswith("ff") else None


def _agreed(read: Mapping[str, _T]) -> _T | None:
    """The one value that all of these fields give."""
    values = list(read.items())
    for name, value in values[1:]:
        if value != values[0][1]:
            raise InvalidIntent(name, f"says {value}, but {values[0][0]} says {values[0][1]}; send one of them")
    return values[0][1] if values else None
