"""What was filled, and whether the position shows it."""

from decimal import Decimal

import pytest

from activities import confirmation
from activities.confirmation import PAUSES_SECONDS, Confirmation, summarise
from contracts.errors import ExchangeUnavailable
from contracts.order import OrderState, PositionSide
from contracts.result import FillSummary, Outcome
from contracts.snapshot import Position
from tests.activities.fake_exchange import FakeExchange, Positions, Trades, Views
from tests.activities.samples import conclude_request, order, position, trade


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many reads, without the waiting in between."""
    monkeypatch.setattr(confirmation, "PAUSES_SECONDS", (0.0,) * len(PAUSES_SECONDS))


def exchange_with(
    *positions: tuple[Position, ...], fills: Views[Trades], orders: tuple[OrderState, ...] = ()
) -> FakeExchange:
    return FakeExchange(held=Views[Positions](*positions), fills=fills, orders=list(orders))


async def test_r70_price_fee_and_profit_are_summed_over_all_fills_of_all_orders() -> None:
    orders = (order(7, "hv-a-full-1-1", original="4"), order(8, "hv-a-full-1-0", original="6"))
    fills = (
        trade(11, "-4", order_id=7, price="3000"),
        trade(12, "-1", order_id=8, price="2990"),
        trade(13, "-5", order_id=8, price="2980"),
        trade(14, "-9", order_id=99, price="1"),
    )

    conclusion = await Confirmation(exchange_with((), fills=Views[Trades](fills))).conclude(conclude_request(*orders))

    summary = conclusion.result.fills
    assert conclusion.verified
    assert (summary.quantity, summary.average_price) == (Decimal(10), Decimal(2989))
    assert (summary.commission, summary.commission_asset, summary.realized_pnl) == (
        Decimal("0.75"),
        "USDT",
        Decimal("4.5"),
    )
    assert summary.order_ids == (7, 8)
    assert conclusion.result.client_order_ids == ("hv-a-full-1-1", "hv-a-full-1-0")
    assert conclusion.result.order_status == "FILLED"


def test_fees_in_two_currencies_are_both_named() -> None:
    fills = (trade(1, "-1"), trade(2, "-1").model_copy(update={"commission_asset": "BNB"}))

    assert summarise(fills).commission_asset == "BNB,USDT"


def test_no_fill_has_no_price() -> None:
    assert summarise(()) == FillSummary()


async def test_a_full_close_that_left_nothing_is_flat() -> None:
    fills = Views[Trades]((trade(11, "-10", order_id=7),))

    conclusion = await Confirmation(exchange_with((), fills=fills)).conclude(
        conclude_request(order(7, "hv-a-full-1", original="10"))
    )

    assert (conclusion.standing, conclusion.result.outcome) == ("at_target", Outcome.CLOSED_FLAT)
    assert conclusion.result.position_after == 0


async def test_a_partial_close_of_a_short_leaves_a_negative_amount() -> None:
    fills = Views[Trades]((trade(11, "4", order_id=7),))
    request = conclude_request(
        order(7, "hv-a-p25-1", original="4"), must_execute=Decimal(4), position_side=PositionSide.SHORT
    )

    conclusion = await Confirmation(exchange_with((position("-6"),), fills=fills)).conclude(request)

    assert (conclusion.result.outcome, conclusion.result.position_after) == (Outcome.REDUCED, Decimal(-6))


async def test_fills_that_are_listed_late_are_waited_for() -> None:
    first, second = trade(11, "-4", order_id=7), trade(12, "-6", order_id=7)
    exchange = exchange_with((), fills=Views[Trades]((), (first,), (first, second)))

    conclusion = await Confirmation(exchange).conclude(conclude_request(order(7, "hv-a-full-1", original="10")))

    assert conclusion.verified
    assert conclusion.result.fills.quantity == 10
    assert exchange.fills.reads == 3


async def test_r45_a_position_that_does_not_show_our_fill_yet_is_read_again() -> None:
    fills = Views[Trades]((trade(11, "-10", order_id=7),))
    exchange = exchange_with((position("10"),), (position("10"),), (), fills=fills)

    conclusion = await Confirmation(exchange).conclude(conclude_request(order(7, "hv-a-full-1", original="10")))

    assert conclusion.result.outcome is Outcome.CLOSED_FLAT
    assert exchange.held.reads == 3


async def test_r45_a_lag_that_outlasts_our_patience_is_said_and_not_taken_for_an_end() -> None:
    fills = Views[Trades]((trade(11, "-10", order_id=7),))
    exchange = exchange_with((position("10"),), fills=fills)

    conclusion = await Confirmation(exchange).conclude(conclude_request(order(7, "hv-a-full-1", original="10")))

    assert (conclusion.standing, conclusion.verified) == ("lagging", False)
    assert conclusion.problem == "the position does not show our own fill yet"
    assert exchange.held.reads == 1 + len(PAUSES_SECONDS)


async def test_an_order_that_is_still_open_is_asked_for_until_it_is_final() -> None:
    resting = order(7, "hv-a-full-1", status="NEW", original="10", executed="0")
    filled = order(7, "hv-a-full-1", original="10")
    exchange = exchange_with((), fills=Views[Trades]((trade(11, "-10", order_id=7),)), orders=(filled,))

    conclusion = await Confirmation(exchange).conclude(conclude_request(resting))

    assert conclusion.orders == (filled,)
    assert conclusion.result.outcome is Outcome.CLOSED_FLAT
    assert exchange.looked_up_ids == [7]


async def test_an_order_that_stays_open_is_a_problem_and_no_result() -> None:
    resting = order(7, "hv-a-full-1", status="PARTIALLY_FILLED", original="10", executed="4")
    fills = Views[Trades]((trade(11, "-4", order_id=7),))

    conclusion = await Confirmation(exchange_with((position("6"),), fills=fills, orders=(resting,))).conclude(
        conclude_request(resting)
    )

    assert (conclusion.verified, conclusion.problem) == (False, "an order of ours is still open")


async def test_a_final_order_is_not_asked_for_again() -> None:
    exchange = exchange_with((), fills=Views[Trades]((trade(11, "-10", order_id=7),)))

    await Confirmation(exchange).conclude(conclude_request(order(7, "hv-a-full-1", original="10")))

    assert exchange.looked_up_ids == []


async def test_what_is_smaller_than_the_smallest_order_is_dust_and_an_end() -> None:
    fills = Views[Trades]((trade(11, "-10", order_id=7),))

    conclusion = await Confirmation(exchange_with((position("0.0004"),), fills=fills)).conclude(
        conclude_request(order(7, "hv-a-full-1", original="10"), before="10.0004")
    )

    assert (conclusion.verified, conclusion.result.outcome) == (True, Outcome.DUST_LEFT)
    assert conclusion.result.position_after == Decimal("0.0004")


async def test_a_close_that_is_short_of_its_target_asks_for_another_attempt() -> None:
    part = order(7, "hv-a-full-1", status="EXPIRED", original="10", executed="4")
    fills = Views[Trades]((trade(11, "-4", order_id=7),))

    conclusion = await Confirmation(exchange_with((position("6"),), fills=fills)).conclude(conclude_request(part))

    assert (conclusion.standing, conclusion.verified) == ("short", False)


async def test_a_decision_that_ends_here_ends_so_whatever_the_position_is() -> None:
    part = order(7, "hv-a-p50-1", status="EXPIRED", original="5", executed="2")
    fills = Views[Trades]((trade(11, "-2", order_id=7),))
    request = conclude_request(part, must_execute=Decimal(5), final_outcome=Outcome.SUPERSEDED)

    conclusion = await Confirmation(exchange_with((position("8"),), fills=fills)).conclude(request)

    assert (conclusion.standing, conclusion.verified) == ("ended", True)
    assert conclusion.result.outcome is Outcome.SUPERSEDED
    assert conclusion.result.fills.quantity == 2


async def test_an_ending_decision_still_waits_for_all_of_its_fills() -> None:
    fill = trade(11, "-2", order_id=7)
    part = order(7, "hv-a-p50-1", status="EXPIRED", original="5", executed="2")
    exchange = exchange_with((position("8"),), fills=Views[Trades]((), (fill,)))

    conclusion = await Confirmation(exchange).conclude(conclude_request(part, final_outcome=Outcome.SUPERSEDED))

    assert conclusion.result.fills.quantity == 2


async def test_a_position_that_others_moved_meanwhile_is_reported_as_such() -> None:
    fills = Views[Trades]((trade(11, "-4", order_id=7),))
    request = conclude_request(order(7, "hv-a-p25-1", original="4"), must_execute=Decimal(4))

    conclusion = await Confirmation(exchange_with((position("9"),), fills=fills)).conclude(request)

    assert conclusion.result.outcome is Outcome.REDUCED
    assert conclusion.result.reason_codes[-1] == "position_moved_by_others"


async def test_a_difference_is_read_twice_before_others_are_blamed() -> None:
    fills = Views[Trades]((trade(11, "-4", order_id=7),))
    request = conclude_request(order(7, "hv-a-p25-1", original="4"), must_execute=Decimal(4))
    exchange = exchange_with((position("8"),), (position("6"),), fills=fills)

    conclusion = await Confirmation(exchange).conclude(request)

    assert conclusion.result.position_after == 6
    assert "position_moved_by_others" not in conclusion.result.reason_codes


async def test_a_full_close_of_which_others_closed_a_part_is_not_ours_alone() -> None:
    part = order(7, "hv-a-full-1", status="EXPIRED", original="10", executed="4")
    fills = Views[Trades]((trade(11, "-4", order_id=7),))

    conclusion = await Confirmation(exchange_with((), fills=fills)).conclude(conclude_request(part))

    assert (conclusion.verified, conclusion.result.outcome) == (True, Outcome.CLOSED_ELSEWHERE)


async def test_a_position_that_was_refilled_to_its_old_size_after_our_fill_does_not_lag() -> None:
    fill = trade(11, "-10", order_id=7)
    refilled = position("10", updated_ms=fill.time_ms + 1)

    conclusion = await Confirmation(exchange_with((refilled,), fills=Views[Trades]((fill,)))).conclude(
        conclude_request(order(7, "hv-a-full-1", original="10"))
    )

    assert conclusion.standing == "short"


async def test_hedge_mode_the_other_side_is_another_position() -> None:
    fills = Views[Trades]((trade(11, "-10", order_id=7, side=PositionSide.LONG),))
    exchange = exchange_with((position("-10", PositionSide.SHORT),), fills=fills)

    conclusion = await Confirmation(exchange).conclude(conclude_request(order(7, "hv-a-full-1", original="10")))

    assert conclusion.result.outcome is Outcome.CLOSED_FLAT


async def test_a_read_that_fails_is_no_result() -> None:
    exchange = FakeExchange(away=True)

    with pytest.raises(ExchangeUnavailable):
        await Confirmation(exchange).conclude(conclude_request(order(7, "hv-a-full-1", original="10")))
