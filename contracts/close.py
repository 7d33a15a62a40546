"""What goes into a close workflow and between its steps."""

from datetime import timedelta
from decimal import Decimal

from contracts.intent import CloseIntent
from contracts.mode import LadderBase, Mode
from contracts.order import OrderState, PositionSide, Ticket
from contracts.resting import CancelRequest, RestingQuery
from contracts.result import CloseResult, Outcome
from contracts.snapshot import GenerationFacts
from contracts.value import OrderId, Value


class ClosePolicy(Value):
    """Settings that a decision is made under. They travel with the workflow: history explains itself."""

    mode: Mode
    account: str
    max_intent_age: timedelta = timedelta(minutes=5)
    ladder_base: LadderBase = LadderBase.CURRENT
    recv_window_ms: int = 5000
    read_lag: timedelta = timedelta(0)
    """How far behind the exchange all its reads may be, alike; what the user stream tells makes up for it."""
    exit_owners: tuple[str, ...] = ()
    """Sources that may decide, in lower case; empty: all."""
    human_after_attempts: int = 8
    """Attempts without reaching the target after which a human is called. We keep trying, more slowly."""


class LookRequest(Value):
    """What to read when the fate of a ticket is unknown."""

    ticket: Ticket
    after_trade_id: int = 0
    """Trades up to this one are in the size that the order was made from."""
    after_ms: int | None = None
    """Instead of that: trades up to this time are, exchange clock, epoch milliseconds."""
    known_order_ids: tuple[OrderId, ...] = ()
    """Orders of ours whose trades are explained."""


class CloseRequest(Value):
    """Input of the close workflow."""

    intent: CloseIntent
    policy: ClosePolicy
    waiting: tuple[CloseIntent, ...] = ()
    """Decisions that were accepted by an earlier run and still wait for their turn."""
    lost: tuple[LookRequest, ...] = ()
    """Orders of earlier runs that were given up for this decision before it was known what had become of them."""


class LookFacts(Value):
    """One look at the exchange for a ticket whose fate is unknown."""

    exchange_time_ms: int
    order: OrderState | None = None
    """The ticket's order, if the exchange shows it."""
    unexplained_trades: tuple[int, ...] = ()
    """New trades whose order cannot be told."""
    foreign_quantity: Decimal = Decimal(0)
    """Signed base units that orders of others moved meanwhile."""
    position_amount: Decimal = Decimal(0)
    """Signed base units of the ticket's position side."""


class ConcludeRequest(Value):
    """Steps 5 to 7: which orders to confirm, what position to expect, and what to publish if it is so."""

    account: str
    symbol: str
    position_side: PositionSide
    """LONG or SHORT: the side that is being closed, in either position mode."""
    orders: tuple[OrderState, ...]
    """All orders of the decision, as last seen."""
    position_before: Decimal
    """Unsigned size at the snapshot of the last attempt."""
    executed_before: Decimal
    """What our orders had executed for the decision before that snapshot, base units."""
    must_execute: Decimal | None = None
    """For a partial close the quantity to execute in all; None for a full close."""
    smallest: Decimal = Decimal(0)
    """The smallest quantity that can be sent; less than that is dust."""
    final_outcome: Outcome | None = None
    """Set when the decision ends here whatever the position is (a stronger one takes over, the position is another
    by now): then the fills are read and the result is published with this outcome."""
    hold_back: bool = False
    """Only look: another order of ours may still execute, and who is told that the position is closed may open anew."""
    generation: GenerationFacts | None = None
    resting: RestingQuery | None = None
    """Of these orders nothing may be left once the position is closed."""
    draft: CloseResult
    """The result, complete but for fills, position and outcome."""


class Conclusion(Value):
    """What the exchange says after an attempt."""

    standing: str
    """One of :class:`kernel.verification.Standing`, or ``ended`` when the request said so."""
    orders: tuple[OrderState, ...] = ()
    """The decision's orders, as seen now."""
    result: CloseResult
    """The draft with fills, position and outcome filled in. Final when ``verified``."""
    published: bool = False
    problem: str = ""
    """Why it is not published although verified."""
    resting: CancelRequest | None = None
    """What rests of the closed position, or the question if it could not be read."""

    @property
    def verified(self) -> bool:
        """The position is where the decision wants it, or as near as the exchange accepts."""
        return self.standing in ("at_target", "dust", "ended")


class PublishRequest(Value):
    """Results to publish."""

    results: tuple[CloseResult, ...]
