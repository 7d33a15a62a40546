"""What a stop is on the wire, and what never leaves."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.order import OrderSide, PositionSide, Reaction, Verdict
from contracts.stop import StopTicket
from exchange.order_form import UnsafeTicket
from exchange.stop_form import stop_form
from tests.lab import Lab
from tests.stops.stage import SOL, orders

TICKET = StopTicket(
    symbol=SOL,
    client_algo_id="hs-abcdefg-7-1",
    side=OrderSide.SELL,
    position_side=PositionSide.BOTH,
    trigger_price=Decimal("140.0100"),
    quantity=Decimal("100.00"),
    reduce_only=True,
    timestamp_ms=1_795_000_000_000,
    recv_window_ms=1000,
)


def test_it_is_a_market_stop_by_the_mark_for_a_quantity_that_only_reduces() -> None:
    assert stop_form(TICKET) == {
        "algoType": "CONDITIONAL",
        "symbol": SOL,
        "side": "SELL",
        "positionSide": "BOTH",
        "type": "STOP_MARKET",
        "quantity": "100",
        "triggerPrice": "140.01",
        "workingType": "MARK_PRICE",
        "clientAlgoId": "hs-abcdefg-7-1",
        "recvWindow": 1000,
        "timestamp": 1_795_000_000_000,
        "reduceOnly": "true",
    }


def test_in_hedge_mode_the_side_itself_says_that_it_reduces() -> None:
    hedge = {"position_side": PositionSide.LONG, "reduce_only": False}

    assert "reduceOnly" not in stop_form(TICKET.model_copy(update=hedge))


@pytest.mark.parametrize(
    "wrong",
    [
        {"reduce_only": False},
        {"position_side": PositionSide.SHORT},
        {"position_side": PositionSide.LONG, "side": OrderSide.BUY},
        {"quantity": Decimal(0)},
        {"trigger_price": Decimal("NaN")},
        {"trigger_price": Decimal(-1)},
        {"client_algo_id": ""},
        {"client_algo_id": "a/b"},
        {"timestamp_ms": 0},
        {"recv_window_ms": 60_001},
    ],
)
def test_what_could_open_or_could_not_be_found_again_never_leaves(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnsafeTicket):
        stop_form(TICKET.model_copy(update=wrong))


async def test_the_ticket_s_own_time_is_signed_and_the_exchange_refuses_an_old_one(lab: Lab) -> None:
    assert lab.exchange is not None
    await lab.open(SOL, "LONG", "100")
    now = lab.exchange.now_ms()

    late = await lab.exchange.stops.place(TICKET.model_copy(update={"timestamp_ms": now - 5000}))
    fresh = await lab.exchange.stops.place(TICKET.model_copy(update={"timestamp_ms": now}))

    assert (late.verdict, late.reaction, late.code) == (Verdict.REFUSED, Reaction.RESYNC_CLOCK, -1021)
    assert fresh.verdict is Verdict.ACCEPTED
    assert fresh.stop is not None
    assert (fresh.stop.client_algo_id, fresh.stop.status) == ("hs-abcdefg-7-1", "NEW")
    assert [stop.client_algo_id for stop in await orders(lab)] == ["hs-abcdefg-7-1"]
    found = await lab.exchange.stops.by_client_id(SOL, "hs-abcdefg-7-1")
    assert found == fresh.stop
    assert await lab.exchange.stops.by_client_id(SOL, "hs-abcdefg-7-2") is None
    assert [stop.status for stop in await lab.exchange.stops.recent(SOL)] == ["NEW"]
