"""What the safety net reads and says."""

from datetime import timedelta
from decimal import Decimal

from contracts.snapshot import GenerationFacts, Position
from contracts.value import Value


class SafetyLimits(Value):
    """Where the safety net begins; the user's BSC numbers."""

    max_loss: Decimal = Decimal("0.03")
    """Of the entry notional."""
    max_age: timedelta = timedelta(hours=72)
    """Since the fill that opened the position."""
    max_margin_ratio: Decimal = Decimal("0.85")
    """Maintenance margin over margin balance; the exchange liquidates at 1."""


class SafetyRequest(Value):
    """Input of one check."""

    account: str
    limits: SafetyLimits = SafetyLimits()


class MarginedPosition(Value):
    """A position and what answers for it. Quote units of its margin asset, USD where the account pools its assets."""

    position: Position
    maintenance_margin: Decimal | None
    """Of every position that shares the same margin; None if that margin could not be read."""
    margin_balance: Decimal | None
    """That margin, with the profit and loss of all who share it; None likewise."""
    problem: str = ""
    """Why the margin could not be read; empty if it could."""


class Opening(Value):
    """When a position was opened, as far as it could be read."""

    generation: GenerationFacts | None = None
    """None also while the position is just changing: then the next check tells."""
    problem: str = ""
    """Why it could not be read; empty if it could."""


class SafetyReading(Value):
    """What one check goes by."""

    account: str
    """Of the worker that read it."""
    exchange_time_ms: int
    positions: tuple[MarginedPosition, ...] = ()
    openings: tuple[Opening, ...] = ()
    """One for each position, in their order."""


class SafetyReport(Value):
    """What one check found and did."""

    positions: int = 0
    closing: tuple[str, ...] = ()
    """One line for each position that was handed over: symbol, side, reason, and how the close took it."""
