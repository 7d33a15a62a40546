"""A ticket as the parameters of POST /fapi/v1/order, and the last check before it leaves.

The check looks at the form, not at the ticket: what protects an account from a flip is what is on the wire.
"""

import re
from decimal import Decimal
from typing import Final

from contracts.order import PositionSide, Ticket

CLIENT_ID: Final = re.compile(r"[0-9A-Za-z._-]{1,36}")
LONGEST_WINDOW_MS: Final = 60_000
CLOSING: Final = {("LONG", "SELL"), ("SHORT", "BUY")}


class UnsafeTicket(ValueError):
    """A ticket that could open or flip a position, or that nobody could recognise again. Ours to fix; not sent."""


def order_form(ticket: Ticket) -> dict[str, str | int]:
    """The parameters, everything but the signature.

    In hedge mode the exchange accepts no reduceOnly; there the position side itself forbids opening (R55).

    Raises:
        UnsafeTicket: before anything was sent.
    """
    _require_sane(ticket)
    form: dict[str, str | int] = {
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "positionSide": ticket.position_side.value,
        "type": "MARKET",
        "quantity": format(ticket.quantity, "f"),
        "newClientOrderId": ticket.client_order_id,
        "newOrderRespType": "RESULT",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "recvWindow": ticket.recv_window_ms,
        "timestamp": ticket.timestamp_ms,
    }
    if ticket.position_side is PositionSide.BOTH and ticket.reduce_only:
        form["reduceOnly"] = "true"
    _require_reducing(form)
    return form


def _require_reducing(form: dict[str, str | int]) -> None:
    if form["positionSide"] == "BOTH" and form.get("reduceOnly") == "true":
        return
    if (form["positionSide"], form["side"]) in CLOSING and "reduceOnly" not in form:
        return
    raise UnsafeTicket(
        f"{form['newClientOrderId']}: {form['side']} {form['positionSide']} is not certain to reduce; not sent"
    )


def _require_sane(ticket: Ticket) -> None:
    if not CLIENT_ID.fullmatch(ticket.client_order_id):
        raise UnsafeTicket(f"client order id {ticket.client_order_id!r}: 1 to 36 letters, digits, dots, _ or -")
    if not ticket.quantity.is_finite() or ticket.quantity <= Decimal(0):
        raise UnsafeTicket(f"{ticket.client_order_id}: quantity {ticket.quantity}")
    if ticket.timestamp_ms <= 0 or not 0 < ticket.recv_window_ms <= LONGEST_WINDOW_MS:
        raise UnsafeTicket(f"{ticket.client_order_id}: timestamp {ticket.timestamp_ms}, {ticket.recv_window_ms} ms")
