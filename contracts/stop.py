"""A protective stop at the exchange, and what goes into the workflow that moves it."""

from decimal import Decimal

from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.order import AlgoOrder, OrderSide, PositionSide, Reaction, Verdict
from contracts.snapshot import GenerationFacts, Position, SymbolRules
from contracts.value import Value

RESTING_STATUSES = frozenset({"NEW", "TRIGGERING"})
CANCELLED = "CANCELED"


class StopTicket(Value):
    """Everything of a stop that is fixed before it is sent; in the workflow history before the request leaves."""

    symbol: str
    client_algo_id: str
    side: OrderSide
    position_side: PositionSide
    trigger_price: Decimal
    """On the tick grid, compared with the mark."""
    quantity: Decimal
    """Base units, on the symbol's grid."""
    reduce_only: bool
    """True in one-way mode; in hedge mode the position side itself forbids opening."""
    timestamp_ms: int
    """Exchange clock, epoch milliseconds: what will be signed."""
    recv_window_ms: int


class StopState(AlgoOrder):
    """A conditional order as the exchange reports it, resting or not."""

    status: str

    @property
    def resting(self) -> bool:
        """Whether it still waits for its price, or has just met it."""
        return self.status in RESTING_STATUSES

    @property
    def cancelled(self) -> bool:
        """Whether somebody took it away. Else it fired, or the exchange gave it up."""
        return self.status == CANCELLED


class StopReport(Value):
    """What one send of a stop came to."""

    verdict: Verdict
    stop: StopState | None = None
    """As the exchange shows it, if it was accepted."""
    code: int | None = None
    message: str = ""
    reaction: Reaction | None = None
    """Present when refused."""
    retry_after_ms: int = 0


class StopLook(Value):
    """One look for a stop by its name."""

    exchange_time_ms: int
    stop: StopState | None = None


class GuardedPosition(Value):
    """A position with what names its stops."""

    position: Position
    generation: GenerationFacts
    sequence: int = 0
    """The highest number of a stop of this generation that was ever used."""
    level: Decimal | None = None
    """Where the workflow last saw its own stop rest."""
    ended_by_itself: bool = False
    """It rests no more, nobody cancelled it, and the position is still there."""


class StopsRequest(Value):
    """What to read before a stop is placed, moved or taken away."""

    account: str
    symbol: str
    entry_id: str = ""
    """The decision's stream entry, to see whether it was answered before."""
    known: tuple[GuardedPosition, ...] = ()
    """From the look before: a position that did not change since need not be traced again."""
    refresh: bool = False
    """Read the symbol's rules anew instead of from the cache."""
    background: bool = False
    """Nobody waits for the answer."""


class StopsView(Value):
    """Position and resting stops of one symbol, read in one go."""

    exchange_time_ms: int
    positions: tuple[GuardedPosition, ...] = ()
    stops: tuple[AlgoOrder, ...] = ()
    """Every resting conditional order of the symbol."""
    rules: SymbolRules
    frozen: bool = False
    """A human holds back everything that closes."""
    answered: bool = False
    """The decision was answered before."""
    shadow: bool = False
    """The worker that looked sends nothing, whatever the mode was when this began."""


class MoveStopRequest(Value):
    """Input of the workflow that holds a symbol's stops."""

    symbol: str
    policy: ClosePolicy
    waiting: tuple[CloseIntent, ...] = ()
    """Decisions without an answer yet, in order of arrival."""
    known: tuple[GuardedPosition, ...] = ()
    owed: bool = False
    """A close swept a stop away, and it does not rest again yet."""


class StopStatus(Value):
    """What is this workflow doing right now?"""

    workflow_id: str
    symbol: str
    account: str
    guarding: tuple[GuardedPosition, ...] = ()
    waiting_for: str = ""
    waiting_decisions: int = 0
