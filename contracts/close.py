"""What goes into a close workflow and between its steps."""

from datetime import timedelta
from decimal import Decimal

from contracts.intent import CloseIntent
from contracts.mode import LadderBase, Mode
from contracts.order import OrderState, PositionSide, Ticket
from contracts.result import CloseResult, FillSummary
from contracts.value import Value


class ClosePolicy(Value):
    """Settings that a decision is made under. They travel with the workflow, so that history explains itself."""

    mode: Mode
    account: str
    max_intent_age: timedelta = timedelta(minutes=5)
    ladder_base: LadderBase = LadderBase.CURRENT
    recv_window_ms: int = 5000
    human_after_attempts: int = 8
    """Attempts without reaching the target after which a human is called. We keep trying, more slowly."""


class CloseRequest(Value):
    """Input of the close workflow."""

    intent: CloseIntent
    policy: ClosePolicy
    waiting: tuple[CloseIntent, ...] = ()
    """Decisions that were accepted by an earlier run and still wait for their turn."""


class LookRequest(Value):
    """What to read when the fate of a ticket is unknown."""

    ticket: Ticket
    known_order_ids: tuple[int, ...] = ()
    """Orders of ours whose trades are explained."""


class LookFacts(Value):
    """One look at the exchange for a ticket whose fate is unknown."""

    exchange_time_ms: int
    order: OrderState | None = None
    unexplained_trades: tuple[int, ...] = ()
    """Trade ids since the ticket's timestamp that belong to no order we know."""
    position_amount: Decimal = Decimal(0)


class ConcludeRequest(Value):
    """Steps 5 to 7: which orders to confirm, what position to expect, and what to publish if it is so."""

    symbol: str
    position_side: PositionSide
    order_ids: tuple[int, ...]
    """All orders of this decision so far."""
    position_before: Decimal
    """Signed amount at the decision's last snapshot."""
    executed_before: Decimal
    """Executed for this decision before that snapshot, base units."""
    remaining_target: Decimal
    """Unsigned quantity at which the decision is done: 0 for a full close."""
    must_execute: Decimal | None = None
    """For a partial close: the quantity that must be executed in all. None for a full close."""
    dust: Decimal = Decimal(0)
    """A remainder up to this is more than can be sent."""
    draft: CloseResult
    """The result, complete but for fills and position."""


class Conclusion(Value):
    """What the exchange says after an attempt."""

    verified: bool
    """The position is where the decision wants it and every fill is accounted for."""
    published: bool
    fills: FillSummary
    position_after: Decimal
    orders: tuple[OrderState, ...] = ()
    note: str = ""
    result: CloseResult | None = None
