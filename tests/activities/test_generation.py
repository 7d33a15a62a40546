"""The fill that opened a position is found in the exchange's trades, however far back it is."""

from decimal import Decimal

import pytest

from activities.generation import HOT_MS, SPANS_BACK, UNREACHABLE, GenerationFinder, one_moment, reads_agree
from contracts.order import PositionSide, Trade
from tests.activities.fake_exchange import FakeExchange, Trades, Views
from tests.activities.samples import DAY, NOW, SYMBOL, position, trade


def exchange_with(*trades: Trade) -> FakeExchange:
    """An exchange that remembers these fills."""
    return FakeExchange(fills=Views[Trades](trades))


async def last_week(exchange: FakeExchange) -> Trades:
    """The trades that the snapshot has already read; what the finder reads is counted from here."""
    trades = await exchange.recent_trades(SYMBOL)
    exchange.spans.clear()
    return trades


async def test_a_position_of_this_week_is_traced_without_reading_further() -> None:
    exchange = exchange_with(trade(5, "10", days_ago=3), trade(6, "-4", days_ago=1, order_id=77))

    facts, reducing = await GenerationFinder(exchange).find(position("6"), await last_week(exchange))

    assert (facts.opening_trade_id, facts.opened_at_ms, facts.peak_size) == (5, NOW - 3 * DAY, Decimal(10))
    assert reducing == (77,)
    assert exchange.spans == []


async def test_a_position_that_grew_over_a_month_is_traced_back_through_every_span() -> None:
    trades = (
        trade(1, "-3", days_ago=33),
        trade(2, "3", days_ago=32),
        trade(3, "5", days_ago=30),
        trade(4, "5", days_ago=24, order_id=40),
        trade(5, "-2", days_ago=18, order_id=50),
        trade(6, "1", days_ago=12),
        trade(7, "-4", days_ago=6, order_id=70),
    )
    exchange = exchange_with(*trades)

    facts, reducing = await GenerationFinder(exchange).find(position("5"), await last_week(exchange))

    assert (facts.opening_trade_id, facts.opened_at_ms, facts.peak_size) == (3, NOW - 30 * DAY, Decimal(10))
    assert reducing == (50, 70)
    assert len(exchange.spans) == 4


async def test_the_spans_follow_each_other_without_a_gap_back_from_what_is_known() -> None:
    trades = [trade(number, "1", days_ago=35 - number * 5) for number in range(1, 7)]
    exchange = exchange_with(*trades)

    facts, _ = await GenerationFinder(exchange).find(position("6"), await last_week(exchange))

    spans = [(start or 0, end or 0) for start, end in exchange.spans]
    assert facts.opening_trade_id == 1
    assert spans[0][1] >= trades[-1].time_ms - 1
    assert [end for _, end in spans[1:]] == [start - 1 for start, _ in spans[:-1]]
    assert {end - start + 1 for start, end in spans} == {7 * DAY}  # the most that the exchange allows


async def test_a_position_opened_three_weeks_ago_and_not_traded_since_is_traced() -> None:
    exchange = exchange_with(trade(1, "100", days_ago=20))

    facts, _ = await GenerationFinder(exchange).find(position("100"), await last_week(exchange))

    assert facts.opening_trade_id == 1
    assert len(set(exchange.spans)) == len(exchange.spans)


async def test_a_week_without_trades_in_between_does_not_hide_the_opening() -> None:
    exchange = exchange_with(trade(1, "100", days_ago=10), trade(2, "-25", days_ago=1, order_id=20))

    facts, reducing = await GenerationFinder(exchange).find(position("75"), await last_week(exchange))

    assert (facts.opening_trade_id, reducing) == (1, (20,))


@pytest.mark.parametrize("day", range(2, 85, 9))
async def test_r68_the_generation_of_a_position_is_the_same_every_day_of_its_life(day: int) -> None:
    """Another generation would be another rung, and its tranche would be taken once more."""
    exchange = exchange_with(trade(1, "100", days_ago=day), trade(2, "-25", days_ago=day - 1))

    facts, _ = await GenerationFinder(exchange).find(position("75"), await last_week(exchange))

    assert facts.opening_trade_id == 1


async def test_a_position_older_than_the_exchanges_memory_has_generation_0_each_time_it_is_looked_at() -> None:
    finder = GenerationFinder(exchange_with())

    first, reducing = await finder.find(position("-8"), ())
    second, _ = await finder.find(position("-8"), ())

    assert (first.opening_trade_id, first.peak_size) == (UNREACHABLE, Decimal(8))
    assert first == second
    assert reducing == ()


async def test_a_position_whose_older_trades_are_forgotten_dates_from_the_oldest_one_known() -> None:
    exchange = exchange_with(*(trade(number, "1", days_ago=80 - number * 6) for number in range(1, 13)))

    facts, _ = await GenerationFinder(exchange).find(position("500"), await last_week(exchange))

    assert facts.opening_trade_id == UNREACHABLE
    assert facts.opened_at_ms == NOW - 74 * DAY
    assert len(exchange.spans) == SPANS_BACK


