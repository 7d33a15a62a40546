"""A stop's ticket as the parameters of POST /fapi/v1/algoOrder, and the last check before it leaves."""

from decimal import Decimal
from typing import Final

from contracts.order import PositionSide
from contracts.stop import StopTicket
from exchange.order_form import CLIENT_ID, CLOSING, LONGEST_WINDOW_MS, UnsafeTicket

KIND: Final = "STOP_MARKET"


def stop_form(ticket: StopTicket) -> dict[str, str | int]:
    """The parameters, everything but the signature.

    A quantity, and not closePosition: the exchange refuses a second stop of that kind beside the first (-4130), so it
    could only be moved by cancelling it first, and the position would have none for that time.

    The trigger is compared with the mark, as every rule of ours is: one print far away fires nothing.

    Raises:
        UnsafeTicket: before anything was sent.
    """
    _require_sane(ticket)
    form: dict[str, str | int] = {
        "algoType": "CONDITIONAL",
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "positionSide": ticket.position_side.value,
        "type": KIND,
        "quantity": _plain(ticket.quantity),
        "triggerPrice": _plain(ticket.trigger_price),
        "workingType": "MARK_PRICE",
        "clientAlgoId": ticket.client_algo_id,
        "recvWindow": ticket.recv_window_ms,
        "timestamp": ticket.timestamp_ms,
    }
    if ticket.position_side is PositionSide.BOTH and ticket.reduce_only:
        form["reduceOnly"] = "true"
    _require_reducing(form)
    return form


def _plain(number: Decimal) -> str:
    """Without zeros at the end: a filter may be told with more of them than a price may have (-1111)."""
    return format(number.normalize(), "f")


def _require_reducing(form: dict[str, str | int]) -> None:
    if form["positionSide"] == "BOTH" and form.get("reduceOnly") == "true":
        return
    if (form["positionSide"], form["side"]) in CLOSING and "reduceOnly" not in form:
        return
    raise UnsafeTicket(f"{form['clientAlgoId']}: {form['side']} {form['positionSide']} is not certain to reduce")


def _require_sane(ticket: StopTicket) -> None:
    if not CLIENT_ID.fullmatch(ticket.client_algo_id):
        raise UnsafeTicket(f"client algo id {ticket.client_algo_id!r}: 1 to 36 letters, digits, dots, _ or -")
    for name, number in (("quantity", ticket.quantity), ("trigger price", ticket.trigger_price)):
        if not number.is_finite() or number <= 0:
            raise UnsafeTicket(f"{ticket.client_algo_id}: {name} {number}")
    if ticket.timestamp_ms <= 0 or not 0 < ticket.recv_window_ms <= LONGEST_WINDOW_MS:
        raise UnsafeTicket(f"{ticket.client_algo_id}: timestamp {ticket.timestamp_ms}, {ticket.recv_window_ms} ms")
