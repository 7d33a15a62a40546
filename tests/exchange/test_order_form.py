"""What of a ticket goes on the wire, and which tickets never get there."""

from decimal import Decimal

import pytest

from contracts.order import OrderSide, PositionSide
from exchange.order_form import UnsafeTicket, order_form
from tests.exchange.samples import ticket


def test_one_way() -> None:
    assert order_form(ticket()) == {
        "symbol": "ETHUSDT",
        "side": "SELL",
        "positionSide": "BOTH",
        "type": "MARKET",
        "quantity": "0.10",
        "reduceOnly": "true",
        "newClientOrderId": "hv-abc-full-1",
        "newOrderRespType": "RESULT",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "recvWindow": 4321,
        "timestamp": 1_800_000_000_123,
    }


@pytest.mark.parametrize(
    ("position_side", "side"), [(PositionSide.LONG, OrderSide.SELL), (PositionSide.SHORT, OrderSide.BUY)]
)
@pytest.mark.parametrize("reduce_only", [True, False])
def test_hedge_never_carries_reduce_only(position_side: PositionSide, side: OrderSide, reduce_only: bool) -> None:
    """R55: the exchange refuses the flag there."""
    form = order_form(ticket(position_side=position_side, side=side, reduce_only=reduce_only))
    assert "reduceOnly" not in form
    assert (form["positionSide"], form["side"]) == (position_side.value, side.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"reduce_only": False},
        {"reduce_only": False, "side": OrderSide.BUY},
        {"position_side": PositionSide.LONG, "side": OrderSide.BUY},
        {"position_side": PositionSide.SHORT, "side": OrderSide.SELL},
        {"position_side": PositionSide.LONG, "side": OrderSide.BUY, "reduce_only": False},
        {"quantity": Decimal(0)},
        {"quantity": Decimal(-1)},
        {"client_order_id": ""},
        {"client_order_id": "x" * 37},
        {"client_order_id": "hv:abc"},
        {"client_order_id": "hv abc"},
        {"timestamp_ms": 0},
        {"recv_window_ms": 0},
        {"recv_window_ms": 60_001},
    ],
)
def test_what_could_open_or_not_be_found_again_is_not_sent(changes: dict[str, object]) -> None:
    with pytest.raises(UnsafeTicket):
        order_form(ticket(**changes))


@pytest.mark.parametrize(
    ("quantity", "text"), [("1E+3", "1000"), ("1E-7", "0.0000001"), ("0.10", "0.10"), ("120", "120")]
)
def test_quantities_are_plain_text(quantity: str, text: str) -> None:
    assert order_form(ticket(quantity=Decimal(quantity)))["quantity"] == text
