"""What goes into a comparison of the user's records with the exchange, and what comes out."""

from datetime import timedelta
from enum import StrEnum

from contracts.order import AlgoOrder
from contracts.value import Value
from contracts.watch import HeldPosition


class RecordKind(StrEnum):
    """The kinds of records that exist of a position, one of each for a symbol."""

    STATE = "state"
    POSITION = "position"
    LEDGER = "ledger"
    SNAPSHOT = "snapshot"


class StopsOf(StrEnum):
    """Whose orphaned stops are cancelled."""

    ALL = "all"
    """Anybody's, as after a close of ours."""
    OWN = "own"
    """Only those that Harvest placed."""


class ReconcileRequest(Value):
    """Input of one run."""

    account: str
    pause: timedelta = timedelta(seconds=10)
    """Between the two reads that must agree before anything is changed."""
    stops: StopsOf = StopsOf.ALL


class ConditionalOrder(Value):
    """A resting conditional order and its symbol."""

    symbol: str
    order: AlgoOrder


class AccountView(Value):
    """The account as two answers of the exchange agree on it."""

    held: tuple[HeldPosition, ...] = ()
    unsettled: frozenset[str] = frozenset()
    """Symbols on which the two disagree: nothing is known of these right now."""


class RecordFinding(Value):
    """A record that is not as the exchange is. The same in two reads, it is believed."""

    symbol: str
    record: RecordKind
    finding: str
    """A word of :class:`kernel.records.Match`."""
    digest: str
    """Of the record's content; empty if there is none. One that has changed meanwhile is left alone."""
    exchange: str
    """Side, amount and entry price of the position that it was compared with; empty if there is none."""


class OrphanFinding(Value):
    """A conditional order that could only reduce a position which is not there."""

    symbol: str
    algo_id: int


class ReconcileLook(Value):
    """What one read shows."""

    account: str
    positions: int
    findings: tuple[RecordFinding, ...] = ()
    orphans: tuple[OrphanFinding, ...] = ()
    unread: str = ""
    """Why no orphan could be looked for; records are compared all the same."""


class SettleRequest(Value):
    """What the first read showed. Of this, what a second one shows as well is put right."""

    account: str
    findings: tuple[RecordFinding, ...] = ()
    orphans: tuple[OrphanFinding, ...] = ()


class ReconcileReport(Value):
    """What one run came to."""

    positions: int = 0
    """At the exchange; counted there and nowhere else (R32)."""
    adopted: int = 0
    repaired: int = 0
    purged: int = 0
    stops_cancelled: int = 0
    waiting: int = 0
    """Found once, or changed in between: the next run looks again."""
    shadow: bool = False
    """The numbers say what would have been done."""
    lines: tuple[str, ...] = ()
    """One for each change."""
