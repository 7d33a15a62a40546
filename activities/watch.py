"""The watch as an activity: passes, one after the other, as long as its turn lasts."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.interfaces import Watching
from activities.watch_pass import WatchParts, WatchPass
from activities.watch_vitals import WatchVitals
from contracts.names import WATCH_SEEN
from contracts.watch import WatchRequest, WatchStatus

BEAT_SECONDS: Final = 1.0
TELL_SECONDS: Final = 5.0
"""Changes are told no more often: each is an event of the workflow's history."""
PASS_PATIENCE_SECONDS: Final = 30.0
TELL_PATIENCE: Final = timedelta(seconds=4)
_ELSEWHERE: Final = timedelta(seconds=2)
"""Until another worker is asked to watch, where this one is not to."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WatchTurn:
    """How a worker watches."""

    enabled: bool
    interval: timedelta
    lasts: timedelta
    """A turn; its end is a point in the workflow's history, and the next one begins at once."""
    build: str
    shadow: bool


class AccountWatch(Watching):
    """Watches one account over the exchange's ports."""

    def __init__(self, parts: WatchParts, turn: WatchTurn) -> None:
        self._parts = parts
        self._turn = turn
        self._passes: dict[str, WatchPass] = {}
        self._telling: asyncio.Task[None] | None = None

    @activity.defn(name="watch_account")
    async def watch_account(self, request: WatchRequest) -> WatchStatus:
        """See :class:`activities.interfaces.Watching`."""
        if not self._turn.enabled:
            raise ApplicationError(
                "this worker is not to watch: set HARVEST_WATCH=true, or end the watch for good with"
                f" temporal workflow cancel --workflow-id {activity.info().workflow_id}",
                type="WatchSwitchedOff",
                next_retry_delay=_ELSEWHERE,
            )
        beats = asyncio.create_task(_beat())
        try:
            return await self._watch(request)
        finally:
            beats.cancel()

    async def _watch(self, request: WatchRequest) -> WatchStatus:
        """Passes until the turn is over or the worker is asked to stop; then another worker goes on at once."""
        loop = asyncio.get_running_loop()
        passes = self._taken_over(request.account)
        vitals = WatchVitals(activity.metric_meter())
        ends, told, tell_from = loop.time() + self._turn.lasts.total_seconds(), _gist(request.last), 0.0
        while True:
            begun = loop.time()
            status = await _one(passes)
            vitals.show(status, passes.evaluated)
            if _gist(status) != told and loop.time() >= tell_from:
                told, tell_from = _gist(status), loop.time() + TELL_SECONDS
                self._telling = asyncio.create_task(_tell(status))  # a pass does not wait for Temporal
            await _rest(begun + self._turn.interval.total_seconds() - loop.time())
            if loop.time() >= ends or activity.is_worker_shutdown():
                return status

    def _taken_over(self, account: str) -> WatchPass:
        """What this worker knows from an earlier turn, with the memories of whoever had the latest one."""
        if account not in self._passes:
            self._passes[account] = WatchPass(self._parts, account, self._turn.build, shadow=self._turn.shadow)
        self._passes[account].forget_memories()
        return self._passes[account]


async def _one(passes: WatchPass) -> WatchStatus:
    try:
        async with asyncio.timeout(PASS_PATIENCE_SECONDS):
            return await passes.run()
    except TimeoutError:
        return passes.blind(f"a pass took longer than {PASS_PATIENCE_SECONDS:g} s")


async def _beat() -> None:
    """Tell the server that this worker lives: it is a pass that may take long, not the beat."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT_SECONDS)


async def _rest(seconds: float) -> None:
    """Wait for the next pass, or for the worker to be stopped."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await activity.wait_for_worker_shutdown()


async def _tell(status: WatchStatus) -> None:
    """Say at once what has changed; whoever asks the workflow would else see the last turn's end."""
    try:
        handle = activity.client().get_workflow_handle(activity.info().workflow_id or "")
        await handle.signal(WATCH_SEEN, status, rpc_timeout=TELL_PATIENCE)
    except RPCError as failed:
        _log.warning("the watch's status could not be told", error=str(failed)[:200])


def _gist(status: WatchStatus | None) -> Sequence[object]:
    """What is worth telling at once."""
    if status is None:
        return ()
    positions = [
        (each.symbol, each.side, each.generation, each.rule, each.rungs_taken, each.waiting, each.problem, each.config)
        for each in status.positions
    ]
    return (status.readable, status.worker, *positions)
