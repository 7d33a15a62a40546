"""Closing everything, now: one emergency close for each position, until the exchange shows none.

Each position goes to its symbol's close, so what is under way is joined and nothing is doubled. What the exchange
refuses, what a worker's death interrupts and what somebody opens meanwhile is handed over again. New risk is halted by
the original's own switch, beside the closing: neither waits for the other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.interfaces import Closes, Flattening
    from contracts.flatten import (
        FlattenLine,
        FlattenRequest,
        FlattenStatus,
        HaltRequest,
        HandOver,
        LineState,
        Survey,
    )
    from contracts.intent import CloseIntent
    from contracts.mode import Mode
    from contracts.names import FLATTEN_WORKFLOW, QUERY_STATUS
    from workflows import policies, steps
    from workflows.flatten_lines import handed, seen

S = TypeVar("S")
P = TypeVar("P")
T = TypeVar("T")

AT_ONCE: Final = 20
"""Closes that are started side by side; the exchange's own limits are kept where orders are sent."""
CLEAN_READS: Final = 2
"""Reads in a row without a position, before the account is called flat (R52)."""
PAUSE_FIRST: Final = timedelta(milliseconds=250)
PAUSE_MOST: Final = timedelta(seconds=2)
HAND_OVER_TIMEOUT: Final = timedelta(seconds=10)


