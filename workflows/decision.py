"""What a decision comes to on this snapshot: which rung, how much in all, how much is left, in which orders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.mode import LadderBase
from contracts.order import OrderSide, OrderState, PositionSide, Reaction, Ticket
from contracts.snapshot import GenerationFacts, Position, Snapshot
from kernel.actions import CloseKind, Normalised, normalise
from kernel.identity import client_order_id, parse_client_order_id, rung_of_decision
from kernel.lot_filters import lot_rules
from kernel.precedence import Standing, Strength
from kernel.rung import OwnOrder, RungProgress, remaining, rung_progress
from kernel.side import Side
from kernel.sizing import LotRules, Sizing, largest_piece, size_orders, target_after

ZERO = Decimal(0)
MOST_ORDERS_AT_ONCE = 20
"""Orders of one attempt, so that the last one is still well inside the first one's recvWindow."""


@dataclass
class Memory:
    """What this run has done so far. Lives in the workflow, so it is rebuilt from history."""

    orders: dict[str, OrderState] = field(default_factory=dict)
    """Our orders of this decision by client order id, as last seen."""
    attempts: int = 0
    """Highest attempt number used."""
    generation: int | None = None
    """The position that this run began with."""
    total: Decimal | None = None
    """What a partial close is to execute in all, fixed at the first snapshot."""
    size_before: Decimal | None = None
    """Signed amount at the first snapshot."""
    entry_price: Decimal | None = None
    opened_at_ms: int | None = None
    began_ms: int | None = None
    """The exchange's clock at the first snapshot."""
    both_sides_open: bool = False

    executed_before_attempt: Decimal = ZERO
    halvings: int = 0
    """How often what is sent at once has been halved, for a book that does not hold it within the allowed price."""
    _last_reaction: Reaction | None = None
    _same_reaction: int = 0

    def begin(self, what: "Plan | None", snapshot: Snapshot) -> None:
        """Fix, once, what this decision is about and how much it is to close in all."""
        self.both_sides_open = len(snapshot.positions) > 1
        if what is None or self.generation is not None:
            return
        self.generation = what.generation
        self.total = what.must_execute
        self.began_ms = snapshot.exchange_time_ms if self.began_ms is None else self.began_ms
        self.size_before = what.subject.amount
        self.entry_price = what.subject.entry_price
        self.opened_at_ms = snapshot.generation.opened_at_ms if snapshot.generation else None

    def anew(self) -> "Memory":
        """Of a run that has executed nothing, and may have begun with another position than it was about.

        What is known to be younger than its first look stays another position.
        """
        return Memory(attempts=self.attempts, began_ms=self.began_ms)

    def is_another(self, generation: GenerationFacts) -> bool:
        """Whether this is a position opened since the run first looked. A read that merely lags is not one."""
        if self.generation == generation.opening_trade_id:
            return False
        return self.began_ms is not None and generation.opened_at_ms >= self.began_ms

    @property
    def side(self) -> Side | None:
        """Of the position under way, once it is known."""
        return Side.of(self.size_before) if self.size_before else None

    def start_attempt(self, attempt: int, earlier: Sequence[OrderState]) -> None:
        """From here on fills count for this attempt.

        ``earlier`` are orders of this decision that the exchange remembers and this run may not: an earlier run sent
        them, and they are part of what is to be accounted for.
        """
        for order in earlier:
            self.remember(order)
        self.attempts = attempt
        self.executed_before_attempt = self.executed

    def count_reaction(self, reaction: Reaction | None) -> int:
        """How often in a row the exchange has now asked for this reaction."""
        larger = reaction in (None, Reaction.HUMAN)  # a piece may be below the least value (-4164)
        self.halvings = self.halvings + 1 if reaction is Reaction.SLICE else max(0, self.halvings - larger)
        self._same_reaction = self._same_reaction + 1 if reaction is self._last_reaction else 1
        self._last_reaction = reaction
        return self._same_reaction

    @property
    def anything_to_confirm(self) -> bool:
        """Whether an order of ours executed, or may still execute."""
        return any(order.executed_quantity > ZERO or not order.final for order in self.orders.values())

    @property
    def executed_in_attempt(self) -> Decimal:
        """What the attempt under way has executed."""
        return self.executed - self.executed_before_attempt

    @property
    def order_ids(self) -> tuple[int, ...]:
        """The exchange's ids of every order seen so far."""
        return tuple(order.order_id for order in self.orders.values())

    def remember(self, order: OrderState) -> None:
        """Keep the newest view of an order; an executed quantity never shrinks."""
        known = self.orders.get(order.client_order_id)
        if known is None or order.executed_quantity >= known.executed_quantity:
            self.orders[order.client_order_id] = order

    def take_over(self, order: OrderState, subject: Position | None) -> None:
        """Account for an order that an earlier run lost. What ``subject`` already showed of it is no part of this
        attempt."""
        known = self.executed
        self.remember(order)
        changed = subject.updated_ms if subject else None
        if changed is not None and order.updated_ms is not None and order.updated_ms <= changed:
            self.executed_before_attempt += self.executed - known

    @property
    def executed(self) -> Decimal:
        """What our orders of this decision have executed."""
        return sum((order.executed_quantity for order in self.orders.values()), ZERO)

    @property
    def executed_everything(self) -> bool:
        """Whether our orders executed as much as the whole position was."""
        return self.size_before is not None and self.executed >= abs(self.size_before) > ZERO


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the intent says, before any exchange fact."""

    normalised: Normalised
    rung: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent now."""

    subject: Position
    generation: int
    attempt: int
    must_execute: Decimal | None
    """In all, for a partial close; None for a full one."""
    left: Decimal
    """Still to execute now."""
    target: Decimal
    """Unsigned quantity that should remain."""
    sizing: Sizing
    smallest: Decimal
    rung_done: bool


