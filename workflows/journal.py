"""What operators see of a running close: queries, the card in the web UI, search attributes, log lines, metrics."""

from decimal import Decimal
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from contracts.close import CloseRequest
from contracts.order import SendReport, Ticket
from contracts.result import CloseResult, Outcome
from contracts.search import ACTION, KILL_SCORE, OUTCOME, SIDE, R
from contracts.status import AttemptView, CloseStatus, DecisionView, Phase, TimelineEntry
from workflows.case import Judgement
from workflows.decision import Meaning, Memory

SHOWN = (Phase.PLACE, Phase.SETTLE, Phase.WAIT, Phase.DONE)
"""Phases that a human may find a close in; the others pass within a step, and drawing a card for them is wasted."""


class Journal:
    """Keeps the story of one close in plain values. Nothing here issues a command but the search attributes."""

    def __init__(self, request: CloseRequest, meaning: Meaning) -> None:
        info = workflow.info()
        self.status = CloseStatus(
            workflow_id=info.workflow_id,
            symbol=request.intent.symbol,
            account=request.policy.account,
            action=request.intent.action,
            phase=Phase.SNAPSHOT,
        )
        self.decision = DecisionView(
            entry_id=request.intent.entry_id,
            action=request.intent.action,
            kind=meaning.normalised.kind,
            fraction=meaning.normalised.fraction,
            rung=meaning.rung,
            reasons=meaning.normalised.reasons,
        )
        self.attempts: list[AttemptView] = []
        self.timeline: list[TimelineEntry] = []

    def enter(self, phase: Phase, text: str) -> None:
        """The close enters a phase."""
        self.timeline.append(TimelineEntry(at=workflow.now(), phase=phase, text=text))
        self.status = self.status.model_copy(update={"phase": phase, "waiting_for": ""})
        if phase in SHOWN:
            workflow.set_current_details(self._card())

    def judged(self, judgement: Judgement, memory: Memory) -> None:
        """Evaluate and guard have spoken."""
        evaluation, permit, what = judgement.evaluation, judgement.permit, judgement.plan
        facts = {
            "generation": what.generation if what else None,
            "position_side": what.subject.side if what else None,
            "position_before": memory.size_before,
            "target_quantity": what.target if what else None,
            "r_net": evaluation.r_net,
            "kill_score": evaluation.kill_score,
            "kernel_action": evaluation.kernel_action,
            "reasons": permit.reasons,
            "verdict": permit.verdict,
        }
        self.decision = self.decision.model_copy(update=facts)
        known = {name: facts[name] for name in ("position_before", "target_quantity")}
        self.status = self.status.model_copy(update=known)
        self.enter(Phase.GUARD, f"{permit.verdict}: {', '.join(permit.reasons)}")

    def sending(self, ticket: Ticket, attempt: int) -> None:
        """A ticket is about to leave."""
        self.attempts.append(AttemptView(attempt=attempt, ticket=ticket))
        self.status = self.status.model_copy(update={"attempts": len(self.attempts)})
        self.enter(Phase.PLACE, f"{ticket.side} {ticket.quantity} {ticket.symbol} as {ticket.client_order_id}")

    def answered(self, report: SendReport, settled: bool) -> None:
        """The last ticket's fate is known (or, if not settled, asked for)."""
        last = self.attempts[-1].model_copy(
            update={"report": report, "settled_as": report.verdict.value if settled else None}
        )
        self.attempts[-1] = last
        order = report.order
        words = f"order {order.order_id} {order.status}, {order.executed_quantity} filled" if order else report.message
        self.enter(Phase.PLACE, f"{report.verdict}: {words}")

    def waiting(self, what: str, times: int) -> None:
        """Something is being waited for."""
        self.status = self.status.model_copy(update={"waiting_for": what})
        self.timeline.append(TimelineEntry(at=workflow.now(), phase=Phase.WAIT, text=f"{what} ({times})"))
        self.timeline = self.timeline[-200:]
        workflow.set_current_details(self._card())
        workflow.logger.warning("waiting", extra={"waiting_for": what, "times": times})

    def call_human(self, why: str) -> None:
        """Raise the flag once: search attribute, status, log, metric. The close goes on trying."""
        if self.status.needs_human:
            return
        self.status = self.status.model_copy(update={"needs_human": True, "outcome": Outcome.NEEDS_HUMAN})
        workflow.upsert_search_attributes([OUTCOME.value_set(Outcome.NEEDS_HUMAN)])
        workflow.metric_meter().create_counter("harvest_needs_human", "closes that called a human").add(1)
        workflow.logger.error("a human is needed", extra={"why": why, "symbol": self.status.symbol})
        self.enter(Phase.WAIT, f"a human is needed: {why}")

    def cancelled(self, count: int) -> None:
        """Resting orders that could only make the position smaller are gone."""
        if count:
            self.enter(Phase.PUBLISH, f"{count} resting reducing orders cancelled")

    def ended(self, result: CloseResult) -> None:
        """The decision has its result."""
        self.status = self.status.model_copy(
            update={
                "outcome": result.outcome,
                "result": result,
                "needs_human": False,
                "position_after": result.position_after,
                "filled_quantity": result.fills.quantity,
            }
        )
        self.enter(Phase.DONE, f"{result.outcome}: {', '.join(result.reason_codes)}")
        workflow.upsert_search_attributes(_final_attributes(result))
        counter = workflow.metric_meter().create_counter("harvest_decisions", "decisions by outcome")
        counter.add(1, {"outcome": result.outcome, "symbol": result.symbol})

    def _card(self) -> str:
        """Markdown for the web UI."""
        status, decision = self.status, self.decision
        rows = [
            ("phase", status.phase.value),
            ("outcome", status.outcome.value if status.outcome else "running"),
            ("position", f"{_text(status.position_before)} -> {_text(status.position_after)}"),
            ("target", _text(status.target_quantity)),
            ("R", _text(decision.r_net)),
            ("kill score", _text(decision.kill_score)),
            ("attempts", str(status.attempts)),
            ("waiting for", status.waiting_for or "-"),
        ]
        table = "\n".join(f"| {name} | {value} |" for name, value in rows)
        story = "\n".join(f"- `{entry.at:%H:%M:%S.%f}` {entry.phase}: {entry.text}" for entry in self.timeline[-12:])
        title = f"### {decision.action} {status.symbol} ({status.account})"
        return f"{title}\n\n| | |\n|---|---|\n{table}\n\n{story}\n"


def _text(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:.10g}"


def _final_attributes(result: CloseResult) -> list[SearchAttributeUpdate[Any]]:
    """Outcome, and what the start could not know yet. The one upsert of a plain close."""
    updates: list[SearchAttributeUpdate[Any]] = [OUTCOME.value_set(result.outcome), ACTION.value_set(result.action)]
    if result.position_side is not None:
        updates.append(SIDE.value_set(result.position_side))
    if result.r_net is not None:
        updates.append(R.value_set(float(result.r_net)))
    if result.kill_score is not None:
        updates.append(KILL_SCORE.value_set(float(result.kill_score)))
    return updates
