"""What one send of an order came to."""

from contracts.order import OrderState, SendReport, Ticket, Verdict
from exchange.failure import without_secrets
from exchange.signed_client import CallFailed
from exchange.wire import UnreadableAnswer, order_state, row


def failed_report(failed: CallFailed) -> SendReport:
    """The report of a send that brought no order."""
    meaning = failed.meaning
    return SendReport(
        verdict=meaning.verdict,
        code=failed.failure.code,
        message=failed.failure.describe(),
        reaction=meaning.reaction,
        retry_after_ms=meaning.retry_after_ms,
    )


def answered_report(answer: object, ticket: Ticket) -> SendReport:
    """The report of a 2xx answer. One that is not about this ticket's order leaves the outcome unknown."""
    try:
        order: OrderState = order_state(row(answer, "an order"))
    except UnreadableAnswer as error:
        return SendReport(verdict=Verdict.UNKNOWN, message=str(error))
    if order.client_order_id != ticket.client_order_id:
        other = without_secrets(order.client_order_id)
        return SendReport(verdict=Verdict.UNKNOWN, message=f"the answer is about {other}")
    return SendReport(verdict=Verdict.ACCEPTED, order=order)
