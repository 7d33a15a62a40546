"""How a decision ended: one schema, produced in one place (R07, R29)."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

from contracts.order import OrderSide, PositionSide
from contracts.value import OrderId, Value

MOVED_BY_OTHERS: Final = "position_moved_by_others"
ANSWERED_BEFORE: Final = "answered_before"
"""Reason code: the position is not where our own fills lead to."""


class Outcome(StrEnum):
    """Every way a decision can end, and the one way it can wait."""

    CLOSED_FLAT = "CLOSED_FLAT"
    """Our orders closed it; the exchange says quantity 0."""
    REDUCED = "REDUCED"
    """The partial close was executed in full and the exchange's position agrees."""
    ALREADY_FLAT = "ALREADY_FLAT"
    """There was nothing to close."""
    ALREADY_DONE = "ALREADY_DONE"
    """This rung of this position was taken before."""
    CLOSED_ELSEWHERE = "CLOSED_ELSEWHERE"
    """The position went away while we were closing it (its stop, a human, liquidation)."""
    DUST_LEFT = "DUST_LEFT"
    """What remains is smaller than the exchange accepts."""
    STOP_MOVED = "STOP_MOVED"
    """The stop rests at the exchange where the decision wants it, for the whole position."""
    SUGGESTED = "SUGGESTED"
    """Shadow mode: this is what would have been done."""
    SKIPPED = "SKIPPED"
    """Not meant to run: a hold."""
    SKIPPED_STALE = "SKIPPED_STALE"
    """Too old to act on."""
    BLOCKED = "BLOCKED"
    """Refused by the guard as wrong."""
    JOINED = "JOINED"
    """The same decision was already running; its result is this one's."""
    SUPERSEDED = "SUPERSEDED"
    """A stronger decision took over."""
    NEEDS_HUMAN = "NEEDS_HUMAN"
    """Still running, and it cannot get on without a human."""


LEFT_FLAT: Final = frozenset({Outcome.CLOSED_FLAT, Outcome.CLOSED_ELSEWHERE})
"""The position was there, and it is gone."""


class FillSummary(Value):
    """All fills of a decision, from the exchange's trades."""

    quantity: Decimal = Decimal(0)
    average_price: Decimal | None = None
    commission: Decimal = Decimal(0)
    commission_asset: str = ""
    realized_pnl: Decimal = Decimal(0)
    """Quote currency, before commission, as the exchange books it."""
    order_ids: tuple[OrderId, ...] = ()


class LookedAt(Value):
    """What a decision was made from."""

    generation: int
    rung: str
    """With the generation the identity of the decision: a repeat has the same."""
    mark_price: Decimal
    at_ms: int | None = None
    """When that was read, epoch milliseconds by the exchange's clock."""


class WouldSend(Value):
    """The orders of a decision that sends nothing, as it would send them now."""

    quantity: Decimal
    """Base units, of all together."""
    client_order_ids: tuple[str, ...]


class CloseResult(Value):
    """The final word on one decision, as published on ``apply.result``."""

    outcome: Outcome
    reason_codes: tuple[str, ...]
    """Complete and in order."""
    decisive: str
    """The one reason that decided."""
    plan_id: str
    entry_id: str
    account: str
    symbol: str
    action: str
    position_side: PositionSide | None = None
    order_side: OrderSide | None = None
    requested_quantity: Decimal = Decimal(0)
    """What the decision meant to close, base units."""
    target_quantity: Decimal | None = None
    position_before: Decimal | None = None
    """Signed base units at the first snapshot."""
    position_after: Decimal | None = None
    fills: FillSummary = FillSummary()
    client_order_ids: tuple[str, ...] = ()
    order_status: str = ""
    entry_price: Decimal | None = None
    stop_price: Decimal | None = None
    """Of a decision about the stop: where it is wanted, on the tick grid. Quote currency."""
    r_net: Decimal | None = None
    kill_score: Decimal | None = None
    looked: LookedAt | None = None
    """Of a suggestion: what it was decided from."""
    would_send: WouldSend | None = None
    """Of a suggestion."""
    attempts: int = 0
    would_execute: bool = False
    error: str = ""
    workflow_id: str
    run_id: str
    traceparent: str | None = None
    producer_id: str | None = None
    """The producer's own id of the decision."""
    producer_reason: str = ""
    source: str = ""
    joined: tuple[str, ...] = ()
    """For a repeat or a covered decision: the entry ids whose result it shares."""

    @property
    def executed(self) -> bool:
        """Whether anything was filled for this decision."""
        return self.fills.quantity > 0

    @property
    def net_pnl(self) -> Decimal | None:
        """Realised profit after commission, quote currency; None if the commission was paid in something else."""
        if self.fills.commission and not self.symbol.endswith(self.fills.commission_asset):
            return None
        return self.fills.realized_pnl - self.fills.commission
