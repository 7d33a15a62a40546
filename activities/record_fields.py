"""The fields of the user's position records: what they say, and what they have to say.

The names are the original's. Several fields of a record may say the same thing; all of them are judged and written,
because nobody knows which one its readers look at (R49). What is not named here belongs to other services and stays.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha1
from typing import Final

from contracts.names import key_position, key_position_ledger, key_position_snapshot, key_position_state
from contracts.reconcile import RecordKind
from contracts.watch import HeldPosition
from contracts.wire_out import text
from kernel.records import Recorded
from kernel.side import Side

Fields = Mapping[str, str]

_LONGEST: Final = 60
_FARTHEST: Final = 30
"""Powers of ten that a number may have; what is beyond is no number of a position."""
SOURCE: Final = "harvest_reconcile"
_SIDES: Final[Mapping[str, Side]] = {
    "LONG": Side.LONG, "BUY": Side.LONG, "SHORT": Side.SHORT, "SELL": Side.SHORT,
}  # fmt: skip
_ORDER_WORDS: Final[Mapping[Side, str]] = {Side.LONG: "BUY", Side.SHORT: "SELL"}
_BESIDE: Final = (
    "stop_loss", "take_profit", "plan_id", "created_at", "atr_value", "volatility_factor", "entry_risk_usdt",
    "risk_price", "age_sec", "peak_price", "trough_price", "breakeven_price",
)  # fmt: skip
"""What a record says of one position beside the facts: it does not go over to the next one."""
MOVING: Final = frozenset(
    {"mark_price", "current_price", "unrealized_pnl", "ts_epoch", "sync_timestamp", "synced_at", "updated_at",
     "last_update_ts", "age_sec", "peak_price", "trough_price"}
)  # fmt: skip
"""Change all the time and make no other record of it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of record says the facts."""

    key: Callable[[str], str]
    signed: tuple[str, ...]
    """Amounts whose sign counts."""
    unsigned: tuple[str, ...]
    """Amounts that producers write without a sign, beside the side. We write the sign (R39)."""
    sides: tuple[str, ...]
    entries: tuple[str, ...]
    marks: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    """When it was written, epoch seconds, as the original has it."""
    made_by_us: bool = True
    """Whether a position without one gets one."""
    keeps_flat: bool = False
    """Whether it may go on after its position, with the amount 0."""


SHAPES: Final[Mapping[RecordKind, Shape]] = {
    RecordKind.STATE: Shape(
        key_position_state, ("position_amt", "quantity"), (), ("side",), ("entry_price",),
        ("mark_price", "current_price"), ("ts_epoch", "sync_timestamp"),
    ),
    RecordKind.POSITION: Shape(
        key_position, ("position_amt",), ("quantity",), ("side",), ("entry_price",),
        ("mark_price", "current_price"), ("ts_epoch", "sync_timestamp"),
    ),
    RecordKind.LEDGER: Shape(
        key_position_ledger, ("ledger_amt", "position_amt", "last_known_amt"), ("qty",), ("ledger_side", "side"),
        ("avg_entry_price", "entry_price"), (), ("last_update_ts", "updated_at", "synced_at"), keeps_flat=True,
    ),
    RecordKind.SNAPSHOT: Shape(
        key_position_snapshot, ("position_amt",), (), ("side",), ("entry_price",), ("mark_price",), ("ts_epoch",),
        made_by_us=False, keeps_flat=True,
    ),
}  # fmt: skip


def recorded(kind: RecordKind, fields: Fields) -> Recorded:
    """What a record says. A field that is not there says nothing; of the amounts at least one has to be there."""
    shape = SHAPES[kind]
    side = _side(shape, fields)
    unsigned = [_with_sign(_number(fields[name]), side) for name in shape.unsigned if name in fields]
    return Recorded(
        amounts=tuple([_number(fields[name]) for name in shape.signed if name in fields] + unsigned),
        entries=tuple(_number(fields[name]) for name in shape.entries if name in fields),
        side=side,
        stop=_number(fields.get("stop_loss", "")) or None,  # the original writes 0 for "none"
    )


def facts(kind: RecordKind, held: HeldPosition, now_ms: int, before: Fields) -> dict[str, str]:
    """The fields that make a record true; nothing else of it is touched."""
    shape, position = SHAPES[kind], held.position
    side = Side(position.side.value)
    word = _ORDER_WORDS[side] if any(fields_word(before, name) in ("BUY", "SELL") for name in shape.sides) else side
    said = {"symbol": position.symbol, **dict.fromkeys(shape.sides, str(word))}
    said |= dict.fromkeys((*shape.signed, *shape.unsigned), text(position.amount))
    said |= dict.fromkeys(shape.entries, text(position.entry_price))
    if held.leverage is not None:
        said["leverage"] = text(held.leverage)
    return said | moving(kind, held, now_ms)


def moving(kind: RecordKind, held: HeldPosition, now_ms: int) -> dict[str, str]:
    """What is new in every run, and no drift."""
    shape, position = SHAPES[kind], held.position
    prices = dict.fromkeys(shape.marks, text(position.mark_price))
    times = dict.fromkeys(shape.seconds, str(now_ms // 1000))
    return {**prices, "unrealized_pnl": text(position.unrealized_pnl), **times}


def first_facts(kind: RecordKind, opened_at_ms: int | None) -> dict[str, str]:
    """What a record of ours says beside the facts: who made it, since when the position is there, that its risk is
    not known. Its age is the exchange's, not that of the record (R84)."""
    said = {"source": SOURCE}
    if kind is RecordKind.POSITION:
        said["risk_missing"] = "1"
        if opened_at_ms is not None:
            said["created_at"] = str(opened_at_ms // 1000)
    return said


def beside(fields: Fields) -> tuple[str, ...]:
    """Names of what a record says of the position that was here before."""
    return tuple(name for name in _BESIDE if name in fields)


def digest(fields: Fields) -> str:
    """Names a record's content, but for what changes all the time. Redis makes the same before it changes a record."""
    kept = sorted((_raw(name), _raw(value)) for name, value in fields.items() if name not in MOVING)
    told = b"".join(b"%d:%b" % (len(part), part) for pair in kept for part in pair)
    return sha1(told, usedforsecurity=False).hexdigest()


def fields_word(fields: Fields, name: str) -> str:
    """A word of a record, in upper case."""
    return fields.get(name, "").strip().upper()


def _side(shape: Shape, fields: Fields) -> Side | None:
    said = {_SIDES.get(fields_word(fields, name)) for name in shape.sides if name in fields}
    return said.pop() if len(said) == 1 else None


def _with_sign(number: Decimal | None, side: Side | None) -> Decimal | None:
    return -number if number is not None and number > 0 and side is Side.SHORT else number


def _number(written: str) -> Decimal | None:
    try:
        number = Decimal(written.strip()[:_LONGEST])
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _FARTHEST else None


def text_of(raw: bytes) -> str:
    """A name or value as Redis gave it; whatever it is, it goes back as it was."""
    return raw.decode(errors="surrogateescape")


def _raw(part: str) -> bytes:
    return part.encode(errors="surrogateescape")
