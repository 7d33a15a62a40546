"""What the watch reads, remembers and says."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from contracts.order import PositionSide
from contracts.snapshot import Position
from contracts.value import OrderId, Value

NO_TIMES: Mapping[str, "Asked"] = {}


class HeldPosition(Value):
    """An open position with its leverage, from one read of the whole account."""

    position: Position
    leverage: Decimal | None = None
    """From what the position binds as margin; None if the answer does not tell."""

    @property
    def key(self) -> str:
        """Names the position within an account: symbol and the side that it has."""
        return f"{self.position.symbol}:{self.position.side}"


class Asked(Value):
    """A decision that was written, and how often."""

    times: int
    last_ms: int
    """Epoch milliseconds, our clock."""


class PositionMemory(Value):
    """What the watch knows of a position and the exchange's position list does not say.

    A copy is kept in Redis; without it everything is found again at the exchange, but for what was asked lately.
    """

    generation: int
    """Trade id of the fill that opened the position; 0 if that is older than the exchange's memory."""
    opened_at_ms: int
    changed_ms: int
    """The position's own time of change when its trades were read last."""
    entry_price: Decimal
    """At that time. With another one it may be another position."""
    peak_price: Decimal
    trough_price: Decimal
    peak_quantity: Decimal
    complete: bool = False
    """Whether peak and trough reach back to the opening."""
    fees_paid: Decimal = Decimal(0)
    """Of what is still open, quote currency."""
    fees_known: bool = True
    """False where a fee was paid in another coin."""
    funding_paid: Decimal = Decimal(0)
    risk_distance: Decimal | None = None
    """The risk unit as it was at first sight, fraction of entry; None: there was no stop."""
    risk_seen: bool = False
    first_regime: str = ""
    """The most probable one when the position was first seen with a market: trend, mr or chop."""
    stop: Decimal | None = None
    """The stop in force as the exchange showed it last."""
    stop_asked: Decimal | None = None
    """The tightest stop that was asked for."""
    stops_asked: int = 0
    """How many different stops were asked for."""
    stops_read_ms: int = 0
    rungs_taken: tuple[str, ...] = ()
    """Those with an executed order of ours at the exchange."""
    orders_seen: tuple[OrderId, ...] = ()
    """Reducing orders whose names were looked at."""
    asked: Mapping[str, Asked] = NO_TIMES
    """By rung, rule or stop."""


class ConfigState(Value):
    """Which rules hold for a symbol."""

    version: str
    """Hash of the rules' content."""
    problem: str = ""
    """Why what is written in Redis does not hold; then the last good one does."""


class PositionReport(Value):
    """What the last pass made of one position."""

    symbol: str
    side: PositionSide
    generation: int | None = None
    quantity: Decimal
    mark_price: Decimal
    action: str = ""
    """The verdict's; "" when none could be made, then ``problem`` says why."""
    rule: str = ""
    reason: str = ""
    codes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Rules that could not be asked, and fallbacks in use."""
    r_net: Decimal | None = None
    kill_score: Decimal | None = None
    rungs_taken: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    """Decisions that were written and have not shown at the exchange yet."""
    stop: Decimal | None = None
    age_seconds: int | None = None
    config: ConfigState
    problem: str = ""


class WatchStatus(Value):
    """The last pass."""

    account: str
    mode: str = ""
    readable: bool = False
    """False: the positions could not be read, which is not "no positions"."""
    problem: str = "no pass yet"
    passed_at: datetime | None = None
    """When the positions were read, aware UTC."""
    failed_passes: int = 0
    """In a row."""
    passes: int = 0
    """Since this worker took the watch."""
    written: int = 0
    """Decisions written by this worker."""
    worker: str = ""
    positions: tuple[PositionReport, ...] = ()


class WatchRequest(Value):
    """Input of the watch workflow and of its activity."""

    account: str
    last: WatchStatus | None = None
    """What an earlier run saw, for whoever asks before the first pass."""
