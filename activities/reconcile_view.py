"""One clean read of the exchange and of the records, and what the kernel makes of the two."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from activities.record_fields import SHAPES, digest, recorded
from activities.record_store import Found, RecordStore
from contracts.reconcile import AccountView, RecordFinding, RecordKind
from contracts.watch import HeldPosition
from exchange.reconcile_port import ReconcilePort
from kernel.records import Held, Judgement, Match, judge_record
from kernel.side import Side


@dataclass(frozen=True, slots=True)
class Judged:
    """One kind of record of one symbol."""

    symbol: str
    kind: RecordKind
    found: Found | None
    held: HeldPosition | None
    """The position that it is about."""
    judgement: Judgement

    @property
    def fields(self) -> Mapping[str, str]:
        """What the record says; nothing if there is none."""
        return (self.found.fields if self.found else None) or {}

    @property
    def told(self) -> RecordFinding:
        """What has to be the same in the next read."""
        held = self.judgement.held
        return RecordFinding(
            symbol=self.symbol,
            record=self.kind,
            finding=self.judgement.finding,
            digest=digest(self.fields) if self.found else "",
            exchange=f"{held.side} {held.amount} {held.entry_price}" if held else "",
        )


@dataclass(frozen=True, slots=True)
class RecordsView:
    """Everything that one read shows."""

    account: AccountView
    judged: tuple[Judged, ...]
    odd: tuple[Found, ...]
    """Keys of records that hold something else (R30)."""

    @property
    def untrue(self) -> tuple[Judged, ...]:
        """Records that are not as the exchange is."""
        return tuple(each for each in self.judged if each.judgement.finding is not Match.AGREES)


async def read_view(exchange: ReconcilePort, store: RecordStore) -> RecordsView:
    """Records first: a position that was opened since has then no record yet, which is told twice before it counts.

    Raises:
        ExchangeError, RedisError: something could not be read, so nothing is known.
    """
    listed, known = await exchange.listed_symbols(), await store.known_symbols()
    found = await store.read(listed | known)
    account = await exchange.account_view()
    return RecordsView(account, judge_all(account, found), tuple(each for each in found if each.fields is None))


def judge_all(account: AccountView, found: Sequence[Found]) -> tuple[Judged, ...]:
    """Every record, and every one that is missing; nothing of symbols on which the exchange's answers disagree."""
    held: defaultdict[str, list[HeldPosition]] = defaultdict(list)
    for each in account.held:
        held[each.position.symbol].append(each)
    records = {(each.symbol, each.kind): each for each in found}
    symbols = {*held, *(each.symbol for each in found)} - account.unsettled
    judged = (
        _judged(symbol, kind, records.get((symbol, kind)), held[symbol])
        for symbol in sorted(symbols)
        for kind in SHAPES
    )
    return tuple(each for each in judged if each is not None)


def as_held(held: HeldPosition) -> Held:
    """As the kernel sees it."""
    position = held.position
    return Held(Side(position.side.value), position.amount, position.entry_price)


def _judged(symbol: str, kind: RecordKind, found: Found | None, held: Sequence[HeldPosition]) -> Judged | None:
    """None where there is nothing to be said: no record is wanted, or the key holds something else."""
    shape = SHAPES[kind]
    if (found is None and not (held and shape.made_by_us)) or (found is not None and found.fields is None):
        return None
    record = recorded(kind, found.fields) if found and found.fields is not None else None
    sides = {as_held(each): each for each in held}
    judgement = judge_record(tuple(sides), record, keeps_flat=shape.keeps_flat)
    return Judged(symbol, kind, found, sides[judgement.held] if judgement.held else None, judgement)
