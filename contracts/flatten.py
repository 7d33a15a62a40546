"""Closing everything: what is asked, and what is told meanwhile."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from contracts.intent import CloseIntent
from contracts.mode import Mode
from contracts.order import PositionSide
from contracts.result import Outcome
from contracts.snapshot import Position
from contracts.value import Value


class Handed(StrEnum):
    """How a symbol's close took a decision that did not come from the stream."""

    STARTED = "started"
    JOINED = "joined"
    """Given to the close that was running."""
    RUNNING = "running"
    """The same decision is being carried out already."""
    POINTLESS = "pointless"
    """The same decision has ended for this very position, and could do no more (dust, or shadow mode)."""


class HandOver(Value):
    """A decision for a symbol's close."""

    intent: CloseIntent
    amount: Decimal
    """Signed base units of the position that it was made from."""


class HandedOver(Value):
    """What became of it."""

    how: Handed
    outcome: Outcome | None = None
    """How the same decision ended before, if it has."""


class LineState(StrEnum):
    """Where one position is."""

    OPEN = "open"
    CLOSING = "closing"
    STUCK = "stuck"
    """Handed over, ended, and the position is still there: it is handed over again."""
    FLAT = "flat"
    """The exchange shows it no more."""
    DUST = "dust"
    """Smaller than the exchange accepts."""


class FlattenLine(Value):
    """One symbol and side."""

    symbol: str
    side: PositionSide
    amount: Decimal
    """Signed base units, as last seen (when it was last there)."""
    state: LineState = LineState.OPEN
    tries: int = 0
    """Closes that were started for it."""
    outcome: Outcome | None = None
    """How the latest of them ended, if that is known."""

    @property
    def name(self) -> str:
        """Symbol and side."""
        return f"{self.symbol} {self.side}"


class FlattenRequest(Value):
    """Input of the flatten workflow."""

    account: str
    reason: str
    issued_by: str
    event_id: str
    lines: tuple[FlattenLine, ...] = ()
    """What an earlier run of the same flatten knows."""
    started_at: datetime | None = None
    halted: bool = False


class Survey(Value):
    """What flattening goes by: the account's positions, and what could be in the way."""

    positions: tuple[Position, ...] = ()
    account: str
    """Of the worker that read it, as its mode is."""
    mode: Mode
    frozen_by: str | None = None


class FlattenStatus(Value):
    """Answer of the status query, and the workflow's result."""

    account: str
    reason: str
    issued_by: str
    event_id: str
    started_at: datetime
    ended_at: datetime | None = None
    reads: int = 0
    """Successful reads of the whole account."""
    flat: bool = False
    """The exchange showed no position in two reads in a row."""
    halted: bool = False
    """The switch that halts new risk is set."""
    waiting_for: str = ""
    lines: tuple[FlattenLine, ...] = ()
    """Every position seen, the most urgent first."""


class HaltRequest(Value):
    """Who halts new risk, and why."""

    account: str
    reason: str
    by: str
    at: datetime