async def test_hedge_mode_each_side_has_a_generation_of_its_own() -> None:
    long, short = PositionSide.LONG, PositionSide.SHORT
    trades = (
        trade(1, "4", days_ago=4, side=long),
        trade(2, "-7", days_ago=3, side=short),
        trade(3, "2", days_ago=2, side=short, order_id=30),
        trade(4, "-1", days_ago=1, side=long, order_id=40),
    )
    exchange = exchange_with(*trades)
    finder = GenerationFinder(exchange)

    of_long, reduced_long = await finder.find(position("3", long), trades)
    of_short, reduced_short = await finder.find(position("-5", short), trades)

    assert (of_long.opening_trade_id, reduced_long) == (1, (40,))
    assert (of_short.opening_trade_id, reduced_short) == (2, (30,))


async def test_r39_a_position_that_flipped_began_with_the_fill_that_went_through_zero() -> None:
    trades = (trade(1, "10", days_ago=2), trade(2, "-25", days_ago=1))

    facts, _ = await GenerationFinder(exchange_with(*trades)).find(position("-15"), trades)

    assert (facts.opening_trade_id, facts.peak_size) == (2, Decimal(15))


def test_reads_of_one_moment_agree() -> None:
    assert reads_agree(position("5", updated_ms=NOW), (trade(1, "5", time_ms=NOW),), NOW + 1)


def test_a_position_that_shows_a_change_which_its_trades_do_not_is_read_again() -> None:
    assert not reads_agree(position("5", updated_ms=NOW), (trade(1, "5", time_ms=NOW - 400),), NOW + 1)


def test_a_trade_that_its_position_does_not_show_is_read_again() -> None:
    assert not reads_agree(position("5", updated_ms=NOW - 400), (trade(1, "5", time_ms=NOW),), NOW + 1)


def test_a_difference_that_has_cooled_down_is_no_reason_to_read_again() -> None:
    # Funding and margin changes touch a position's time without a trade.
    assert reads_agree(position("5", updated_ms=NOW), (trade(1, "5", time_ms=NOW - 9000),), NOW + HOT_MS + 1)


def test_hedge_mode_a_trade_of_the_other_side_says_nothing_about_this_one() -> None:
    held = position("5", PositionSide.LONG, updated_ms=NOW - 400)
    trades = (
        trade(1, "5", side=PositionSide.LONG, time_ms=NOW - 400),
        trade(2, "-1", side=PositionSide.SHORT, time_ms=NOW),
    )

    assert reads_agree(held, trades, NOW + 1)


def test_a_flat_account_whose_newest_trade_is_old_is_flat() -> None:
    assert one_moment((), (trade(1, "5", time_ms=NOW - HOT_MS - 1, realized="0"),), NOW)


def test_a_flat_account_whose_newest_trade_closed_something_is_flat() -> None:
    assert one_moment((), (trade(1, "-5", time_ms=NOW, realized="-3"),), NOW)


def test_a_flat_account_whose_newest_trade_opened_something_is_read_again() -> None:
    assert not one_moment((), (trade(1, "5", time_ms=NOW, realized="0"),), NOW + 1)


def test_a_position_that_shows_the_trade_that_just_opened_it_is_believed() -> None:
    assert one_moment((position("5", updated_ms=NOW),), (trade(1, "5", time_ms=NOW, realized="0"),), NOW + 1)


def test_hedge_mode_a_side_that_was_just_opened_and_is_not_shown_is_read_again() -> None:
    long = position("5", PositionSide.LONG, updated_ms=NOW - 99_000)
    trades = (
        trade(1, "5", side=PositionSide.LONG, time_ms=NOW - 99_000),
        trade(2, "-1", side=PositionSide.SHORT, time_ms=NOW, realized="0"),
    )

    assert not one_moment((long,), trades, NOW + 1)


def test_an_exchange_that_gives_no_time_of_change_is_believed() -> None:
    assert reads_agree(position("5", updated_ms=None), (trade(1, "5", time_ms=NOW),), NOW + 1)


def test_a_position_closed_at_its_entry_price_is_flat_and_not_just_opened() -> None:
    trades = (trade(1, "5", days_ago=1, realized="0"), trade(2, "-5", time_ms=NOW, realized="0"))

    assert one_moment((), trades, NOW + 1)


FROM_BEFORE = trade(1, "-7", days_ago=2, realized="-3")
"""Closed something that no trade tells of: it was opened before the oldest trade that was read."""


@pytest.mark.parametrize("before", [(), (FROM_BEFORE,)])
@pytest.mark.parametrize(("since", "nothing_left"), [("14", False), ("47", True), ("94", False)])
def test_r52_what_was_opened_and_then_changed_a_moment_ago_is_not_taken_for_flat(
    before: tuple[Trade, ...], since: str, nothing_left: bool
) -> None:
    """Found by a drill: the newest trade was no opening, and a close ended flat with nothing executed."""
    opened = trade(2, "-47", time_ms=NOW - 4000, realized="0")

    assert one_moment((), (*before, opened, trade(3, since, time_ms=NOW, realized="2")), NOW + 1) is nothing_left


def test_what_was_opened_before_the_oldest_trade_and_closed_in_pieces_is_flat() -> None:
    assert one_moment((), (FROM_BEFORE, trade(2, "-4", time_ms=NOW, realized="-1")), NOW + 1)
