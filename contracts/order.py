"""Orders, trades and what became of a send."""

from decimal import Decimal
from enum import StrEnum
from typing import Self

from contracts.value import OrderId, Value


class OrderSide(StrEnum):
    """Direction of an order."""

    BUY = "BUY"
    SELL = "SELL"


class PositionSide(StrEnum):
    """BOTH in one-way mode; LONG or SHORT in hedge mode."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class Ticket(Value):
    """Everything of an order that is fixed before it is sent.

    It is in the workflow history before the request leaves. ``timestamp_ms`` is what will be signed: a worker that
    was only paused and wakes up later then sends a request that the exchange itself refuses.
    """

    symbol: str
    client_order_id: str
    side: OrderSide
    position_side: PositionSide
    quantity: Decimal
    """Base units, on the symbol's grid."""
    reduce_only: bool
    """True in one-way mode. In hedge mode the flag cannot be sent; the position side itself forbids opening."""
    timestamp_ms: int
    """Exchange clock, epoch milliseconds."""
    recv_window_ms: int
    urgency: int = 2
    """Who goes first when the exchange allows fewer orders than there are: 3 an emergency, 2 full, 1 partial."""

    def attributes(self) -> dict[str, str]:
        """For the trace."""
        return {"harvest.client_order_id": self.client_order_id, "harvest.quantity": str(self.quantity)}

    def signed_at(self, earlier_ms: int | None) -> Self:
        """The same order as an earlier run signed and sent it, if it did: what settles it is that run's fence."""
        return self if earlier_ms is None else self.model_copy(update={"timestamp_ms": earlier_ms})


class OrderState(Value):
    """An order as the exchange reports it."""

    order_id: OrderId
    client_order_id: str
    status: str
    side: OrderSide
    position_side: PositionSide
    original_quantity: Decimal
    executed_quantity: Decimal
    average_price: Decimal | None = None
    """None where the answer does not carry it (order answers since July 2026)."""
    executed_quote: Decimal | None = None
    """Quote units of all its fills together; None where the answer does not carry it."""
    reduce_only: bool = False
    close_position: bool = False
    created_ms: int | None = None
    updated_ms: int | None = None

    @property
    def final(self) -> bool:
        """Whether the exchange will never execute more of it."""
        return self.status in FINAL_STATUSES


FINAL_STATUSES = frozenset({"FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH"})


class AlgoOrder(Value):
    """A resting conditional order (stop, take profit, trailing)."""

    algo_id: OrderId
    client_algo_id: str
    order_type: str
    side: OrderSide
    position_side: PositionSide
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None
    reduce_only: bool = False
    close_position: bool = False
    created_ms: int | None = None


class Trade(Value):
    """One fill. The truth about price, fee and realised profit (R70)."""

    trade_id: int
    order_id: OrderId
    side: OrderSide
    position_side: PositionSide
    price: Decimal
    quantity: Decimal
    realized_pnl: Decimal
    commission: Decimal
    commission_asset: str
    maker: bool
    time_ms: int

    @property
    def signed_quantity(self) -> Decimal:
        """Quantity with the sign of its effect on a signed position: buy +, sell -."""
        return self.quantity if self.side is OrderSide.BUY else -self.quantity


class Reaction(StrEnum):
    """What a definite answer of the exchange asks of us."""

    NEW_ATTEMPT = "new_attempt"
    """Not executed; a fresh attempt may follow at once."""
    BACK_OFF = "back_off"
    """Not executed; wait first."""
    SLICE = "slice"
    """Not executed; the book does not hold this much within the allowed price: wait, then a smaller piece."""
    RESIZE = "resize"
    """The quantity does not fit; refresh the symbol's rules and size again."""
    REREAD = "reread"
    """Our picture of position or orders is wrong; read again before anything else (R52)."""
    RECONFIGURE = "reconfigure"
    """Our picture of the account (position mode) is wrong; read it again (R55)."""
    CANCEL_CONFLICTING = "cancel_conflicting"
    """Resting orders stand in the way; cancel them, wait until they are gone."""
    RESYNC_CLOCK = "resync_clock"
    """Our clock is off; synchronise with the exchange, then a fresh attempt (R60)."""
    SUCCESS = "success"
    """What was wanted is already so."""
    HUMAN = "human"
    """Neither waiting nor changing the request helps: credentials, permissions, compliance."""
    BUG = "bug"
    """The request itself was malformed: ours to fix."""


class Verdict(StrEnum):
    """What is known about a send."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class SendReport(Value):
    """What one send of one ticket came to."""

    verdict: Verdict
    order: OrderState | None = None
    """Present when accepted."""
    code: int | None = None
    message: str = ""
    reaction: Reaction | None = None
    """Present when refused."""
    retry_after_ms: int = 0
    signed_ms: int | None = None
    """Where an earlier run sent the order: the timestamp that it was signed with, exchange clock."""
