"""The six proofs that an exit works, each judged from evidence that its own witness gave.

Redis says what was sent and consumed, the exchange says what was ordered, filled and left; our own words (results,
workflow states) are only ever compared with theirs, never believed alone (R69). Everything here is pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

RECOVERY_LIMIT_MS = 10_000
"""How long a close may take after the process that drove it was killed."""


@dataclass(frozen=True)
class Proof:
    """One line of the checklist."""

    name: str
    ok: bool
    evidence: str
    """What was seen. For a human to judge, whether it holds or not."""


@dataclass(frozen=True)
class OrderEvidence:
    """One order as the exchange shows it."""

    order_id: int
    status: str
    executed: Decimal
    """Base units."""


@dataclass(frozen=True)
class CloseEvidence:
    """One decision: what it should have come to, and what Redis and the exchange say it came to."""

    symbol: str
    entry_ids: tuple[str, ...]
    """Ids that Redis gave to the entries when they were added."""
    entries_on_stream: int
    """How many of them the stream has."""
    expected_quantity: Decimal
    """Base units that should have been closed; 0 where nothing should be sent."""
    result_order_ids: tuple[int, ...]
    """From our published result."""
    orders: tuple[OrderEvidence, ...]
    """Every order for this decision that the exchange has."""
    expected_position: Decimal
    """Signed base units that should remain."""
    position: Decimal | None
    """Signed base units on the exchange; None if it could not be read, which is not the same as none (R35)."""

    @property
    def sends(self) -> bool:
        """Whether an order is expected at all."""
        return self.expected_quantity > 0


@dataclass(frozen=True)
class GroupEvidence:
    """The consumer group, as Redis describes it."""

    sent: int
    """Entries that were added."""
    read: int | None
    """Entries that Redis has given to the group."""
    lag: int | None
    """Entries not given to it yet. None: the server cannot tell, which proves nothing."""
    pending: int
    """Entries given and not acknowledged."""


@dataclass(frozen=True)
class KillEvidence:
    """The worker was killed while an order of its was at the exchange and the answer was not back. Epoch ms."""

    symbol: str
    killed_pid: int
    new_pid: int
    order_arrived_ms: int
    answer_due_ms: int
    killed_ms: int
    result_ms: int | None
    outcome: str
    orders: int
    """Order requests of this symbol that reached the exchange."""


@dataclass(frozen=True)
class Evidence:
    """Everything the checklist is judged from."""

    closes: tuple[CloseEvidence, ...]
    group: GroupEvidence | None
    kill: KillEvidence | None


def six_proofs(evidence: Evidence) -> tuple[Proof, ...]:
    """The checklist, in the order in which a decision travels."""
    return (
        intent_proof(evidence.closes),
        consumed_proof(evidence.group),
        ordered_proof(evidence.closes),
        filled_proof(evidence.closes),
        position_proof(evidence.closes),
        resumed_proof(evidence.kill),
    )


def intent_proof(closes: Iterable[CloseEvidence]) -> Proof:
    """Every decision is an entry of the stream."""
    closes = tuple(closes)
    sent = sum(len(close.entry_ids) for close in closes)
    wrong = [close.symbol for close in closes if not stands_on_stream(close)]
    return _judge("intent on the stream", closes, wrong, f"{sent} entries added, each found under its id")


def consumed_proof(group: GroupEvidence | None) -> Proof:
    """The group was given everything and acknowledged everything."""
    name = "intent consumed"
    if group is None:
        return Proof(name, ok=False, evidence="the consumer group does not exist")
    ok = group.sent > 0 and group.lag == 0 and group.pending == 0 and group.read == group.sent
    return Proof(name, ok, f"{group.read} of {group.sent} entries read, lag {group.lag}, pending {group.pending}")


def ordered_proof(closes: Iterable[CloseEvidence]) -> Proof:
    """Every decision that closes has an order at the exchange, the one our result names, and no other has any."""
    closes = tuple(closes)
    wrong = [close.symbol for close in closes if not has_its_order(close)]
    ids = ", ".join(f"{close.symbol} {order.order_id}" for close in closes for order in close.orders)
    return _judge("order placed", [close for close in closes if close.sends], wrong, ids)


def filled_proof(closes: Iterable[CloseEvidence]) -> Proof:
    """The exchange filled what was to be closed, to the last unit."""
    closes = [close for close in closes if close.sends]
    wrong = [close.symbol for close in closes if not is_filled(close)]
    fills = ", ".join(f"{close.symbol} FILLED {close.expected_quantity.normalize():f}" for close in closes)
    return _judge("fill confirmed", closes, wrong, fills)


def position_proof(closes: Iterable[CloseEvidence]) -> Proof:
    """The exchange's position is 0 after a full close, and what was to remain after a partial one."""
    closes = tuple(closes)
    wrong = [
        f"{close.symbol} (should be {_amount(close.expected_position)}, is {_amount(close.position)})"
        for close in closes
        if not is_where_it_should_be(close)
    ]
    seen = ", ".join(f"{close.symbol} {_amount(close.position)}" for close in closes)
    return _judge("position on the exchange", closes, wrong, seen)


