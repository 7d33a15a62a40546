"""The records that others keep of positions, compared with the exchange and put right.

A Temporal Schedule starts it every minute. Nothing is changed on the word of one read: what a second one, a pause
later, shows as well is repaired, adopted or removed (R33, R47, R57). A run that is cut in between has changed nothing,
and what could not be read is a failed run, never "no positions".
"""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import MetricCounter
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.interfaces import Reconciling
    from contracts.names import RECONCILE_WORKFLOW
    from contracts.reconcile import ReconcileLook, ReconcileReport, ReconcileRequest, SettleRequest
    from workflows import policies

SETTLE_TIMEOUT: Final = timedelta(seconds=40)
"""It reads, and then changes one record after the other."""


@workflow.defn(name=RECONCILE_WORKFLOW)
class ReconcileWorkflow:
    """One run."""

    @workflow.run
    async def run(self, request: ReconcileRequest) -> ReconcileReport:
        """Look, wait, look again and put right what both looks show."""
        try:
            look = await self._compare(request)
            if look.findings or look.orphans:
                await workflow.sleep(request.pause, summary="is it still so?")
            report = await self._settle(request, look)
        except ActivityError as failed:
            raise _blind(str(failed.cause or failed)) from failed
        _count(report, look.unread)
        return report.model_copy(update={"lines": (*report.lines, *_not_looked_for(look))})

    async def _compare(self, request: ReconcileRequest) -> ReconcileLook:
        return await workflow.execute_activity_method(
            Reconciling.compare_records,
            request,
            start_to_close_timeout=policies.READ_ACCOUNT,
            schedule_to_close_timeout=policies.WITHIN_A_MINUTE,
            retry_policy=policies.A_FEW_TIMES,
            summary="records and exchange, first look",
        )

    async def _settle(self, request: ReconcileRequest, look: ReconcileLook) -> ReconcileReport:
        return await workflow.execute_activity_method(
            Reconciling.settle_records,
            SettleRequest(account=request.account, findings=look.findings, orphans=look.orphans),
            start_to_close_timeout=SETTLE_TIMEOUT,
            schedule_to_close_timeout=policies.WITHIN_A_MINUTE,
            retry_policy=policies.A_FEW_TIMES,
            summary=f"second look: {len(look.findings)} records, {len(look.orphans)} stops",
        )


def _blind(why: str) -> ApplicationError:
    """What could not be read is an alarm."""
    _runs().add(1, {"result": "blind"})
    workflow.logger.error("records are not compared with the exchange", extra={"why": why})
    message = f"records and exchange cannot be compared, so nothing is put right: {why}"
    return ApplicationError(message, type="ReconcileBlind", non_retryable=True)


def _not_looked_for(look: ReconcileLook) -> tuple[str, ...]:
    return (f"orphaned stops not looked for: {look.unread}",) if look.unread else ()


def _count(report: ReconcileReport, unread: str) -> None:
    """Also when it was complete the last time: one that runs no more is seen by the age of that (R83)."""
    meter = workflow.metric_meter()
    _runs().add(1, {"result": "without_stops" if unread else "complete"})
    if unread:
        workflow.logger.error("stops without a position are not looked for", extra={"why": unread})
    else:
        seen = meter.create_gauge("harvest_reconcile_last_run_timestamp_seconds", "last complete run, epoch")
        seen.set(int(workflow.now().timestamp()))
    changes = meter.create_counter("harvest_reconcile_changes", "records and stops by what was done, or would be")
    for what in ("adopted", "repaired", "purged", "stops_cancelled"):
        changes.add(getattr(report, what), {"what": what, "shadow": str(report.shadow).lower()})


def _runs() -> MetricCounter:
    return workflow.metric_meter().create_counter("harvest_reconcile_runs", "runs of the comparison by result")