@workflow.defn(name=FLATTEN_WORKFLOW)
class FlattenWorkflow:
    """One order to flatten an account."""

    @workflow.init
    def __init__(self, request: FlattenRequest) -> None:
        self._request = request
        self._lines = {line.name: line for line in request.lines}
        self._clean = 0
        self._idle = 0
        self._status = FlattenStatus(
            account=request.account,
            reason=request.reason,
            issued_by=request.issued_by,
            event_id=request.event_id,
            started_at=request.started_at or workflow.now(),
            halted=request.halted,
        )

    @workflow.run
    async def run(self, request: FlattenRequest) -> FlattenStatus:  # noqa: ARG002 - read in __init__
        """Return when the exchange shows no position and new risk is halted, or when there is nothing to be done."""
        halting = asyncio.create_task(self._halt())
        await self._close_everything()
        halting.cancel()
        self._set(ended_at=workflow.now())
        _log("flattened" if self._status.flat else "not flat", self._status)
        await self._patiently(Flattening.tell_flattened, self.status(), "the report")
        return self.status()

    @workflow.query(name=QUERY_STATUS)
    def status(self) -> FlattenStatus:
        """How far is it?"""
        return self._status.model_copy(update={"lines": tuple(self._lines.values())})

    async def _close_everything(self) -> None:
        while True:
            survey = await steps.patiently(_survey, self._on_wait)
            self._saw(survey)
            if self._cannot(survey):
                return
            if self._status.flat and self._status.halted:
                return
            if survey.positions and not self._left() and self._status.halted:
                self._set(waiting_for="nothing: what is left is smaller than the exchange accepts")
                return
            if survey.positions and not survey.frozen_by:
                await self._hand_over_all()
            await self._pause()
            self._begin_anew_if_long()

    def _cannot(self, survey: Survey) -> bool:
        """Whether this worker is not the one for it (R63)."""
        why = "the worker is in shadow mode and sends no orders" if survey.mode is Mode.SHADOW else ""
        if survey.account != self._request.account:
            why = f"the worker on this task queue is for account {survey.account}"
        if why:
            self._set(waiting_for=f"nothing: {why}", flat=False)
        return bool(why)

    def _saw(self, survey: Survey) -> None:
        """Take in one read of the account."""
        before = dict(self._lines)
        self._lines = seen(self._lines, survey.positions)
        self._idle = 0 if self._lines != before else self._idle + 1
        self._clean = 0 if survey.positions else self._clean + 1
        frozen = f"a human to unfreeze the closes: {survey.frozen_by}" if survey.frozen_by else ""
        if frozen and self._status.waiting_for != frozen:
            workflow.logger.error("closes are frozen, nothing can be flattened", extra={"frozen_by": survey.frozen_by})
        self._set(flat=self._clean >= CLEAN_READS, reads=self._status.reads + 1, waiting_for=frozen)

    async def _hand_over_all(self) -> None:
        """The most urgent first, a handful side by side."""
        left = self._left()
        for start in range(0, len(left), AT_ONCE):
            await asyncio.gather(*(self._hand_over(line) for line in left[start : start + AT_ONCE]))

    def _left(self) -> list[FlattenLine]:
        """What is there and can be closed."""
        return [line for line in self._lines.values() if line.state not in (LineState.FLAT, LineState.DUST)]

    async def _hand_over(self, line: FlattenLine) -> None:
        intent = self._intent(line)
        request = HandOver(intent=intent, amount=line.amount)
        self._lines[line.name] = handed(line, await self._patiently(Closes.hand_over, request, f"close {line.name}"))

    def _intent(self, line: FlattenLine) -> CloseIntent:
        """A close that ended without success is followed by one with a new name: an answered one is not repeated."""
        whole = workflow.info().workflow_id
        return CloseIntent(
            entry_id=f"{whole}-{line.symbol}-{line.side}-{line.tries + 1}",
            symbol=line.symbol,
            action="PANIC_CLOSE",
            decided_at=workflow.now(),
            side=line.side,
            producer_id=f"{whole}-{self._request.event_id}",
            account=self._request.account,
            intent_type="PANIC_CLOSE",
            source=self._request.issued_by,
            urgency="EMERGENCY",
            reason=f"emergency_flatten: {self._request.reason}",
        )

    async def _halt(self) -> None:
        """Set the switch against new risk, however long Redis is away."""
        if self._status.halted:
            return
        by = f"harvest flatten ({self._request.issued_by})"
        request = HaltRequest(
            account=self._request.account, reason=self._request.reason, by=by, at=self._status.started_at
        )
        halted = await self._patiently(Flattening.halt_new_risk, request, "halt new risk")
        self._set(halted=halted)

    async def _pause(self) -> None:
        """Short while something happens, longer while nothing does."""
        await workflow.sleep(steps.doubling(PAUSE_FIRST, PAUSE_MOST, self._idle + 1))

    def _begin_anew_if_long(self) -> None:
        if workflow.info().is_continue_as_new_suggested():
            known = {"lines": tuple(self._lines.values()), "started_at": self._status.started_at}
            workflow.continue_as_new(self._request.model_copy(update={**known, "halted": self._status.halted}))

    async def _patiently(self, method: Callable[[S, P], Awaitable[T]], request: P, summary: str) -> T:
        return await steps.patiently(
            lambda: workflow.execute_local_activity_method(
                method,
                request,
                start_to_close_timeout=HAND_OVER_TIMEOUT,
                retry_policy=policies.READ_QUICKLY,
                summary=summary,
            ),
            self._on_wait,
        )

    def _on_wait(self, what: str, times: int) -> None:
        self._set(waiting_for=what)
        workflow.logger.warning("flatten waits", extra={"waiting_for": what, "times": times})

    def _set(self, **changed: object) -> None:
        self._status = self._status.model_copy(update=changed)


async def _survey() -> Survey:
    return await workflow.execute_local_activity_method(
        Flattening.survey_account,
        start_to_close_timeout=policies.READ_TIMEOUT,
        retry_policy=policies.READ_QUICKLY,
        summary="every position of the account",
    )


def _log(what: str, status: FlattenStatus) -> None:
    workflow.logger.warning(what, extra={"positions": len(status.lines), "issued_by": status.issued_by})
    counter = workflow.metric_meter().create_counter("harvest_flattens", "orders to flatten the account, by result")
    counter.add(1, {"flat": str(status.flat).lower()})
