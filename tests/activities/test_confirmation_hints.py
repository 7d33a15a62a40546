"""With a user stream: the same reads at the same times, fewer where a cheap one proves what was told, more at news."""

import asyncio
from decimal import Decimal

import pytest

from activities import confirmation
from activities.confirmation import EARLY_READS, Confirmation
from activities.fees import FeeRates
from contracts.close import Conclusion
from contracts.errors import ExchangeUnavailable
from contracts.order import OrderState, Trade
from contracts.result import Outcome
from contracts.snapshot import Position
from exchange.user_stream_events import OrderNews, PositionNews
from exchange.user_stream_fills import ToldFills
from tests.activities.fake_exchange import FakeExchange, Positions, Trades, Views
from tests.activities.samples import NOW, SYMBOL, conclude_request, order, position, result, trade

FILL = trade(11, "-10", order_id=7, price="3000", realized="0", time_ms=NOW)
SEEN = order(7, "hv-a-full-1", original="10")
READ = SEEN.model_copy(update={"executed_quote": Decimal(30000), "updated_ms": NOW})
REQUEST = conclude_request(SEEN, draft=result(outcome=Outcome.NEEDS_HUMAN, entry_price=Decimal(3000)))
MOVED = PositionNews((SYMBOL,))


class Talkative(FakeExchange):
    """Something is told each time a position was read; the reads with these numbers fail."""

    feed: ToldFills
    failing: frozenset[int] = frozenset()

    async def positions(self, symbol: str) -> Positions:
        found = await super().positions(symbol)
        self.feed.take(MOVED)
        if self.held.reads in self.failing:
            raise ExchangeUnavailable("it does not answer")
        return found


def told(*fills: Trade, name: str = "hv-a-full-1") -> ToldFills:
    feed = ToldFills()
    for fill in fills:
        feed.take(OrderNews(SYMBOL, fill.order_id, name, "FILLED", fill))
    return feed


def learnt(*trades: Trade) -> FeeRates:
    fees = FeeRates()
    fees.learn(SYMBOL, trades)
    return fees


def exchange_with(*views: Positions, orders: tuple[OrderState, ...] = (READ,)) -> FakeExchange:
    return FakeExchange(held=Views[Positions](*views), fills=Views[Trades]((FILL,)), orders=list(orders))


def talkative(*views: Positions, failing: frozenset[int] = frozenset()) -> Talkative:
    exchange = Talkative(held=Views[Positions](*views), fills=Views[Trades]((FILL,)), orders=[READ])
    exchange.feed, exchange.failing = ToldFills(), failing
    return exchange


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pause, long enough to be noticed."""
    monkeypatch.setattr(confirmation, "PAUSES_SECONDS", (0.6,))


async def timed(conclude: Confirmation) -> tuple[Conclusion, float]:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    return await conclude.conclude(REQUEST), loop.time() - begun


async def test_proved_fills_are_not_read() -> None:
    exchange = exchange_with(())

    conclusion = await Confirmation(exchange, told(FILL), learnt(FILL)).conclude(REQUEST)

    assert conclusion == await Confirmation(exchange_with(())).conclude(REQUEST)
    assert (exchange.fills.reads, exchange.looked_up_ids, exchange.held.reads) == (0, [7], 1)


@pytest.mark.parametrize(
    ("feed", "fees"),
    [
        (ToldFills(), learnt(FILL)),
        (told(FILL), FeeRates()),
        (told(FILL.model_copy(update={"quantity": Decimal(9)})), learnt(FILL)),
        (told(FILL, name="hv-b-full-1"), learnt(FILL)),
    ],
)
async def test_what_cannot_be_proved_is_read_at_once(feed: ToldFills, fees: FeeRates) -> None:
    exchange = exchange_with(())

    conclusion = await Confirmation(exchange, feed, fees).conclude(REQUEST)

    assert conclusion == await Confirmation(exchange_with(())).conclude(REQUEST)
    assert (exchange.fills.reads, exchange.looked_up_ids) == (1, [])


@pytest.mark.parametrize("orders", [(), (SEEN,), (READ.model_copy(update={"executed_quote": Decimal(1)}),)])
async def test_what_is_not_borne_out_is_read_after_all(orders: tuple[OrderState, ...]) -> None:
    exchange = exchange_with((), orders=orders)

    conclusion = await Confirmation(exchange, told(FILL), learnt(FILL)).conclude(REQUEST)

    assert conclusion == await Confirmation(exchange_with(())).conclude(REQUEST)
    assert exchange.fills.reads == 1


async def test_fees_are_learnt_from_what_was_read() -> None:
    fees = FeeRates()
    await Confirmation(exchange_with(()), ToldFills(), fees).conclude(REQUEST)
    exchange = exchange_with(())

    await Confirmation(exchange, told(FILL), fees).conclude(REQUEST)

    assert exchange.fills.reads == 0


@pytest.mark.usefixtures("pauses")
async def test_news_end_a_pause_when_everything_fits() -> None:
    conclusion, took = await timed(Confirmation(exchange := talkative((position("10"),), ()), exchange.feed))

    assert conclusion.result.outcome is Outcome.CLOSED_FLAT
    assert took < 0.6


@pytest.mark.usefixtures("pauses")
async def test_a_position_that_others_moved_is_looked_at_a_second_time_no_sooner_than_without_news() -> None:
    elsewhere: tuple[Position, ...] = (position("3"),)
    conclusion, took = await timed(Confirmation(exchange := talkative(elsewhere), exchange.feed))

    assert conclusion.standing == "short"
    assert took >= 0.6
    assert exchange.held.reads == 2 + EARLY_READS


@pytest.mark.usefixtures("pauses")
async def test_an_early_read_that_fails_is_none() -> None:
    views = (position("10"),), (position("10"),), (position("10"),), ()
    exchange = talkative(*views, failing=frozenset({2, 3}))

    conclusion, took = await timed(Confirmation(exchange, exchange.feed))

    assert conclusion.result.outcome is Outcome.CLOSED_FLAT
    assert took >= 0.6


@pytest.mark.usefixtures("pauses")
async def test_a_stream_that_rings_for_ever_does_not_shorten_the_patience() -> None:
    conclusion, took = await timed(Confirmation(exchange := talkative((position("10"),)), exchange.feed))

    assert (conclusion.standing, conclusion.verified) == ("lagging", False)
    assert took >= 0.6
    assert exchange.held.reads == 2 + EARLY_READS
