"""The close workflow: one close decision from intent to a verified position.

Read :meth:`CloseWorkflow._close`: it is the design's seven steps. The rest of the file is what each step does with
what the one before it found out.
"""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from temporalio.contrib.opentelemetry.workflow import completed_span

    from contracts.close import CloseRequest, PublishRequest
    from contracts.intent import CloseIntent
    from contracts.mode import Mode
    from contracts.names import CLOSE_WORKFLOW, SIGNAL_SUBMIT
    from contracts.order import SendReport, Ticket, Verdict
    from contracts.resting import CancelRequest
    from contracts.result import LEFT_FLAT, CloseResult, Outcome
    from contracts.search import start_attributes
    from contracts.snapshot import Snapshot
    from contracts.status import Phase
    from kernel.precedence import Strength
    from workflows import policies, steps
    from workflows.anew import begun_anew
    from workflows.answering import answer_others
    from workflows.case import Case, Judgement
    from workflows.dealt_with import DealtWith, after_orders, confirmed, without_order
    from workflows.decision import Memory, Plan, meaning_of, tickets
    from workflows.ending import (
        conclude_request,
        draft,
        no_such_symbol,
        outcome_when_giving_way,
        outcome_without_permit,
    )
    from workflows.evaluation import Evaluation, evaluate_position
    from workflows.inbox import MOST_CARRIED, Inbox
    from workflows.journal import Journal
    from workflows.lost_orders import LostOrders
    from workflows.nothing_there import another_look
    from workflows.permission import permission, plan_or_reason
    from workflows.queries import CloseQueries
    from workflows.reaction import next_step, wait_unless
    from workflows.resting import clear_the_way, seen_in, sweep


