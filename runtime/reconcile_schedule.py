"""The schedule that keeps records true: there while it is switched on, gone while it is off."""

from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client

from contracts.names import RECONCILE_WORKFLOW, reconcile_schedule_id
from contracts.reconcile import ReconcileRequest
from runtime.schedule import ensure_schedule, remove_schedule
from runtime.settings import Settings

RECONCILE_EVERY: Final = timedelta(seconds=60)

_log = structlog.get_logger(__name__)


async def arrange_reconcile(client: Client, settings: Settings) -> None:
    """Make the schedule or take it away, and say which."""
    schedule_id = reconcile_schedule_id(settings.account)
    if not settings.reconcile_on:
        removed = await remove_schedule(client, schedule_id)
        tell = _log.warning if removed else _log.info
        tell("records are not compared with the exchange", account=settings.account, removed=removed)
        return
    request = ReconcileRequest(account=settings.account, stops=settings.reconcile_stops)
    await ensure_schedule(client, schedule_id, RECONCILE_WORKFLOW, request, settings.task_queue, RECONCILE_EVERY)
    _log.info("records are kept true", account=settings.account, mode=settings.mode.value)
