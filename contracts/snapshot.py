"""One read of everything that a decision needs."""

from decimal import Decimal

from contracts.order import AlgoOrder, OrderState, PositionSide
from contracts.value import Value


class Position(Value):
    """A position as the exchange reports it."""

    symbol: str
    position_side: PositionSide
    amount: Decimal
    """Signed base units: long +, short - (R39)."""
    entry_price: Decimal
    mark_price: Decimal
    unrealized_pnl: Decimal
    """Quote currency, whole position."""
    liquidation_price: Decimal | None = None
    updated_ms: int | None = None
    """When the exchange last changed this position, epoch milliseconds."""

    @property
    def size(self) -> Decimal:
        """Unsigned base units."""
        return abs(self.amount)

    @property
    def side(self) -> PositionSide:
        """LONG or SHORT, from the sign in one-way mode."""
        if self.position_side is not PositionSide.BOTH:
            return self.position_side
        return PositionSide.SHORT if self.amount < 0 else PositionSide.LONG


class SymbolRules(Value):
    """The filters of a symbol that bind a MARKET order."""

    symbol: str
    status: str
    min_quantity: Decimal
    max_quantity: Decimal
    step: Decimal
    market_min_quantity: Decimal
    market_max_quantity: Decimal
    market_step: Decimal
    tick: Decimal


class MarketFacts(Value):
    """What the market-state service says. All or nothing: a missing number is not zero (kernel case P2-23)."""

    sigma: Decimal
    ts: Decimal
    p_trend: Decimal
    p_mr: Decimal
    p_chop: Decimal


class PositionHints(Value):
    """Optional inputs from Redis. Their absence or staleness never blocks a close; it is reported."""

    market: MarketFacts | None = None
    stop_dist_pct: Decimal | None = None
    stop_loss: Decimal | None = None
    frozen_by: str | None = None
    """Why a human froze all closes, or None."""
    answered: bool = False
    """Whether the decision was answered before: its entry was delivered again after its close had ended."""
    readable: bool = True
    """Whether Redis answered. If not, all of this is unknown, ``answered`` too."""
    notes: tuple[str, ...] = ()
    """What was missing, unreadable or malformed."""


class GenerationFacts(Value):
    """When and how the position was opened from flat, from the exchange's own fills."""

    opening_trade_id: int
    opened_at_ms: int
    peak_size: Decimal


class Snapshot(Value):
    """Everything that evaluate and guard look at, read in one go."""

    exchange_time_ms: int
    """The exchange's clock when the reads came back."""
    told_for_ms: int = 0
    """For so long the user stream has told of everything, without a gap: these reads show it, or wait until they do."""
    positions: tuple[Position, ...] = ()
    """Open positions of the symbol: at most one in one-way mode, two in hedge mode."""
    subject: Position | None = None
    """The one this decision is about, if it can be told."""
    generation: GenerationFacts | None = None
    """Of the subject."""
    last_trade_id: int = 0
    """Newest trade of the symbol that the read showed; 0 if there is none. Later ones are news."""
    subject_as_of_ms: int | None = None
    """Set where the reads show different moments, as a full close allows: when the exchange last changed the subject.
    What was traded up to then is in its size, whatever trades were seen beside it."""
    own_orders: tuple[OrderState, ...] = ()
    """Orders of this generation and rung that the exchange knows, whichever process sent them."""
    attempts_passed: int = 0
    """Attempts on this rung of this position that earlier runs made and left behind, by our own record of them."""
    open_orders: tuple[OrderState, ...] = ()
    algo_orders: tuple[AlgoOrder, ...] = ()
    """What rests was once read here, before the order; histories of that time show it."""
    rules: SymbolRules
    hints: PositionHints


class SnapshotRequest(Value):
    """What to read."""

    account: str
    symbol: str
    entry_id: str = ""
    """The decision's stream entry, to see whether it was answered before."""
    side: PositionSide | None = None
    rung: str
    """The decision's rung: which of our own orders to look for."""
    full: bool = False
    """A full close: its target is 0 whatever the history was, so it does not wait for reads that disagree. Not so one
    that is stale: whether it may close anything depends on when the position was opened."""
    generation: int | None = None
    """Generation that this run's orders are named by, once it has begun."""
    entry_price: Decimal | None = None
    """Of the position that the run began with."""
    decided_at_ms: int | None = None
    """When the producer decided, epoch milliseconds."""
    known_attempts: int = 0
    """Attempts that this run already made; the id after them is looked up before it is used."""
    refresh: bool = False
    """Read symbol rules anew instead of from the cache."""
