"""A close decision as a producer made it."""

from datetime import datetime
from decimal import Decimal

from contracts.order import PositionSide
from contracts.value import Value


class CloseIntent(Value):
    """One entry of ``harvest.intent``, understood but not yet judged.

    The numbers from ``hold_score`` to ``exit_price`` are the producer's own claims. They are shown to humans; nothing
    is sized from them.
    """

    entry_id: str
    """Id of the stream entry, ``<epoch ms>-<sequence>``."""
    symbol: str
    action: str
    """The producer's word, upper case. The kernel's table decides what it means."""
    decided_at: datetime
    """When the producer decided (its timestamp, else the entry's own time); aware UTC."""
    percentage: Decimal | None = None
    """Fraction of the position, 0 < p <= 1."""
    quantity: Decimal | None = None
    """Base units to close, where a producer speaks in quantities."""
    side: PositionSide | None = None
    """LONG or SHORT if the producer named the position's side."""
    producer_id: str | None = None
    """The producer's own id of this decision (intent_id, plan_id), if it gives one."""
    plan_id: str | None = None
    account: str | None = None
    intent_type: str = ""
    source: str = ""
    urgency: str = ""
    reason: str = ""
    hold_score: Decimal | None = None
    exit_score: Decimal | None = None
    r_net: Decimal | None = None
    pnl_usd: Decimal | None = None
    entry_price: Decimal | None = None
    exit_price: Decimal | None = None
    new_stop: Decimal | None = None
    """Where a decision that moves the stop wants it, quote currency."""
    accepted_at: datetime | None = None
    """When a close workflow took it in. Its age counts up to then; what it waits for afterwards is our delay."""
    stale: bool = False
    """Older than the limit and kept only because its position is still open: today's facts must agree."""
    traceparent: str | None = None
    """W3C trace context of the bridge's span."""
