"""One read of everything: which position it is about, and which orders of ours exist already."""

from collections.abc import Callable
from decimal import Decimal
from time import monotonic

import pytest

from activities import generation
from activities.hints import RedisHints
from activities.own_orders import MOST_LOOKUPS
from activities.snapshot import SnapshotReader, choose_subject
from contracts.errors import DependencyUnavailable, ExchangeUnavailable
from contracts.order import OrderState, PositionSide, Trade
from contracts.snapshot import Position, PositionHints, SnapshotRequest
from exchange.user_stream_events import OrderNews
from exchange.user_stream_fills import LATELY_S, ToldFills
from kernel.identity import client_order_id
from tests.activities.fake_exchange import FakeExchange, Positions, Trades, Views
from tests.activities.samples import ACCOUNT, DAY, NOW, RULES, SYMBOL, order, position, trade

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
OPENED_BY = 500


class NoHints(RedisHints):
    """No hint anywhere."""

    def __init__(self) -> None:
        pass

    async def read(self, symbol: str, account: str, entry_id: str, *, begun: bool = False) -> PositionHints:
        del symbol, account, entry_id, begun
        return PositionHints()


def reader(exchange: FakeExchange, feed: ToldFills | None = None) -> SnapshotReader:
    return SnapshotReader(exchange, NoHints(), feed=feed)


def stream_told(*trades: Trade, clock: Callable[[], float] = monotonic) -> ToldFills:
    """What the user stream told of: fills of somebody else's orders."""
    feed = ToldFills(clock)
    for each in trades:
        feed.take(OrderNews(SYMBOL, each.order_id, "web_4711", "FILLED", each))
    return feed


class Unreadable(NoHints):
    """Redis is away."""

    async def read(self, symbol: str, account: str, entry_id: str, *, begun: bool = False) -> PositionHints:
        del symbol, account, entry_id, begun
        return PositionHints(readable=False)


def request(
    rung: str = "p25", *, known_attempts: int = 0, refresh: bool = False, full: bool = False
) -> SnapshotRequest:
    return SnapshotRequest(
        account=ACCOUNT, symbol=SYMBOL, rung=rung, known_attempts=known_attempts, refresh=refresh, full=full
    )


def own(attempt: int, order_id: int, rung: str = "p25", **more: str) -> OrderState:
    """An order of ours of this position."""
    return order(order_id, client_order_id(OPENED_BY, rung, attempt), **more)  # type: ignore[arg-type]


def exchange_with(size: str, fills: list[Trade], orders: list[OrderState]) -> FakeExchange:
    """A long that fill 500 opened two days ago, and what happened since."""
    opening = trade(OPENED_BY, "100", days_ago=2)
    return FakeExchange(held=Views[Positions]((position(size),)), fills=Views[Trades]((opening, *fills)), orders=orders)


def ids(orders: tuple[OrderState, ...]) -> set[int]:
    return {each.order_id for each in orders}


def test_the_only_position_needs_no_name() -> None:
    assert choose_subject([position("-3")], None) == position("-3")


def test_the_named_side_is_chosen_of_two() -> None:
    long, short = position("3", LONG), position("-4", SHORT)

    assert choose_subject([long, short], SHORT) == short


def test_of_two_sides_none_is_chosen_when_nobody_names_one() -> None:
    assert choose_subject([position("3", LONG), position("-4", SHORT)], None) is None


def test_r39_a_named_side_that_is_not_open_is_not_replaced_by_the_other_one() -> None:
    assert choose_subject([position("-4")], LONG) is None
    assert choose_subject([position("4", LONG)], SHORT) is None


def test_no_position_is_no_subject() -> None:
    assert choose_subject([], None) is None


async def test_orders_of_ours_are_found_by_the_trades_that_reduced_the_position() -> None:
    exchange = exchange_with("75", [trade(501, "-25", days_ago=1, order_id=9)], [own(1, 9, original="25")])

    snapshot = await reader(exchange).take(request())

    assert ids(snapshot.own_orders) == {9}
    assert snapshot.generation is not None
    assert snapshot.generation.opening_trade_id == OPENED_BY


@pytest.mark.parametrize("listed", [False, True])
async def test_r68_an_order_that_traded_a_moment_ago_and_is_not_shown_is_waited_for(listed: bool) -> None:
    size, part = ("5000", "-1250") if listed else ("100", "-25")
    fills = (trade(OPENED_BY, size, days_ago=2), trade(501, part, time_ms=NOW - 5, order_id=9))
    held = position(str(Decimal(size) + Decimal(part)), updated_ms=NOW - 5)
    exchange = FakeExchange(held=Views[Positions]((held,)), fills=Views[Trades](fills))

    with pytest.raises(ExchangeUnavailable, match=r"orders \[9\] have trades and cannot be read yet"):
        await reader(exchange).take(request())

    assert (await reader(exchange).take(request("full", full=True))).subject == held
    exchange.orders = [own(2, 9, original=part.lstrip("-"))]
    assert ids((await reader(exchange).take(request())).own_orders) == {9}


