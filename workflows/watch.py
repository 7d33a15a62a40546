"""The watch over one account, kept alive: an activity that beats, begun anew whenever it ends, on whichever worker."""

from temporalio import workflow

from activities.interfaces import Watching
from contracts.names import QUERY_STATUS, WATCH_SEEN, WATCH_WORKFLOW
from contracts.watch import WatchRequest, WatchStatus
from workflows import policies


@workflow.defn(name=WATCH_WORKFLOW)
class WatchWorkflow:
    """One running watch per account. It decides nothing: decisions are made in the activity, from what it just read."""

    @workflow.init
    def __init__(self, request: WatchRequest) -> None:
        self._request = request
        self._status = request.last or WatchStatus(account=request.account)

    @workflow.run
    async def run(self, request: WatchRequest) -> None:
        """Watch until cancelled."""
        while not workflow.info().is_continue_as_new_suggested():
            turn = request.model_copy(update={"last": self._status})
            self._status = await workflow.execute_activity_method(
                Watching.watch_account,
                turn,
                start_to_close_timeout=policies.WATCH_TURN_TIMEOUT,
                heartbeat_timeout=policies.WATCH_SILENCE,
                retry_policy=policies.WATCH_AGAIN,
            )
        workflow.continue_as_new(WatchRequest(account=request.account, last=self._status))

    @workflow.signal(name=WATCH_SEEN)
    def seen(self, status: WatchStatus) -> None:
        """Something has changed since the turn began."""
        self._status = status

    @workflow.query(name=QUERY_STATUS)
    def status(self) -> WatchStatus:
        """The last pass that is known here: of the end of a turn, or of the latest change."""
        return self._status
