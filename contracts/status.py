"""Answers of the workflow's queries: plain JSON for ``temporal workflow query``."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from contracts.order import PositionSide, SendReport, Ticket
from contracts.result import CloseResult, Outcome
from contracts.value import Value


class Phase(StrEnum):
    """Where a close is."""

    SNAPSHOT = "snapshot"
    EVALUATE = "evaluate"
    GUARD = "guard"
    PLACE = "place"
    SETTLE = "settle"
    CONFIRM = "confirm"
    PUBLISH = "publish"
    WAIT = "wait"
    DONE = "done"


class AttemptView(Value):
    """One send and what came of it."""

    attempt: int
    ticket: Ticket
    report: SendReport | None = None
    settled_as: str | None = None


class TimelineEntry(Value):
    """One thing that happened."""

    at: datetime
    phase: Phase
    text: str


class DecisionView(Value):
    """What was decided, from what, and why."""

    entry_id: str
    action: str
    kind: str
    fraction: Decimal | None = None
    rung: str
    generation: int | None = None
    position_side: PositionSide | None = None
    position_before: Decimal | None = None
    target_quantity: Decimal | None = None
    r_net: Decimal | None = None
    kill_score: Decimal | None = None
    kernel_action: str | None = None
    reasons: tuple[str, ...] = ()
    verdict: str | None = None


class CloseStatus(Value):
    """The short answer: what is this close doing right now?"""

    workflow_id: str
    symbol: str
    account: str
    action: str
    phase: Phase
    outcome: Outcome | None = None
    attempts: int = 0
    position_before: Decimal | None = None
    position_after: Decimal | None = None
    target_quantity: Decimal | None = None
    filled_quantity: Decimal = Decimal(0)
    waiting_for: str = ""
    needs_human: bool = False
    waiting_decisions: int = 0
    result: CloseResult | None = None
