"""The safety net: one look at everything that the account holds, and a close for what is beyond its bounds.

A Temporal Schedule starts it every minute. It places no order itself: a position beyond a bound is handed to its
symbol's close, as any decision is. Nothing here needs Redis. What could not be read is a failed run and an alarm, never
"no positions": the original's fetch error was an empty list, and nobody noticed for days.
"""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.interfaces import Closes, Safety
    from contracts.flatten import HandOver
    from contracts.intent import CloseIntent
    from contracts.names import SAFETY_WORKFLOW
    from contracts.safety import MarginedPosition, Opening, SafetyLimits, SafetyReading, SafetyReport, SafetyRequest
    from kernel.errors import KernelError
    from kernel.safety import Breach, PositionFacts, SafetyBounds, breaches
    from workflows import policies

HAND_OVER_TIMEOUT: Final = timedelta(seconds=10)


@workflow.defn(name=SAFETY_WORKFLOW)
class SafetyWorkflow:
    """One check."""

    @workflow.run
    async def run(self, request: SafetyRequest) -> SafetyReport:
        """Look, hand over, and fail loudly if anything could not be read or handed over."""
        began = workflow.now()  # before the read: a position opened since is not what it was about
        reading = await self._read(request.account)
        problems: list[str] = []
        found = _beyond(reading, request.limits, problems)
        closing = await asyncio.gather(
            *(self._close(request.account, began, held, generation, hits, problems) for held, generation, hits in found)
        )
        if problems:
            _count("partial")
            raise ApplicationError("; ".join(problems), type="SafetyIncomplete", non_retryable=True)
        _count("complete")
        return SafetyReport(positions=len(reading.positions), closing=tuple(closing))

    async def _read(self, account: str) -> SafetyReading:
        try:
            reading = await workflow.execute_activity_method(
                Safety.read_for_safety,
                start_to_close_timeout=policies.READ_ACCOUNT,
                schedule_to_close_timeout=policies.WITHIN_A_MINUTE,
                retry_policy=policies.A_FEW_TIMES,
                summary="everything that the account holds",
            )
        except ActivityError as failed:
            raise _blind(str(failed.cause or failed)) from failed
        if reading.account != account:
            raise _blind(f"the worker on this task queue is for account {reading.account}")
        return reading

    async def _close(
        self,
        account: str,
        began: datetime,
        held: MarginedPosition,
        generation: int | None,
        hits: tuple[Breach, ...],
        problems: list[str],
    ) -> str:
        """Hand one position over; one that cannot be handed over does not keep the others waiting."""
        intent = _intent(account, began, held, generation, hits)
        line = f"{intent.symbol} {intent.side}: {intent.reason}"
        workflow.logger.warning("beyond the safety net's bounds", extra={"position": line})
        try:
            handed = await workflow.execute_activity_method(
                Closes.hand_over,
                HandOver(intent=intent, amount=held.position.amount),
                start_to_close_timeout=HAND_OVER_TIMEOUT,
                retry_policy=policies.A_FEW_TIMES,
                summary=line[:190],
            )
        except ActivityError as failed:
            problems.append(f"{line}: not handed over: {failed.cause or failed}")
            return line
        counter = workflow.metric_meter().create_counter("harvest_safety_closes", "positions beyond a bound, by rule")
        counter.add(1, {"rule": hits[0].rule, "how": handed.how})
        return f"{line}: {handed.how}"


def _beyond(
    reading: SafetyReading, limits: SafetyLimits, problems: list[str]
) -> list[tuple[MarginedPosition, int | None, tuple[Breach, ...]]]:
    """Every position that is beyond a bound; what cannot be judged is a problem, and stands in nobody's way."""
    found = []
    for held, opening in zip(reading.positions, reading.openings, strict=True):
        name = f"{held.position.symbol} {held.position.side}"
        if opening.problem:
            problems.append(f"{name}: its age is unknown: {opening.problem}")
        if held.problem:
            problems.append(f"{name}: its margin is unknown: {held.problem}")
        try:
            hits = breaches(_facts(held, opening, reading.exchange_time_ms), _bounds(limits))
        except KernelError as odd:
            problems.append(f"{name}: {odd}")
            continue
        if hits:
            found.append((held, opening.generation.opening_trade_id if opening.generation else None, hits))
    return found


def _facts(held: MarginedPosition, opening: Opening, now_ms: int) -> PositionFacts:
    known = opening.generation
    return PositionFacts(
        size=held.position.size,
        entry_price=held.position.entry_price,
        unrealized_pnl=held.position.unrealized_pnl,
        age_seconds=Decimal(max(0, now_ms - known.opened_at_ms)) / 1000 if known else None,
        maintenance_margin=held.maintenance_margin,
        margin_balance=held.margin_balance,
    )


def _bounds(limits: SafetyLimits) -> SafetyBounds:
    return SafetyBounds(
        max_loss=limits.max_loss,
        max_age_seconds=Decimal(limits.max_age // timedelta(seconds=1)),
        max_margin_ratio=limits.max_margin_ratio,
    )


def _intent(
    account: str, began: datetime, held: MarginedPosition, generation: int | None, hits: tuple[Breach, ...]
) -> CloseIntent:
    """The same position and rule have the same producer's id in every check: what is under way is not repeated."""
    position, rule = held.position, hits[0].rule
    name = f"{position.symbol}-{position.side}"
    return CloseIntent(
        entry_id=f"bsc-{workflow.info().run_id[:8]}-{name}",
        symbol=position.symbol,
        action="BSC_FORCE_CLOSE",
        decided_at=began,
        side=position.side,
        producer_id=f"bsc-{name}-{'unread' if generation is None else generation}-{rule}",
        account=account,
        intent_type="BSC_FORCE_CLOSE",
        source="bsc",
        urgency="EMERGENCY" if any(hit.emergency for hit in hits) else "",
        reason="; ".join(hit.reason for hit in hits),
        pnl_usd=position.unrealized_pnl,
        entry_price=position.entry_price,
        exit_price=position.mark_price,
    )


def _blind(why: str) -> ApplicationError:
    """What could not be read is an alarm."""
    _count("blind")
    workflow.logger.error("safety net is blind", extra={"why": why})
    message = f"the account cannot be read, so nobody knows what is beyond its bounds: {why}"
    return ApplicationError(message, type="AccountUnreadable", non_retryable=True)


def _count(result: str) -> None:
    """Also when it was complete the last time: a net that is no more is seen by the age of that (R83)."""
    meter = workflow.metric_meter()
    meter.create_counter("harvest_safety_checks", "checks of the safety net by result").add(1, {"result": result})
    if result == "complete":
        seen = meter.create_gauge("harvest_safety_last_check_timestamp_seconds", "last complete check, epoch")
        seen.set(int(workflow.now().timestamp()))
