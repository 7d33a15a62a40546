"""One look for an order whose answer was lost."""

from decimal import Decimal

import pytest

from activities.look import CLOCK_MARGIN_MS, OrderLook
from contracts.close import LookRequest
from contracts.errors import ExchangeUnavailable
from contracts.order import OrderState, PositionSide, Trade
from tests.activities.fake_exchange import FakeExchange, Positions, Trades, Views
from tests.activities.samples import NOW, order, position, ticket, trade

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
OURS = ticket().client_order_id


def exchange_with(size: str, trades: tuple[Trade, ...] = (), orders: tuple[OrderState, ...] = ()) -> FakeExchange:
    return FakeExchange(
        held=Views[Positions]((position(size),)), fills=Views[Trades](trades), orders=list(orders), clock_ms=NOW + 900
    )


def request(*known: int, after: int = 10) -> LookRequest:
    return LookRequest(ticket=ticket(), after_trade_id=after, known_order_ids=known)


async def test_an_order_that_the_exchange_shows_is_found() -> None:
    mine = order(7, OURS, created_ms=NOW + 50)

    facts = await OrderLook(exchange_with("1", orders=(mine,))).look(request())

    assert facts.order == mine
    assert (facts.position_amount, facts.exchange_time_ms) == (Decimal(1), NOW + 900)


async def test_an_older_order_of_the_same_id_is_not_adopted() -> None:
    """An id may be used again once its order is final."""
    namesake = order(7, OURS, created_ms=NOW - CLOCK_MARGIN_MS - 1)

    facts = await OrderLook(exchange_with("1", orders=(namesake,))).look(request())

    assert facts.order is None


async def test_an_order_dated_a_little_before_its_request_by_another_clock_is_ours() -> None:
    mine = order(7, OURS, created_ms=NOW - CLOCK_MARGIN_MS)

    facts = await OrderLook(exchange_with("1", orders=(mine,))).look(request())

    assert facts.order == mine


async def test_trades_of_somebody_elses_order_are_explained_and_taken_out_of_the_position() -> None:
    trades = (trade(9, "50"), trade(11, "-2", order_id=70), trade(12, "5", order_id=71))
    strangers = (order(70, "web_1"), order(71, "web_2"))

    facts = await OrderLook(exchange_with("13", trades, strangers)).look(request())

    assert facts.unexplained_trades == ()
    assert facts.foreign_quantity == Decimal(3)
    assert facts.position_amount == Decimal(13)


async def test_trades_whose_order_cannot_be_told_stay_unexplained() -> None:
    facts = await OrderLook(exchange_with("9", (trade(11, "-1", order_id=70),))).look(request())

    assert facts.unexplained_trades == (11,)
    assert facts.foreign_quantity == Decimal(0)


async def test_our_order_behind_a_trade_is_found_although_its_id_is_not_visible_yet() -> None:
    class BlindToIds(FakeExchange):
        """Shows orders by number only."""

        async def order_by_client_id(self, symbol: str, client_order_id: str) -> OrderState | None:
            del symbol, client_order_id
            return None

    mine = order(70, OURS, created_ms=NOW + 5)
    exchange = BlindToIds(
        held=Views[Positions](()), fills=Views[Trades]((trade(11, "-1", order_id=70),)), orders=[mine]
    )

    facts = await OrderLook(exchange).look(request())

    assert facts.order == mine
    assert facts.foreign_quantity == Decimal(0)


async def test_trades_of_orders_of_ours_that_are_known_need_no_explanation() -> None:
    exchange = exchange_with("9", (trade(11, "-1", order_id=70),))

    facts = await OrderLook(exchange).look(request(70))

    assert facts.unexplained_trades == ()
    assert exchange.looked_up_ids == []


async def test_trades_that_were_in_the_snapshot_are_no_news() -> None:
    exchange = exchange_with("9", (trade(10, "-1", order_id=70),))

    facts = await OrderLook(exchange).look(request(after=10))

    assert facts.unexplained_trades == ()


async def test_a_snapshot_without_any_trade_is_followed_from_the_time_of_the_ticket() -> None:
    trades = (trade(3, "-1", order_id=70, time_ms=NOW - 1), trade(4, "-1", order_id=71, time_ms=NOW + 1))
    exchange = exchange_with("9", trades)

    facts = await OrderLook(exchange).look(request(after=0))

    assert facts.unexplained_trades == (4,)
    assert exchange.spans == [(NOW, None)]


async def test_hedge_mode_only_the_side_of_the_ticket_counts() -> None:
    exchange = FakeExchange(
        held=Views[Positions]((position("6", LONG), position("-4", SHORT))),
        fills=Views[Trades]((trade(11, "-1", order_id=70, side=SHORT),)),
        hedge=True,
    )
    wanted = LookRequest(ticket=ticket(position_side=LONG), after_trade_id=10)

    facts = await OrderLook(exchange).look(wanted)

    assert facts.unexplained_trades == ()
    assert facts.position_amount == Decimal(6)


async def test_a_read_that_fails_is_no_proof_of_absence() -> None:
    with pytest.raises(ExchangeUnavailable):
        await OrderLook(FakeExchange(away=True)).look(request())
