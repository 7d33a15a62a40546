"""Orders whose answers were lost: until it is known what became of them, they may still execute."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from contracts.close import LookFacts, LookRequest
from contracts.order import OrderState, SendReport, Ticket, Verdict
from contracts.snapshot import Position, Snapshot
from contracts.status import Phase
from kernel.settle import fence_ms, pause_before_fence_ms
from workflows import steps
from workflows.decision import Memory
from workflows.journal import Journal
from workflows.reaction import wait_unless
from workflows.settling import HUMAN_AFTER_LOOKS, settle_order
from workflows.steps import OnWait


class LostOrders:
    """Those of this run, and those that the runs before it gave up for something stronger.

    Args:
        earlier: what the runs before gave up.
        stronger_waits: whether this run is to give way, too.
        other_waits: whether a full close waits that this run does not cover.
        on_wait: told what is being waited for.
    """

    def __init__(
        self,
        earlier: Sequence[LookRequest],
        journal: Journal,
        stronger_waits: Callable[[], bool],
        other_waits: Callable[[], bool],
        on_wait: OnWait,
    ) -> None:
        self._earlier = list(earlier)
        self._given_up: list[LookRequest] = []
        self._journal = journal
        self._stronger_waits = stronger_waits
        self._other_waits = other_waits
        self._on_wait = on_wait
        self.settling = False
        """The run may not be begun anew meanwhile: what it settles, or has found, lives in this history."""

    @property
    def earlier_open(self) -> bool:
        """Whether an order of a run before may still execute, and this run is to find out."""
        return bool(self._earlier)

    @property
    def handed_on(self) -> tuple[LookRequest, ...]:
        """What the next run is to find out."""
        return (*self._earlier, *self._given_up)

    async def settle(self, ticket: Ticket, subject: Position, snapshot: Snapshot, memory: Memory) -> SendReport:
        """Find out, never send again. UNKNOWN only where it was given up for a stronger decision."""
        name = ticket.client_order_id
        self._journal.enter(Phase.SETTLE, f"what became of {name}?")
        request = _look_request(ticket, snapshot, memory)
        size = subject.size - memory.executed_in_attempt
        self.settling = True
        report = await settle_order(request, size, self._stronger_waits, self._on_look, self._on_wait)
        self.settling = False
        self._earlier = [each for each in self._earlier if each.ticket.client_order_id != name]
        if report.verdict is Verdict.UNKNOWN:
            self._given_up.append(request)
        return report

    async def settle_earlier(self, decided_since: Callable[[], bool]) -> tuple[OrderState, ...] | None:
        """What the earlier runs' orders executed, once none of them can execute any more.

        None if another decision is not to wait for that, and the next run has to find out: a full close that this run
        does not cover, or, if the position is open again, one that was ``decided_since``.
        """
        self.settling = True
        looks: list[LookFacts] = []
        for request in self._earlier:
            facts = await self._look_until_the_fence(request, decided_since)
            if facts is None:
                break
            looks.append(facts)
        interrupted = len(looks) < len(self._earlier)
        self._given_up, self._earlier = [*(self._earlier if interrupted else ()), *self._given_up], []
        self.settling = False
        executed = (each.order for each in looks if each.order is not None and each.order.executed_quantity)
        return None if interrupted else tuple(executed)

    async def _look_until_the_fence(self, request: LookRequest, decided_since: Callable[[], bool]) -> LookFacts | None:
        """The look that shows the order's end, or the first one past its fence; None if interrupted."""
        ticket = request.ticket
        self._journal.enter(Phase.SETTLE, f"what became of {ticket.client_order_id}, sent for a decision before?")
        fence, looks = fence_ms(ticket.timestamp_ms, ticket.recv_window_ms), 0
        while True:
            facts, looks = await steps.look(request, self._on_wait), looks + 1
            if facts.exchange_time_ms > fence or (facts.order is not None and facts.order.final):
                return facts
            why = f"{ticket.client_order_id} may still execute"
            self._on_look(why, looks)
            pause = timedelta(milliseconds=pause_before_fence_ms(looks, facts.exchange_time_ms, fence))
            reopened = facts.position_amount != 0
            if await wait_unless(pause, lambda: self._other_waits() or (reopened and decided_since()), why):  # noqa: B023
                return None

    def _on_look(self, reason: str, looks: int) -> None:
        self._journal.waiting(f"proof of what became of the order: {reason}", looks)
        if looks >= HUMAN_AFTER_LOOKS:
            self._journal.call_human(f"an order's outcome cannot be proven: {reason}")


def _look_request(ticket: Ticket, snapshot: Snapshot, memory: Memory) -> LookRequest:
    """What is news about the position that the ticket was made from."""
    return LookRequest(
        ticket=ticket,
        after_trade_id=snapshot.last_trade_id,
        after_ms=snapshot.subject_as_of_ms,
        known_order_ids=memory.order_ids,
    )
