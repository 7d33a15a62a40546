"""The verdict of a chaos drill: the exchange's ledger against what was decided.

Nothing in here comes from the code that decides, sizes, names or publishes: the ledger's rows are read as they are,
and what a decision should have come to is the drill's own arithmetic. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from harvest.drill.scenes import Say, Scene

OURS = "hv-"
"""How every client order id of ours begins."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

Row = Mapping[str, object]
Record = Mapping[str, str]


class Fault(StrEnum):
    """What can be wrong with a decision."""

    LOST = "lost"
    """Something should have been executed, and was not."""
    DOUBLED = "doubled"
    """Something was executed more than once."""
    WRONG_QUANTITY = "wrong quantity"
    """More or less was executed than was decided, or on another position."""
    UNREPORTED = "unreported"
    """A decision has not exactly one final answer, or one that is not true."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    scene: int
    symbol: str
    what: str


@dataclass(frozen=True)
class Played:
    """A scene as it went: where its position began, and the entries that were added."""

    scene: Scene
    symbol: str
    opened_by: int
    """Trade id of the first fill that opened its position."""
    hedge: bool
    """Whether long and short were kept apart."""
    entries: tuple[tuple[Say, str], ...]
    """Each decision with the id that Redis gave to it."""
    position: Decimal
    """Unsigned size that the exchange shows for the side at the end."""


@dataclass
class Verdict:
    """Counts and findings."""

    decisions: int = 0
    entries: int = 0
    orders_sent: int = 0
    """Order requests of ours that reached the exchange."""
    orders_executed: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    """Final answers by outcome."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def count(self, fault: Fault) -> int:
        """Findings of one kind."""
        return sum(finding.fault is fault for finding in self.findings)


@dataclass(frozen=True)
class _Fill:
    client_id: str
    order_id: int
    trade_id: int
    time_ms: int
    quantity: Decimal
    before: Decimal
    after: Decimal
    side: str

    @property
    def ours(self) -> bool:
        return self.client_id.startswith(OURS)

    @classmethod
    def of(cls, row: Row) -> "_Fill":
        return cls(
            client_id=str(row["client_order_id"]),
            order_id=int(str(row["order_id"])),
            trade_id=int(str(row["trade_id"])),
            time_ms=int(str(row["time_ms"])),
            quantity=Decimal(str(row["quantity"])),
            before=Decimal(str(row["position_before"])),
            after=Decimal(str(row["position_after"])),
            side=str(row["position_side"]),
        )


def audit(
    played: Iterable[Played],
    requests: Sequence[Row],
    fills: Sequence[Row],
    results: Iterable[Record],
    dead: Iterable[Record],
    *,
    answered_once: bool = True,
) -> Verdict:
    """Judge every scene.

    Args:
        requests: the ledger's order requests of all symbols, in order.
        fills: the ledger's fills of all symbols, in order.
        answered_once: whether answers are counted; where our memory was wiped, a second answer is no fault.
    """
    verdict = Verdict()
    answers = _by_entry(results)
    letters = Counter(record.get("entry_id", "") for record in dead)
    parsed = [(str(row["symbol"]), _Fill.of(row)) for row in fills]
    scenes = list(played)
    for one in scenes:
        end = _end(one, scenes)
        own = [fill for symbol, fill in parsed if symbol == one.symbol and _within(fill, one, end)]
        verdict.decisions += len(one.scene.says)
        verdict.entries += len(one.entries)
        verdict.findings += [Finding(fault, one.scene.number, one.symbol, what) for fault, what in _wrong(one, own)]
        told = list(_answers(one, own, answers, letters, verdict.answered))
        verdict.findings += told if answered_once else []
    verdict.orders_sent = sum(str(row["client_order_id"]).startswith(OURS) for row in requests)
    verdict.orders_executed = len({fill.order_id for _, fill in parsed if fill.ours})
    return verdict


def _end(played: Played, scenes: Iterable[Played]) -> int | None:
    """Trade id with which the next scene of the same position begins."""
    sides = (played.scene.side,) if played.hedge else ("LONG", "SHORT")
    same = (one for one in scenes if one.symbol == played.symbol and one.scene.side in sides)
    return min((one.opened_by for one in same if one.opened_by > played.opened_by), default=None)