def resumed_proof(kill: KillEvidence | None) -> Proof:
    """The close of a killed worker was completed by the next one, soon and with one order."""
    name = "resumed after a kill"
    if kill is None:
        return Proof(name, ok=False, evidence="no worker was killed")
    problems = [problem for problem, is_so in _kill_problems(kill).items() if is_so]
    seconds = "never" if kill.result_ms is None else f"{(kill.result_ms - kill.killed_ms) / 1000:.1f} s"
    story = (
        f"{kill.symbol}: pid {kill.killed_pid} killed {kill.killed_ms - kill.order_arrived_ms} ms after its order "
        f"reached the exchange, closed by pid {kill.new_pid} in {seconds}, {kill.orders} order in the exchange's ledger"
    )
    return Proof(name, not problems, "; ".join([story, *problems]))


def stands_on_stream(close: CloseEvidence) -> bool:
    """Proof 1 for one decision."""
    return bool(close.entry_ids) and close.entries_on_stream == len(close.entry_ids)


def has_its_order(close: CloseEvidence) -> bool:
    """Proof 3 for one decision."""
    at_exchange = {order.order_id for order in close.orders}
    return at_exchange == set(close.result_order_ids) and bool(at_exchange) == close.sends


def is_filled(close: CloseEvidence) -> bool:
    """Proof 4 for one decision."""
    executed = sum((order.executed for order in close.orders), Decimal(0))
    return executed == close.expected_quantity and all(order.status == "FILLED" for order in close.orders)


def is_where_it_should_be(close: CloseEvidence) -> bool:
    """Proof 5 for one decision."""
    return close.position is not None and close.position == close.expected_position


def _kill_problems(kill: KillEvidence) -> dict[str, bool]:
    return {
        "NOT the case: the same process closed it": kill.killed_pid == kill.new_pid,
        "NOT the case: killed before its order arrived": kill.killed_ms < kill.order_arrived_ms,
        "NOT the case: killed only after the answer": kill.killed_ms >= kill.answer_due_ms,
        "NOT the case: the result was there before the kill": kill.result_ms is not None
        and kill.result_ms <= kill.killed_ms,
        f"NOT within {RECOVERY_LIMIT_MS // 1000} s": kill.result_ms is None
        or kill.result_ms - kill.killed_ms > RECOVERY_LIMIT_MS,
        f"NOT exactly one order: {kill.orders}": kill.orders != 1,
        f"NOT closed: {kill.outcome or 'no result'}": kill.outcome != "CLOSED_FLAT",
    }


def _judge(name: str, subjects: Iterable[CloseEvidence], wrong: list[str], evidence: str) -> Proof:
    """Holds if there is something to judge and nothing is wrong with it: no evidence is no proof."""
    if wrong:
        return Proof(name, ok=False, evidence=f"NOT for {', '.join(wrong)}; seen: {evidence or 'nothing'}")
    return Proof(name, any(True for _ in subjects), evidence or "nothing was seen")


def _amount(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount.normalize():f}"