async def test_an_order_that_the_exchange_does_not_remember_is_not_waited_for() -> None:
    exchange = exchange_with("75", [trade(501, "-25", days_ago=1, order_id=9)], [])

    assert (await reader(exchange).take(request())).own_orders == ()


async def test_an_order_of_ours_that_no_trade_shows_is_found_by_the_id_that_would_be_used_next() -> None:
    exchange = exchange_with("100", [], [own(1, 9, original="25")])

    snapshot = await reader(exchange).take(request())

    assert ids(snapshot.own_orders) == {9}
    assert exchange.looked_up == [client_order_id(OPENED_BY, "p25", 1), client_order_id(OPENED_BY, "p25", 2)]


async def test_all_attempts_of_a_rung_are_found_after_an_amnesia() -> None:
    fills = [trade(501, "-10", days_ago=1, order_id=9), trade(502, "-5", days_ago=1, order_id=10)]
    attempts = [own(1, 9), own(2, 10), own(3, 11, status="EXPIRED", executed="0"), own(4, 12, executed="0")]
    exchange = exchange_with("85", fills, attempts)

    snapshot = await reader(exchange).take(request())

    assert ids(snapshot.own_orders) == {9, 10, 11, 12}


async def test_the_id_after_the_known_attempts_is_looked_up_before_it_is_used() -> None:
    exchange = exchange_with("100", [], [own(3, 9)])

    snapshot = await reader(exchange).take(request(known_attempts=2))

    assert exchange.looked_up[0] == client_order_id(OPENED_BY, "p25", 3)
    assert ids(snapshot.own_orders) == {9}


async def test_orders_of_other_rungs_other_positions_and_other_people_are_not_ours() -> None:
    fills = [trade(501 + number, "-1", days_ago=1, order_id=20 + number) for number in range(3)]
    strangers = [
        own(1, 20, rung="p50"),
        order(21, client_order_id(OPENED_BY - 1, "p25", 1)),
        order(22, "web_4711"),
    ]
    exchange = exchange_with("97", fills, strangers)

    snapshot = await reader(exchange).take(request())

    assert snapshot.own_orders == ()
    assert sorted(exchange.looked_up_ids) == [20, 21, 22]


@pytest.mark.parametrize("reducing", [MOST_LOOKUPS, MOST_LOOKUPS + 1])
async def test_many_reducing_orders_cost_one_listing_and_few_cost_one_look_each(reducing: int) -> None:
    fills = [trade(501 + number, "-1", days_ago=1, order_id=20 + number) for number in range(reducing)]
    orders = [own(1, 20), *(order(21 + number, f"web_{number}") for number in range(reducing))]
    exchange = exchange_with(str(100 - reducing), fills, orders)

    snapshot = await reader(exchange).take(request())

    assert ids(snapshot.own_orders) == {20}
    by_listing = reducing > MOST_LOOKUPS
    assert len(exchange.listings) == (1 if by_listing else 0)
    assert len(exchange.looked_up_ids) == (0 if by_listing else reducing)


async def test_the_listing_begins_where_the_position_began() -> None:
    fills = [trade(501 + number, "-1", days_ago=1, order_id=20 + number) for number in range(MOST_LOOKUPS + 1)]
    exchange = exchange_with("91", fills, [])

    snapshot = await reader(exchange).take(request())

    assert snapshot.generation is not None
    assert exchange.listings == [snapshot.generation.opened_at_ms]