def _within(fill: _Fill, played: Played, end: int | None) -> bool:
    side = fill.side in ("BOTH", played.scene.side)
    return side and fill.trade_id >= played.opened_by and (end is None or fill.trade_id < end)


def _wrong(played: Played, fills: Sequence[_Fill]) -> Iterable[tuple[Fault, str]]:
    scene = played.scene
    ours = [fill for fill in fills if fill.ours]
    executed = sum((fill.quantity for fill in ours), Decimal(0))
    yield from _reused(ours)
    yield from _astray(fills)
    if scene.executed is not None and executed != scene.executed:
        fault = Fault.LOST if executed < scene.executed else Fault.DOUBLED
        yield fault, f"{scene.kind}: executed {executed} of {scene.executed}"
    if scene.rungs is not None and (groups := _groups(ours)) != sorted(rung for rung in scene.rungs if rung):
        yield Fault.WRONG_QUANTITY, f"{scene.kind}: rungs executed {groups}, decided {sorted(scene.rungs)}"
    if played.position not in scene.remaining:
        yield Fault.WRONG_QUANTITY, f"{scene.kind}: {played.position} left, not {scene.remaining}"


def _reused(ours: Sequence[_Fill]) -> Iterable[tuple[Fault, str]]:
    """One id, one order: a second one under the same id is the same decision executed again."""
    orders: dict[str, set[int]] = {}
    for fill in ours:
        orders.setdefault(fill.client_id, set()).add(fill.order_id)
    for client_id, ids in orders.items():
        if len(ids) > 1:
            yield Fault.DOUBLED, f"{client_id} executed as {len(ids)} orders"


def _astray(fills: Sequence[_Fill]) -> Iterable[tuple[Fault, str]]:
    """An order of ours only ever reduces, and only the position that it names.

    By the trade that opened it; or, where that could not be read in time, by a moment at which it changed.
    """
    names: set[int] = set()
    for fill in fills:
        if not fill.before:
            names = {fill.trade_id}
        if fill.ours:
            if abs(fill.after) > abs(fill.before) or fill.before * fill.after < 0:
                yield Fault.WRONG_QUANTITY, f"{fill.client_id} took the position from {fill.before} to {fill.after}"
            if _number(fill.client_id.split("-")[1]) not in names:
                yield Fault.WRONG_QUANTITY, f"{fill.client_id} executed on a position that is named {sorted(names)}"
        names.add(fill.time_ms)


def _groups(ours: Sequence[_Fill]) -> list[Decimal]:
    """Executed quantity by rung, smallest first."""
    sums: dict[str, Decimal] = {}
    for fill in ours:
        rung = fill.client_id.split("-")[2]
        sums[rung] = sums.get(rung, Decimal(0)) + fill.quantity
    return sorted(sums.values())


def _number(base36: str) -> int:
    number = 0
    for digit in base36:
        number = number * 36 + _DIGITS.index(digit)
    return number


def _by_entry(results: Iterable[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in results:
        found.setdefault(record.get("entry_id", ""), []).append(record)
    return found


def _answers(
    played: Played,
    fills: Sequence[_Fill],
    answers: Mapping[str, Sequence[Record]],
    letters: Mapping[str, int],
    tally: Counter[str],
) -> Iterable[Finding]:
    """Each entry has one final answer, and it says what the ledger says."""
    for say, entry_id in played.entries:
        records = answers.get(entry_id, ())
        counted = (len(records), letters.get(entry_id, 0))
        tally.update(record["outcome"] for record in records)
        tally.update({"dead letter": counted[1]} if counted[1] else {})
        if counted != ((1, 0) if say.understood else (0, 1)):
            what = f"{played.scene.kind} {entry_id}: {counted[0]} results, {counted[1]} dead letters"
            yield Finding(Fault.UNREPORTED, played.scene.number, played.symbol, what)
        for record in records:
            yield from _untrue(played, fills, record)


def _untrue(played: Played, fills: Sequence[_Fill], record: Record) -> Iterable[Finding]:
    named = set(filter(None, record.get("client_order_id", "").split(",")))
    in_books = sum((fill.quantity for fill in fills if fill.client_id in named), Decimal(0))
    claimed = Decimal(record.get("filled_qty") or 0)
    if claimed != in_books:
        what = f"{record['entry_id']} {record['outcome']} claims {claimed} filled, the ledger has {in_books}"
        yield Finding(Fault.UNREPORTED, played.scene.number, played.symbol, what)
