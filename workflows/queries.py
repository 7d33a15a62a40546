"""What ``temporal workflow query`` may ask of a close, while it runs and after it ended. Plain JSON."""

from temporalio import workflow

from contracts.names import QUERY_ATTEMPTS, QUERY_DECISION, QUERY_STATUS, QUERY_TIMELINE
from contracts.status import AttemptView, CloseStatus, DecisionView, TimelineEntry
from workflows.inbox import Inbox
from workflows.journal import Journal


class CloseQueries:
    """The queries of the close workflow; each reads, none changes anything."""

    _journal: Journal
    _inbox: Inbox

    @workflow.query(name=QUERY_STATUS)
    def status(self) -> CloseStatus:
        """What is this close doing right now?"""
        return self._journal.status.model_copy(update={"waiting_decisions": len(self._inbox)})

    @workflow.query(name=QUERY_DECISION)
    def decision(self) -> DecisionView:
        """What was decided, from what, and why?"""
        return self._journal.decision

    @workflow.query(name=QUERY_ATTEMPTS)
    def attempts(self) -> list[AttemptView]:
        """Every ticket and what came of it."""
        return self._journal.attempts

    @workflow.query(name=QUERY_TIMELINE)
    def timeline(self) -> list[TimelineEntry]:
        """Everything that happened, in order."""
        return self._journal.timeline
