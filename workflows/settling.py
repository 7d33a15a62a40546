"""When the answer to a send is lost: look until the exchange has proven what became of it (DESIGN idea 3)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from contracts.close import LookFacts, LookRequest
from contracts.order import OrderState, Reaction, SendReport, Verdict
from kernel.settle import Look, Settlement, SettleStep, settle
from workflows import steps
from workflows.reaction import wait_unless
from workflows.steps import OnWait

LONGEST_PAUSE = timedelta(seconds=30)
HUMAN_AFTER_LOOKS = 40
"""Looks without proof after which a human is called (about half a minute). We keep looking, ever more rarely."""


async def settle_order(
    request: LookRequest,
    size_before: Decimal,
    interrupted: Callable[[], bool],
    on_look: Callable[[str, int], None],
    on_wait: OnWait,
) -> SendReport:
    """Resolve an unknown outcome. Never sends; returns only with proof, however long that takes.

    Or when ``interrupted``: a stronger decision waits. It closes everything, so whatever became of this order, the
    exchange's reduce-only rule keeps the two together from closing more than there is.
    """
    ticket = request.ticket
    looks: list[Look] = []
    while True:
        facts = await steps.look(request, on_wait)
        looks.append(_look(facts))
        verdict = settle(ticket.timestamp_ms, ticket.recv_window_ms, size_before, looks)
        if facts.order is not None and facts.order.final:
            return _accepted(facts.order)
        if verdict.settlement is Settlement.NEVER_EXECUTED:
            return SendReport(verdict=Verdict.REFUSED, reaction=Reaction.NEW_ATTEMPT, message="never executed")
        on_look(verdict.reason, len(looks))
        if await wait_unless(_pause(verdict, len(looks)), interrupted, f"{ticket.client_order_id}: {verdict.reason}"):
            return SendReport(verdict=Verdict.UNKNOWN, message="given up for a stronger decision")


def _look(facts: LookFacts) -> Look:
    return Look(
        exchange_time_ms=facts.exchange_time_ms,
        order_found=facts.order is not None,
        unexplained_trades=bool(facts.unexplained_trades),
        position_size=abs(facts.position_amount - facts.foreign_quantity),
    )


def _accepted(order: OrderState) -> SendReport:
    return SendReport(verdict=Verdict.ACCEPTED, order=order, message="found at the exchange")


def _pause(verdict: SettleStep, looks: int) -> timedelta:
    wanted = timedelta(milliseconds=max(verdict.wait_ms, 50))
    if looks <= HUMAN_AFTER_LOOKS:
        return wanted
    return max(wanted, steps.doubling(timedelta(seconds=1), LONGEST_PAUSE, looks - HUMAN_AFTER_LOOKS))
