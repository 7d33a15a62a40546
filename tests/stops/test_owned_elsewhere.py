"""A stop for an account that another installation owns is not sent."""

from decimal import Decimal
from typing import cast

import pytest
from temporalio.testing import ActivityEnvironment

from activities.stops import ExchangeStops
from activities.stops_view import StopsReader
from contracts.mode import Mode
from contracts.order import OrderSide, PositionSide, Reaction, Verdict
from contracts.stop import StopReport, StopTicket
from exchange.stop_port import StopPort
from tests.activities.fake_exchange import FakeExchange
from tests.activities.samples import NOW, SYMBOL

TICKET = StopTicket(
    symbol=SYMBOL,
    client_algo_id="hs-0123456-1-1",
    side=OrderSide.SELL,
    position_side=PositionSide.BOTH,
    trigger_price=Decimal(2400),
    quantity=Decimal(1),
    reduce_only=True,
    timestamp_ms=NOW,
    recv_window_ms=5000,
)


class Stops:
    """Takes every stop."""

    def __init__(self) -> None:
        self.sent: list[StopTicket] = []

    async def place(self, ticket: StopTicket) -> StopReport:
        self.sent.append(ticket)
        return StopReport(verdict=Verdict.ACCEPTED)


class Claim:
    """Our claim, and whose the account is."""

    name, key = "main@default", "owner"

    def __init__(self, owner: str) -> None:
        self._owner = owner

    async def owned_by_another(self) -> str:
        return self._owner


@pytest.mark.parametrize("owner", ["second@default", ""])
async def test_a_stop_leaves_only_for_an_account_that_is_not_anothers(owner: str) -> None:
    stops = Stops()
    activity = ExchangeStops(
        FakeExchange(), cast("StopPort", stops), cast("StopsReader", None), Mode.LIVE, Claim(owner)
    )

    report = await ActivityEnvironment().run(activity.place_stop, TICKET)

    assert stops.sent == ([] if owner else [TICKET])
    assert report.verdict is (Verdict.REFUSED if owner else Verdict.ACCEPTED)
    assert (report.reaction, owner in report.message) == (Reaction.HUMAN if owner else None, True)
