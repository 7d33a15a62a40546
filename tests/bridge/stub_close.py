"""A stand-in for the close workflow: it keeps what it is given until it is released."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from contracts.close import CloseRequest
    from contracts.intent import CloseIntent
    from contracts.names import CLOSE_WORKFLOW, SIGNAL_SUBMIT


@workflow.defn(name=CLOSE_WORKFLOW)
class StubClose:
    """One running close."""

    @workflow.init
    def __init__(self, request: CloseRequest) -> None:
        self._intents = [request.intent]
        self._released = False

    @workflow.run
    async def run(self, request: CloseRequest) -> list[CloseIntent]:
        """Everything that was decided while it ran."""
        del request
        await workflow.wait_condition(lambda: self._released)
        return self._intents

    @workflow.signal(name=SIGNAL_SUBMIT)
    def submit(self, intent: CloseIntent) -> None:
        """Another decision for the same symbol."""
        self._intents.append(intent)

    @workflow.signal
    def release(self) -> None:
        """End."""
        self._released = True

    @workflow.query
    def intents(self) -> list[CloseIntent]:
        """What it was given so far."""
        return self._intents
