"""The safety net's schedule: there while it is switched on, gone while it is off."""

from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client

from contracts.names import SAFETY_WORKFLOW, safety_schedule_id
from contracts.safety import SafetyLimits, SafetyRequest
from runtime.schedule import ensure_schedule, remove_schedule
from runtime.settings import Settings

SAFETY_EVERY: Final = timedelta(seconds=60)

_log = structlog.get_logger(__name__)


async def arrange_safety(client: Client, settings: Settings) -> None:
    """Make the schedule or take it away, and say which."""
    schedule_id = safety_schedule_id(settings.account)
    if not settings.safety_on:
        removed = await remove_schedule(client, schedule_id)
        tell = _log.warning if removed or settings.safety is False else _log.info
        tell("no safety net", account=settings.account, removed=removed)
        return
    limits = SafetyLimits(
        max_loss=settings.safety_max_loss,
        max_age=settings.safety_max_age,
        max_margin_ratio=settings.safety_max_margin_ratio,
    )
    request = SafetyRequest(account=settings.account, limits=limits)
    await ensure_schedule(client, schedule_id, SAFETY_WORKFLOW, request, settings.task_queue, SAFETY_EVERY)
    bounds = {"loss": str(limits.max_loss), "age": str(limits.max_age), "margin_ratio": str(limits.max_margin_ratio)}
    _log.info("safety net is up", account=settings.account, **bounds)
