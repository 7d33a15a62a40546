"""A close decision as a producer made it."""

import re
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Final

from contracts.order import PositionSide
from contracts.value import Value

UNNAMED: Final = "unnamed"
"""In a list of exit owners: whoever gives no ``source``, as the original's AUTONOMOUS_EXIT."""
_OF_THE_STREAM: Final = re.compile(r"[0-9]+-[0-9]+")


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

    def admitted_by(self, exit_owners: Collection[str]) -> bool:
        """Whether its source may decide, see :func:`admitted`."""
        return admitted(self.entry_id, self.source, exit_owners)


def admitted(entry_id: str, source: str, exit_owners: Collection[str]) -> bool:
    """Whether a source may decide. An empty list admits everybody.

    The list is for the stream. What Harvest itself or a human decides (safety net, a stop that the price has passed, a
    panic) does not come from there: its entry ids are no stream's.
    """
    if not exit_owners or not _OF_THE_STREAM.fullmatch(entry_id):
        return True
    return (source.strip().lower() or UNNAMED) in exit_owners
