"""One workflow holds the stops of a symbol: places them, moves them towards the price, fits them and clears them away.

A new stop is placed and seen to rest before the old one is cancelled, so the position is never without. What rests at
the exchange is the truth: everything is read anew before anything is sent, and this workflow may be lost at any time.
"""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from contracts.close import PublishRequest
    from contracts.intent import CloseIntent
    from contracts.names import MOVE_STOP_WORKFLOW, QUERY_STATUS, SIGNAL_SUBMIT, STOP_LOOK
    from contracts.order import Verdict
    from contracts.resting import CancelRequest
    from contracts.result import Outcome
    from contracts.stop import GuardedPosition, MoveStopRequest, StopReport, StopsRequest, StopStatus, StopsView
    from kernel.errors import KernelError
    from kernel.stop_order import StopMove
    from workflows import policies, steps, stop_steps
    from workflows.stop_answers import close_beyond_stop, stop_answer
    from workflows.stop_case import again, arrangement, level_of, orphans, stop_ticket
    from workflows.stop_judgement import StopJudgement, judge_refusal, judge_stop
    from workflows.stop_pace import AT_EASE, pause_after

MOST_TRIES: Final = 8
_STAYS_OWED: Final = "a-stop-swept-away-is-owed-until-it-rests"


@workflow.defn(name=MOVE_STOP_WORKFLOW)
class MoveStopWorkflow:
    """Ends when there is nothing of ours left to look after."""

    @workflow.init
    def __init__(self, request: MoveStopRequest) -> None:
        self._symbol, self._policy = request.symbol, request.policy
        self._waiting: list[CloseIntent] = []
        for intent in request.waiting:
            self.submit(intent)
        self._known = {held.position.side: held for held in request.known}
        self._guarding = bool(request.known)
        self._closed_some = False
        self._owed = request.owed
        self._looks = 0 if request.owed else AT_EASE
        self._doubtful = 0
        self._waiting_for = ""

    @workflow.run
    async def run(self, request: MoveStopRequest) -> None:  # noqa: ARG002 - read in __init__
        """Carry out what arrives; in between look after what rests."""
        while True:
            while self._waiting:
                await self._carry_out(self._waiting[0])
                del self._waiting[0]
                self._waiting_for = ""
            if not self._guarding and not self._doubtful:
                return
            self._begin_anew_if_long()
            await self._rest()
            if not self._waiting:
                await self._patrol()

    async def _carry_out(self, intent: CloseIntent) -> None:
        try:
            judgement = await self._move(intent)
        except ApplicationError as unknown_symbol:
            judgement = StopJudgement(Outcome.BLOCKED, "unknown_symbol", error=unknown_symbol.message)
        except KernelError as odd:
            judgement = StopJudgement(Outcome.BLOCKED, "cannot_be_sized", error=str(odd))
        held, level, close = judgement.held, judgement.level, None
        if held and level is not None and judgement.outcome is Outcome.SUPERSEDED:
            close = await self._close_now(held, level, intent.entry_id, intent)
        answer = stop_answer(intent, self._policy, judgement, close)
        await steps.publish(PublishRequest(results=(answer,)), self._on_wait)

    async def _move(self, intent: CloseIntent) -> StopJudgement:
        view, judgement = await self._judge(intent)
        if judgement.held is None or judgement.level is None or judgement.outcome is not None:
            return judgement
        return await self._establish(judgement.held, judgement.level, view, replace_others=True)

    async def _judge(self, intent: CloseIntent) -> tuple[StopsView, StopJudgement]:
        """One read that shows no position is a question, not an answer: reads may lag (R52)."""
        for last in (False, True):
            view = await self._read(intent.entry_id)
            judgement = judge_stop(intent, self._policy, view, workflow.now())
            if last or judgement.reason != "no_position":
                break
            await workflow.sleep(policies.SECOND_LOOK, summary="is it really flat?")
        self._guarding = self._guarding or self._rests(view)
        return view, judgement

    async def _establish(
        self, held: GuardedPosition, level: Decimal, view: StopsView, *, replace_others: bool
    ) -> StopJudgement:
        """Let exactly our stop rest at this level for all of the position, and then cancel what it replaces."""
        said = ""
        for times in range(1, MOST_TRIES + 1):
            wanted = arrangement(held, level, view, replace_others=replace_others)
            report = await self._place(held, level, wanted.place, view)
            if report is None:
                await self._cancel(wanted.cancel)
                self._hold(held, level)
                return StopJudgement(None, StopMove.TIGHTER.value, held, level)
            said = report.message
            if refused := judge_refusal(report):
                return StopJudgement(refused.outcome, refused.reason, held, level, refused.error)
            pause = steps.doubling(policies.ATTEMPT_PAUSE_FIRST, policies.ATTEMPT_PAUSE_MOST, times)
            await workflow.sleep(max(pause, timedelta(milliseconds=report.retry_after_ms)), summary=said[:190])
            view = await self._read(refresh=times > 1)
            now = again(held, view)
            if now is None:
                return StopJudgement(Outcome.ALREADY_FLAT, "no_position", held, level)
            held = now
        return StopJudgement(Outcome.BLOCKED, "stop_refused", held, level, said)

    async def _place(
        self, held: GuardedPosition, level: Decimal, quantities: tuple[Decimal, ...], view: StopsView
    ) -> StopReport | None:
        """Send each once; the first one that does not rest ends it. None if all do."""
        for quantity in quantities:
            held = self._next(held)
            ticket = stop_ticket(held, level, quantity, view, self._policy)
            report = await stop_steps.place(ticket)
            if report.verdict is Verdict.UNKNOWN:
                self._look_often(doubtful=True)
            if report.verdict is not Verdict.REFUSED:
                report = await stop_steps.find(ticket, self._on_wait)
            if not (report.stop and report.stop.resting):
                return report
        return None

    async def _cancel(self, algo_ids: tuple[int, ...]) -> None:
        """What the new stop replaces, and only what was seen to rest before it."""
        if algo_ids:
            await steps.cancel_resting(CancelRequest(symbol=self._symbol, algo_ids=algo_ids), self._on_wait)

    async def _close_now(
        self, held: GuardedPosition, level: Decimal, occasion: str, intent: CloseIntent | None
    ) -> CloseIntent:
        request = close_beyond_stop(self._policy.account, held, level, occasion, intent)
        await stop_steps.hand_over(request)
        self._look_often(doubtful=False)
        return request.intent

    async def _patrol(self) -> None:
        """Fit what rests to what the position is by now, and clear away what it left behind."""
        restore = self._closed_some or self._owed
        self._closed_some = self._owed = False
        self._looks, self._doubtful = self._looks + 1, max(0, self._doubtful - 1)
        view = await self._glance()
        if view is None or view.shadow:
            if restore and view is None and not self._owe():
                self._closed_some = True
            return
        gone = await self._clear_away(orphans(view))
        kept = [await self._keep(held, view, restore=restore) for held in view.positions]
        self._guarding = any(kept) or not gone

    async def _clear_away(self, orphaned: frozenset[int]) -> bool:
        """Cancel stops whose position is gone, once a second look says so too; whether none is left."""
        if not orphaned:
            return True
        await workflow.sleep(policies.SECOND_LOOK, summary="is it really gone?")
        view = await self._glance()
        if view is None:
            return False
        still = orphaned & orphans(view)
        await self._cancel(tuple(sorted(still)))
        return still == orphaned

    async def _keep(self, held: GuardedPosition, view: StopsView, *, restore: bool) -> bool:
        """Fit our stop to the position; returns whether there is one to look after.

        A stop that somebody cancelled stays so, unless a close of ours did: a close clears what stands in its way. One
        that fired and did not close everything is put back; beyond its price that is refused, and all the rest goes.
        """
        level = level_of(held, view)
        swept = level is None and (restore or held.ended_by_itself)
        level = held.level if swept else level
        if level is None:
            return False
        if not await self._fit(held, level, view) and swept:
            self._owe()
        return True

    async def _fit(self, held: GuardedPosition, level: Decimal, view: StopsView) -> bool:
        """Whether what rests is as it should be, or will be; not while a human freezes, or the exchange refuses."""
        if view.frozen:
            return False
        try:
            if arrangement(held, level, view, replace_others=False).nothing:
                self._hold(held, level)
                return True
            ended = await self._establish(held, level, view, replace_others=False)
        except (KernelError, ApplicationError) as odd:
            self._on_wait(str(odd), 1)
            return False
        if ended.outcome is Outcome.SUPERSEDED:
            await self._close_now(held, level, str(self._known[held.position.side].sequence), None)
        elif ended.outcome is Outcome.BLOCKED:
            workflow.logger.warning("stop not fitted to its position", extra={"why": ended.error or ended.reason})
        return ended.outcome is not Outcome.BLOCKED

    def _owe(self) -> bool:
        """Remember that a stop which a close swept away does not rest again yet; whether this run can."""
        self._owed = workflow.patched(_STAYS_OWED)
        return self._owed

    async def _rest(self) -> None:
        pause = pause_after(self._looks, owed=self._owed)
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: bool(self._waiting or self._closed_some), timeout=pause)

    async def _read(self, entry_id: str = "", *, refresh: bool = False) -> StopsView:
        request = self._request().model_copy(update={"entry_id": entry_id, "refresh": refresh})
        return self._learn(await stop_steps.read(request, self._on_wait))

    async def _glance(self) -> StopsView | None:
        """A read that nobody waits for; None if it did not succeed."""
        try:
            return self._learn(await stop_steps.glance(self._request().model_copy(update={"background": True})))
        except FailureError as failed:
            if is_cancelled_exception(failed):
                raise
            self._on_wait(str(failed), 1)
            return None

    def _request(self) -> StopsRequest:
        return StopsRequest(account=self._policy.account, symbol=self._symbol, known=tuple(self._known.values()))

    def _learn(self, view: StopsView) -> StopsView:
        self._waiting_for = ""
        for held in view.positions:
            level = level_of(held, view) or held.level
            self._known[held.position.side] = held.model_copy(update={"level": level})
        if orphans(view):
            self._look_often(doubtful=False)
        return view

    def _next(self, held: GuardedPosition) -> GuardedPosition:
        """With a number that no stop of this position ever had."""
        used = self._known[held.position.side].sequence
        numbered = held.model_copy(update={"sequence": max(used, held.sequence) + 1})
        self._known[held.position.side] = numbered
        return numbered

    def _hold(self, held: GuardedPosition, level: Decimal) -> None:
        latest = self._known[held.position.side]
        self._known[held.position.side] = latest.model_copy(update={"level": level})
        self._guarding = True

    def _rests(self, view: StopsView) -> bool:
        if view.shadow:
            return False
        return bool(orphans(view)) or any(level_of(held, view) is not None for held in view.positions)

    def _look_often(self, *, doubtful: bool) -> None:
        """A request that came late may still show up, and a close changes what there is to protect."""
        self._looks = 0
        self._doubtful = AT_EASE if doubtful else self._doubtful

    def _begin_anew_if_long(self) -> None:
        if workflow.info().is_continue_as_new_suggested():
            known, owed = tuple(self._known.values()), self._owed or self._closed_some
            request = MoveStopRequest(symbol=self._symbol, policy=self._policy, known=known, owed=owed)
            workflow.continue_as_new(request)

    def _on_wait(self, what: str, times: int) -> None:
        self._waiting_for = f"{what} ({times})"

    @workflow.signal(name=SIGNAL_SUBMIT)
    def submit(self, intent: CloseIntent) -> None:
        """A decision about the stop, handed over by the bridge. The same entry again is nothing new."""
        if intent.entry_id not in {known.entry_id for known in self._waiting}:
            accepted = intent.accepted_at or workflow.now()
            self._waiting.append(intent.model_copy(update={"accepted_at": accepted}))

    @workflow.signal(name=STOP_LOOK)
    def look(self) -> None:
        """A close of ours changed the position."""
        self._closed_some = True
        self._looks = 0

    @workflow.query(name=QUERY_STATUS)
    def status(self) -> StopStatus:
        """What is this workflow doing right now?"""
        return StopStatus(
            workflow_id=workflow.info().workflow_id,
            symbol=self._symbol,
            account=self._policy.account,
            guarding=tuple(self._known.values()) if self._guarding else (),
            waiting_for=self._waiting_for,
            waiting_decisions=len(self._waiting),
        )