async def test_r52_a_position_that_changes_under_our_hands_is_read_until_its_trades_fit() -> None:
    before, after = trade(500, "100", days_ago=2), trade(501, "-40", time_ms=NOW - 5)
    exchange = FakeExchange(
        held=Views[Positions]((position("60", updated_ms=NOW - 5),)),
        fills=Views[Trades]((before,), (before,), (before, after)),
        orders=[order(after.order_id, "web_4711")],
    )

    snapshot = await reader(exchange).take(request())

    assert snapshot.last_trade_id == 501
    assert snapshot.generation is not None
    assert snapshot.generation.opening_trade_id == 500
    assert exchange.held.reads == 3


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many reads, without the waiting in between."""
    monkeypatch.setattr(generation, "HOT_PAUSE_SECONDS", 0.0)


def torn_apart(*held: Position) -> FakeExchange:
    """The trades show a fill of just now that the position never shows."""
    fills = (trade(OPENED_BY, "100", days_ago=2), trade(501, "-40", time_ms=NOW - 5))
    return FakeExchange(held=Views[Positions](held), fills=Views[Trades](fills))


@pytest.mark.usefixtures("no_pauses")
async def test_reads_that_never_fit_together_are_no_snapshot_for_a_partial_close() -> None:
    exchange = torn_apart(position("100", updated_ms=NOW - 2 * DAY))

    with pytest.raises(ExchangeUnavailable, match="same moment"):
        await reader(exchange).take(request())

    assert exchange.held.reads == generation.HOT_READS


@pytest.mark.usefixtures("no_pauses")
async def test_reads_that_do_not_fit_together_do_not_hold_up_a_full_close() -> None:
    exchange = torn_apart(position("100", updated_ms=NOW - 2 * DAY))

    snapshot = await reader(exchange).take(request("full", full=True))

    assert snapshot.subject is not None
    assert exchange.held.reads == 1


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(("size", "apart"), [("100", True), ("60", False)])
async def test_r60_reads_are_apart_if_the_quantities_say_so_whatever_the_times_say(size: str, apart: bool) -> None:
    """Found by a drill: the exchange's clock had jumped between two trades, and the opening seemed to be news."""
    exchange = torn_apart(held := position(size, updated_ms=NOW - 2_000))

    snapshot = await reader(exchange).take(request("full", full=True))

    assert snapshot.subject_as_of_ms == (held.updated_ms if apart else None)


async def test_r52_a_full_close_waits_for_a_position_that_is_still_shown_and_was_closed_by_the_trades() -> None:
    """Found by a drill: a position opened in its place was closed by the size and under the name of the one before."""
    past, now = position("100", updated_ms=NOW - 2 * DAY), position("40", updated_ms=JUST_OPENED.time_ms)
    exchange = FakeExchange(
        held=Views[Positions]((past,), (past,), (now,)), fills=Views[Trades]((OPENING, JUST_CLOSED, JUST_OPENED))
    )

    snapshot = await reader(exchange).take(request("full", full=True))

    assert snapshot.subject == now
    assert snapshot.generation is not None
    assert snapshot.generation.opening_trade_id == JUST_OPENED.trade_id


async def test_a_position_that_was_opened_a_moment_ago_and_is_not_shown_is_not_taken_for_flat() -> None:
    opening = trade(OPENED_BY, "100", time_ms=NOW - 5, realized="0")
    exchange = FakeExchange(
        held=Views[Positions]((), (position("100", updated_ms=NOW - 5),)), fills=Views[Trades]((opening,))
    )

    snapshot = await reader(exchange).take(request("full", full=True))

    assert snapshot.subject == position("100", updated_ms=NOW - 5)


async def test_r65_a_decision_that_may_have_been_answered_before_its_position_was_opened_waits_for_redis() -> None:
    """Found by a drill: carried out again after a lost task while Redis was away, on the position that came next."""
    exchange = exchange_with("100", [], [])
    snapshots = SnapshotReader(exchange, Unreadable())
    decided_before = request("full", full=True).model_copy(update={"decided_at_ms": NOW - 2 * DAY - 1})

    with pytest.raises(DependencyUnavailable, match="answered"):
        await snapshots.take(decided_before)

    begun = decided_before.model_copy(update={"generation": OPENED_BY, "entry_price": Decimal(3000)})
    decided_since = decided_before.model_copy(update={"decided_at_ms": NOW - 2 * DAY})
    assert [(await snapshots.take(each)).subject is not None for each in (begun, decided_since)] == [True, True]


OPENING = trade(OPENED_BY, "100", days_ago=2)
JUST_CLOSED = trade(501, "-100", time_ms=NOW - 5)
JUST_OPENED = trade(502, "40", time_ms=NOW - 3, realized="0")


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    "past", [((), ()), ((position("100", updated_ms=NOW - 2 * DAY),), (OPENING,))], ids=["flat", "another position"]
)
async def test_reads_of_one_moment_that_lag_behind_what_the_stream_told_are_waited_for(
    past: tuple[Positions, Trades], full: bool
) -> None:
    now = ((position("40", updated_ms=JUST_OPENED.time_ms),), (OPENING, JUST_CLOSED, JUST_OPENED))
    exchange = FakeExchange(held=Views[Positions](past[0], now[0]), fills=Views[Trades](past[1], now[1]))

    snapshot = await reader(exchange, stream_told(JUST_CLOSED, JUST_OPENED)).take(request("full", full=full))

    assert (snapshot.subject, snapshot.last_trade_id) == (now[0][0], 502)


@pytest.mark.usefixtures("no_pauses")
async def test_what_the_stream_told_is_not_waited_for_for_ever() -> None:
    """It may be wrong."""
    seconds = [0.0]
    feed = stream_told(trade(10**9, "1", time_ms=NOW), clock=lambda: seconds[0])
    exchange = exchange_with("100", [], [])

    with pytest.raises(ExchangeUnavailable, match="the stream told"):
        await reader(exchange, feed).take(request())

    seconds[0] = LATELY_S
    assert (await reader(exchange, feed).take(request())).subject is not None