def meaning_of(intent: CloseIntent) -> Meaning:
    """Read the intent's words by the one table (R35)."""
    said = normalise(
        intent.action,
        intent.percentage,
        intent.quantity,
        reason=intent.reason,
        urgency=intent.urgency,
        intent_type=intent.intent_type,
    )
    rung = rung_of_decision(intent.producer_id, said)
    side = Side(intent.side.value) if intent.side else None
    return Meaning(said, rung, Standing(_strength(said), rung, side))


def _strength(said: Normalised) -> Strength:
    if said.kind is not CloseKind.FULL:
        return Strength.PARTIAL
    return Strength.EMERGENCY if said.emergency else Strength.FULL


def plan(meaning: Meaning, snapshot: Snapshot, memory: Memory, policy: ClosePolicy) -> Plan | None:
    """Size the decision from this snapshot; None when there is no position that it is about."""
    subject, generation = snapshot.subject, snapshot.generation
    if subject is None or generation is None:
        return None
    if memory.is_another(generation):
        return None  # the position that was decided about is gone
    lots = lot_rules(snapshot.rules)
    progress = _progress(snapshot, memory, lots)
    total = _total(meaning.normalised, subject, generation.peak_size, progress, memory, lots, policy)
    left = subject.size if total is None else remaining(_with_total(progress, total), subject.size)
    target = subject.size - left
    sizing = _sliced(size_orders(subject.size, target, lots), total, memory, subject, lots)
    return Plan(
        subject=subject,
        generation=generation.opening_trade_id if memory.generation is None else memory.generation,
        attempt=max(progress.next_attempt, memory.attempts + 1, snapshot.attempts_passed + 1),
        must_execute=total,
        left=left,
        target=target,
        sizing=sizing,
        smallest=smallest_order(lots),
        rung_done=total is not None and progress.executed > ZERO and not sizing.quantities,
    )


def _sliced(whole: Sizing, total: Decimal | None, memory: Memory, subject: Position, lots: LotRules) -> Sizing:
    """A full close in halves of halves (-4131). A part goes whole: its first order alone tells its total (R68)."""
    if total is not None or not memory.halvings or not whole.quantities:
        return whole
    piece = max(sum(whole.quantities, ZERO) / 2**memory.halvings, smallest_order(lots))
    return size_orders(subject.size, subject.size - min(piece, subject.size), lots)


def _progress(snapshot: Snapshot, memory: Memory, lots: LotRules) -> RungProgress:
    """What this rung has done, by the exchange's orders and by this run's own; the larger number counts."""
    orders = dict(memory.orders)
    for order in snapshot.own_orders:
        known = orders.get(order.client_order_id)
        if known is None or order.executed_quantity > known.executed_quantity:
            orders[order.client_order_id] = order
    return rung_progress([own for order in orders.values() if (own := _own(order))], largest_piece(lots))


def _own(order: OrderState) -> OwnOrder | None:
    key = parse_client_order_id(order.client_order_id)
    if key is None:
        return None
    return OwnOrder(key.attempt, key.pieces_after, order.original_quantity, order.executed_quantity, order.final)


def _with_total(progress: RungProgress, total: Decimal) -> RungProgress:
    return RungProgress(total, progress.executed, progress.next_attempt, progress.unfinished)


def _total(
    said: Normalised,
    subject: Position,
    peak: Decimal,
    progress: RungProgress,
    memory: Memory,
    lots: LotRules,
    policy: ClosePolicy,
) -> Decimal | None:
    """How much a partial close is to execute in all; None for a full close, whose target is simply 0.

    What the exchange remembers of the rung's first attempt comes first (it survives the loss of every store of ours),
    then what this run fixed at its first snapshot, then the fraction of the size as it is now.
    """
    if said.kind is not CloseKind.PARTIAL:
        return None
    if progress.total is not None:
        return progress.total
    if memory.total is not None:
        return memory.total
    if said.fraction is None:
        return min(said.quantity or ZERO, subject.size)
    base = peak if policy.ladder_base is LadderBase.ORIGINAL else subject.size
    return subject.size - target_after(subject.size, said.fraction, lots, base)


def smallest_order(lots: LotRules) -> Decimal:
    """The least that can be sent; a remainder below it is dust."""
    return max(lots.min_qty, lots.market_min_qty, lots.step, lots.market_step)


def tickets(meaning: Meaning, what: Plan, snapshot: Snapshot, policy: ClosePolicy) -> list[Ticket]:
    """The orders of this attempt, with everything that will be signed already fixed.

    The position mode is the position's own: a row says BOTH in one-way mode, and its side in hedge mode, where the
    exchange refuses the reduce-only flag because the side itself forbids opening (R55).
    """
    pieces = len(what.sizing.quantities)
    one_way = what.subject.position_side is PositionSide.BOTH
    return [
        Ticket(
            symbol=what.subject.symbol,
            client_order_id=client_order_id(
                what.generation, meaning.rung, what.attempt, pieces - 1 - index if pieces > 1 else None
            ),
            side=OrderSide(Side(what.subject.side.value).exit_order_side),
            position_side=what.subject.position_side,
            quantity=quantity,
            reduce_only=one_way,
            timestamp_ms=snapshot.exchange_time_ms,
            recv_window_ms=policy.recv_window_ms,
            urgency=int(meaning.standing.strength),
        )
        for index, quantity in enumerate(what.sizing.quantities[:MOST_ORDERS_AT_ONCE])
    ]
