"""What a running close carries from step to step."""

from dataclasses import dataclass

from contracts.close import ClosePolicy
from contracts.intent import CloseIntent
from contracts.snapshot import Snapshot
from kernel.guard import Permit, Verdict
from workflows.decision import Meaning, Memory, Plan
from workflows.evaluation import Evaluation


@dataclass(frozen=True)
class Case:
    """One decision: what was said, under which policy, what it means, and what has been done so far."""

    intent: CloseIntent
    policy: ClosePolicy
    meaning: Meaning
    memory: Memory


@dataclass(frozen=True)
class Judgement:
    """What one snapshot led to: the evaluation, the guard's permit, and the plan if there is a position."""

    snapshot: Snapshot
    evaluation: Evaluation
    permit: Permit
    plan: Plan | None

    @property
    def allowed(self) -> Plan | None:
        """The plan, if it may be sent."""
        return self.plan if self.permit.verdict is Verdict.ALLOW else None