async def test_a_fill_that_stream_and_reads_number_differently_is_known_by_its_order() -> None:
    fill = trade(501, "-25", time_ms=NOW - 5, order_id=9)
    held = position("75", updated_ms=NOW - 5)
    exchange = FakeExchange(
        held=Views[Positions]((held,)), fills=Views[Trades]((OPENING, fill)), orders=[own(1, 9, original="25")]
    )

    told = stream_told(fill.model_copy(update={"trade_id": 10**9}))
    assert (await reader(exchange, told).take(request())).subject == held


@pytest.mark.usefixtures("no_pauses")
async def test_a_full_close_of_a_position_that_is_up_to_date_does_not_wait_for_its_trades() -> None:
    exchange = FakeExchange(
        held=Views[Positions]((position("60", updated_ms=NOW - 5),)), fills=Views[Trades]((OPENING,))
    )

    await reader(exchange, stream_told(trade(501, "-40", time_ms=NOW - 5))).take(request("full", full=True))

    assert exchange.held.reads == 1


@pytest.mark.usefixtures("no_pauses")
async def test_hedge_mode_a_full_close_does_not_wait_for_what_was_told_of_the_other_side() -> None:
    held = (position("100", LONG, updated_ms=NOW - 2 * DAY),)
    exchange = FakeExchange(
        held=Views[Positions](held), fills=Views[Trades]((trade(OPENED_BY, "100", days_ago=2, side=LONG),)), hedge=True
    )

    await reader(exchange, stream_told(trade(501, "-40", time_ms=NOW, side=SHORT))).take(request("full", full=True))

    assert exchange.held.reads == 1


@pytest.mark.parametrize("status", ["NEW", "PARTIALLY_FILLED"])
async def test_an_order_of_ours_that_is_still_on_its_way_is_waited_for(status: str) -> None:
    exchange = exchange_with("100", [], [own(1, 9, status=status, original="25", executed="0")])

    with pytest.raises(ExchangeUnavailable, match="not final"):
        await reader(exchange).take(request())


async def test_r53_pieces_of_a_split_order_are_found_by_listing_because_their_ids_cannot_be_guessed() -> None:
    pieces = [order(20 + left, client_order_id(OPENED_BY, "p25", 1, left)) for left in range(3)]
    exchange = FakeExchange(
        held=Views[Positions]((position("5000"),)),
        fills=Views[Trades]((trade(OPENED_BY, "5000", days_ago=2),)),
        orders=pieces,
    )

    snapshot = await reader(exchange).take(request())

    assert ids(snapshot.own_orders) == {20, 21, 22}
    assert exchange.listings == [NOW - 2 * DAY]


async def test_filters_that_contradict_each_other_are_a_failed_read_and_not_a_crash() -> None:
    odd = RULES.model_copy(
        update={"step": Decimal("0.003"), "market_step": Decimal("0.003"), "market_min_quantity": Decimal("0.002")}
    )
    exchange = exchange_with("100", [], [])
    exchange.rules = odd

    with pytest.raises(ExchangeUnavailable, match="contradict"):
        await reader(exchange).take(request())


async def test_without_a_position_no_order_is_looked_for() -> None:
    exchange = FakeExchange(fills=Views[Trades]((trade(7, "1"), trade(8, "-1"))))

    snapshot = await reader(exchange).take(request())

    assert (snapshot.subject, snapshot.generation, snapshot.own_orders) == (None, None, ())
    assert snapshot.last_trade_id == 8
    assert exchange.looked_up == []


async def test_hedge_mode_with_both_sides_open_and_none_named_shows_both_and_decides_for_none() -> None:
    both = (position("3", LONG), position("-4", SHORT))
    exchange = FakeExchange(held=Views[Positions](both), hedge=True)

    snapshot = await reader(exchange).take(request())

    assert (snapshot.positions, snapshot.subject) == (both, None)


async def test_the_rules_are_read_anew_when_asked() -> None:
    exchange = exchange_with("100", [], [])

    await reader(exchange).take(request(refresh=True))

    assert exchange.refreshed == [SYMBOL]


async def test_an_exchange_that_does_not_answer_is_an_error_and_not_a_flat_position() -> None:
    with pytest.raises(ExchangeUnavailable):
        await reader(FakeExchange(away=True)).take(request())


async def test_quantities_stay_exact() -> None:
    exchange = exchange_with("0.1", [trade(501, "-99.9", days_ago=1)], [])

    snapshot = await reader(exchange).take(request())

    assert snapshot.subject is not None
    assert snapshot.subject.amount == Decimal("0.1")