@workflow.defn(name=CLOSE_WORKFLOW)
class CloseWorkflow(CloseQueries):
    """One running close per symbol; its id is lock, dedup and operator handle in one."""

    @workflow.init
    def __init__(self, request: CloseRequest) -> None:
        intent = request.intent.model_copy(update={"accepted_at": request.intent.accepted_at or workflow.now()})
        self._case = Case(intent, request.policy, meaning_of(intent), Memory())
        self._inbox = Inbox(request.intent, request.waiting)
        self._journal = Journal(request, self._case.meaning)
        self._looks_at_nothing = 0
        self._lost = LostOrders(
            request.lost, self._journal, self._stronger_waits, self._other_close_waits, self._on_wait
        )
        self._looked_at = workflow.now()  # before the latest read of the position
        self._ordered_at: datetime | None = None  # before the one that the last orders were made from
        self._dealt_with = DealtWith()
        self._left_behind: CancelRequest | None = None

    @workflow.run
    async def run(self, request: CloseRequest) -> CloseResult:  # noqa: ARG002 - read in __init__
        """Close, then answer or hand over whatever arrived meanwhile."""
        try:
            result = await self._close()
        except ApplicationError as unknown_symbol:
            result = no_such_symbol(self._case, unknown_symbol.message)
            await self._publish(result)
        self._dealt_with = await confirmed(self._dealt_with, self._case, self._inbox, result, self._on_wait)
        self._journal.ended(result)
        if others := await answer_others(self._case, self._inbox, result, self._dealt_with, self._publish):
            self._journal.enter(Phase.DONE, f"{others} other decisions answered")
        if self._inbox:
            self._continue_with_next()
        return result

    async def _close(self) -> CloseResult:
        refresh = False
        while True:
            snapshot = await self._take_snapshot(refresh=refresh)  # 1
            evaluation = self._evaluate(snapshot)  # 2
            judgement = self._guard(snapshot, evaluation)  # 3
            if judgement.allowed is None:
                if await self._look_again(judgement):
                    continue
                return await self._end_without_order(judgement)
            if self._case.policy.mode is Mode.SHADOW:
                self._dealt_with = DealtWith(self._looked_at)
                return await self._end_with(judgement, Outcome.SUGGESTED)
            self._looks_at_nothing = 0
            report = await self._place(judgement.allowed, snapshot)  # 4
            result = await self._confirm_verify_publish(judgement)  # 5, 6, 7
            if result is not None:
                return await self._tidy_up(judgement, result)
            if not self._stronger_waits():
                refresh = await self._prepare_next_attempt(judgement, report)
            if self._stronger_waits():
                return await self._end_with(judgement, outcome_when_giving_way(self._case))

    async def _take_snapshot(self, *, refresh: bool) -> Snapshot:
        """1: everything that the decision needs, in one read."""
        self._looked_at = workflow.now()
        self._journal.enter(Phase.SNAPSHOT, f"reading everything about {self._case.intent.symbol}")
        return await steps.take_snapshot(self._case.snapshot_request(refresh=refresh), self._on_wait)

    def _evaluate(self, snapshot: Snapshot) -> Evaluation:
        """2: what the kernel makes of it."""
        evaluation = evaluate_position(snapshot)
        completed_span("evaluate", attributes=evaluation.attributes())
        return evaluation

    def _guard(self, snapshot: Snapshot, evaluation: Evaluation) -> Judgement:
        """3: how much would be sent, and whether it may be."""
        case = self._case
        planned, unsizable = plan_or_reason(case, snapshot)
        permit = unsizable or permission(case, snapshot, evaluation, planned, workflow.now())
        case.memory.begin(planned, snapshot)
        judgement = Judgement(snapshot, evaluation, permit, planned)
        self._journal.judged(judgement, case.memory)
        completed_span("guard", attributes={"harvest.verdict": permit.verdict, "harvest.reasons": permit.reasons})
        return judgement

    async def _look_again(self, judgement: Judgement) -> bool:
        """One read that shows nothing to close is a question, not an answer: reads may lag (R52)."""
        if judgement.permit.decisive != "no_position":
            return False
        self._looks_at_nothing += 1
        if self._looks_at_nothing > 1 and await self._begin_anew(judgement):
            return True
        snapshot, looks = judgement.snapshot, self._looks_at_nothing
        look = await another_look(self._case, snapshot, self._looked_at, looks, self._may_be_set_aside)
        if look and looks > 1 and self._may_be_set_aside():
            self._continue_with_next(set_aside=(self._case.intent,))
        return look

    async def _begin_anew(self, judgement: Judgement) -> bool:
        """What the run began with may have been gone before it looked."""
        anew = await begun_anew(self._case, judgement, self._on_wait)
        self._case = anew or self._case
        return anew is not None

    async def _end_without_order(self, judgement: Judgement) -> CloseResult:
        """The guard sees nothing to send, or nothing more."""
        self._dealt_with = without_order(self._case, judgement, self._looked_at, self._ordered_at)
        if judgement.permit.decisive in ("no_position", "rung_already_done"):
            await self._settle_earlier(judgement)
        result = await self._end_with(judgement, outcome_without_permit(self._case, judgement))
        return await self._tidy_up(judgement, result)

    async def _place(self, planned: Plan, snapshot: Snapshot) -> SendReport:
        """4: send each order once. The first one that is not accepted ends the attempt."""
        case, self._ordered_at = self._case, self._looked_at
        case.memory.start_attempt(planned.attempt, snapshot.own_orders)
        report = None
        for ticket in tickets(case.meaning, planned, snapshot, case.policy):
            report = await self._send(ticket, planned, snapshot)
            if report.order is not None:
                case.memory.remember(report.order)
            if report.verdict is not Verdict.ACCEPTED:
                break
        if report is None:
            raise AssertionError("the guard allowed a plan without orders")
        return report

    async def _send(self, ticket: Ticket, planned: Plan, snapshot: Snapshot) -> SendReport:
        self._journal.sending(ticket, planned.attempt)
        report = await steps.place(ticket)
        self._journal.answered(report, settled=False)
        if settled := report.verdict is Verdict.UNKNOWN:
            signed = ticket.signed_at(report.signed_ms)
            report = await self._lost.settle(signed, planned.subject, snapshot, self._case.memory)
            self._journal.answered(report, settled=True)
        ended: dict[str, str | bool] = {"harvest.verdict": report.verdict, "harvest.settled": settled}
        completed_span(f"attempt {planned.attempt}", attributes={**ticket.attributes(), **ended})
        return report

    async def _confirm_verify_publish(self, judgement: Judgement) -> CloseResult | None:
        """5, 6, 7: the result once the position is where it should be; None if another attempt is needed."""
        memory = self._case.memory
        if not memory.anything_to_confirm:
            return None
        self._journal.enter(Phase.CONFIRM, "reading fills and position")
        begun, lagging = self._looked_at, 0
        while True:
            self._looked_at = workflow.now()
            request = conclude_request(self._case, judgement, hold_back=self._lost.earlier_open)
            conclusion = await steps.confirm_verify_publish(request, self._on_wait)
            for order in conclusion.orders:
                memory.remember(order)
            if conclusion.verified and self._lost.earlier_open:
                self._left_behind = conclusion.resting
                await self._tidy_up(judgement, conclusion.result)
                if await self._settle_earlier(judgement):
                    continue
            if conclusion.standing != "lagging":
                break
            lagging += 1
            self._on_wait(conclusion.problem, lagging)
            if lagging >= policies.LAGGING_LIMIT or await self._pause(policies.LAGGING_PAUSE, conclusion.problem):
                break
        if not conclusion.verified:
            return None
        self._left_behind = conclusion.resting
        self._dealt_with = after_orders(conclusion, begun, self._looked_at)
        if not conclusion.published:
            await self._publish(conclusion.result)
        return conclusion.result

    async def _settle_earlier(self, judgement: Judgement) -> bool:
        """A result says that nothing more will happen, so orders that runs before this one lost come to their end
        first. Whether that took a while."""
        if not self._lost.earlier_open:
            return False
        since = self._ordered_at or self._looked_at
        found = await self._lost.settle_earlier(lambda: self._inbox.decided_after(since))
        self._case.take_over(found or (), judgement.plan)
        return found is not None

    async def _end_with(self, judgement: Judgement, outcome: Outcome) -> CloseResult:
        """End so, whatever the position is, and account for every fill there was."""
        if not self._case.memory.executed:
            result = draft(self._case, judgement, outcome)
            await self._publish(result)
            return result
        request = conclude_request(self._case, judgement, final=outcome)
        conclusion = await steps.account_for_fills(request, self._on_wait)
        self._left_behind = conclusion.resting
        if not conclusion.published:
            await self._publish(conclusion.result)
        return conclusion.result

    async def _publish(self, *results: CloseResult) -> None:
        self._journal.enter(Phase.PUBLISH, ", ".join(result.outcome for result in results))
        await steps.publish(PublishRequest(results=results), self._on_wait)

    async def _tidy_up(self, judgement: Judgement, result: CloseResult) -> CloseResult:
        """A position that we closed leaves no stop behind (R56)."""
        if result.outcome in LEFT_FLAT and judgement.plan:
            left = self._left_behind or seen_in(judgement.snapshot, judgement.plan.subject)
            await sweep(left, self._journal, self._on_wait, self._stronger_waits)
        return result

    async def _prepare_next_attempt(self, judgement: Judgement, last: SendReport) -> bool:
        """React to how the attempt ended; returns whether rules and position mode are to be read anew."""
        then = next_step(last, self._case)
        if then.human:
            self._journal.call_human(then.human)
        if then.cancel_resting and judgement.plan:
            self._journal.cancelled(await clear_the_way(judgement.snapshot, judgement.plan.subject, self._on_wait))
        if then.pause:
            self._journal.waiting(f"the next attempt, in {then.pause}: {last.message}", then.times)
        await self._pause(then.pause, last.message)
        return then.refresh

    async def _pause(self, pause: timedelta, why: str) -> bool:
        """Wait, unless something stronger arrives; returns whether it did."""
        return await wait_unless(pause, self._stronger_waits, why)

    def _stronger_waits(self) -> bool:
        return self._inbox.has_stronger(self._case.running(), workflow.now())

    def _other_close_waits(self) -> bool:
        return self._inbox.has_other(self._case.running(), workflow.now(), Strength.FULL)

    def _may_be_set_aside(self) -> bool:
        """For something that is not to wait for this: nothing was done yet that would be forgotten."""
        untouched = not self._case.memory.attempts and len(self._inbox) <= MOST_CARRIED
        return untouched and self._inbox.has_other(self._case.running(), workflow.now())

    def _continue_with_next(self, set_aside: tuple[CloseIntent, ...] = ()) -> None:
        """Start over with the strongest decision that waits; the others keep waiting there."""
        intent, rest = self._inbox.next()
        rest = (*rest, *set_aside)
        workflow.continue_as_new(
            CloseRequest(intent=intent, policy=self._case.policy, waiting=rest, lost=self._lost.handed_on),
            search_attributes=start_attributes(intent, self._case.policy.account),
        )

    def _on_wait(self, what: str, times: int) -> None:
        """Something is away. A history that grows too long is begun anew; the decision is not given up."""
        self._journal.waiting(what, times)
        if times >= policies.HUMAN_AFTER_WAITS:
            self._journal.call_human(what)
        suggested = workflow.info().is_continue_as_new_suggested()
        if suggested and not self._lost.settling and len(self._inbox) <= MOST_CARRIED:
            case, waiting, lost = self._case, self._inbox.everything(), self._lost.handed_on
            workflow.continue_as_new(CloseRequest(intent=case.intent, policy=case.policy, waiting=waiting, lost=lost))

    @workflow.signal(name=SIGNAL_SUBMIT)
    def submit(self, intent: CloseIntent) -> None:
        """Another decision about this symbol, handed over by the bridge."""
        self._inbox.submit(intent, workflow.now())
