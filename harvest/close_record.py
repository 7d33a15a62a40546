"""Everything that is known about one close of the demo: for the screen, for JSON and for the proofs."""

from dataclasses import dataclass, field
from decimal import Decimal

from harvest.mailbox import Result
from harvest.proofs import (
    CloseEvidence,
    has_its_order,
    is_filled,
    is_where_it_should_be,
    stands_on_stream,
)

STAGES = ("evaluated", "guarded", "ordered", "filled", "verified")
"""What a human wants to see happen, in this order."""

DEAD_LETTER = "DEAD_LETTER"
"""The outcome that we show for an entry that cannot be understood. It is no result: nothing was decided."""


@dataclass
class CloseRecord:
    """One decision. Grows while it is carried out."""

    symbol: str
    title: str
    expected: str
    """The outcome that must come."""
    entry_ids: tuple[str, ...] = ()
    sent_ms: int = 0
    """Epoch milliseconds at which Redis took the (first) entry."""
    stages: dict[str, int] = field(default_factory=dict)
    """Milliseconds from the entry to each stage that was reached."""
    result: Result | None = None
    repeats: tuple[str, ...] = ()
    """Outcomes of the entry's repetitions."""
    dead_letter: str = ""
    """Why the entry could not be understood."""
    ordered_ms: float | None = None
    """Milliseconds from the entry to the order's arrival at the exchange, by the exchange's own clock."""
    evidence: CloseEvidence | None = None

    @property
    def outcome(self) -> str:
        """How it ended, or nothing."""
        return DEAD_LETTER if self.dead_letter else self.result.outcome if self.result else ""

    @property
    def result_ms(self) -> int | None:
        """Milliseconds from the entry to the published result."""
        return self.result.published_ms - self.sent_ms if self.result else None

    @property
    def position(self) -> Decimal | None:
        """Signed base units on the exchange afterwards, as the exchange says."""
        return self.evidence.position if self.evidence else None

    @property
    def proofs(self) -> tuple[bool, bool, bool, bool] | None:
        """Intent, order, fill and position of this close; None where there was nothing to prove."""
        seen = self.evidence
        if seen is None:
            return None
        return stands_on_stream(seen), has_its_order(seen), is_filled(seen), is_where_it_should_be(seen)

    @property
    def ok(self) -> bool:
        """Whether it ended as it must, and the exchange agrees."""
        return self.outcome == self.expected and (self.proofs is None or all(self.proofs))

    def as_json(self) -> dict[str, object]:
        """Plain values; numbers of the exchange as text, as it writes them."""
        fields = self.result.fields if self.result else {}
        position = self.position
        return {
            "symbol": self.symbol,
            "decision": self.title,
            "entry_ids": list(self.entry_ids),
            "ok": self.ok,
            "outcome": self.outcome,
            "expected_outcome": self.expected,
            "workflow_id": fields.get("workflow_id", ""),
            "order_id": fields.get("order_id", ""),
            "client_order_id": fields.get("client_order_id", ""),
            "order_status": fields.get("order_status", ""),
            "filled_qty": fields.get("filled_qty", ""),
            "avg_price": fields.get("avg_price", ""),
            "commission": fields.get("commission", ""),
            "realized_pnl": fields.get("realized_pnl", ""),
            "position_after": None if position is None else str(position),
            "reason_codes": fields.get("reason_codes", ""),
            "repeats": list(self.repeats),
            "dead_letter": self.dead_letter,
            "ms_to_order": None if self.ordered_ms is None else round(self.ordered_ms, 1),
            "ms_to_result": self.result_ms,
            "stages_ms": self.stages,
        }
