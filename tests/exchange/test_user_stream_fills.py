"""What the stream told: each fill once, nothing contradictory, and a bell that never rings too late."""

import asyncio
from decimal import Decimal

from contracts.order import OrderSide, OrderState, PositionSide, Trade
from exchange.user_stream_events import KeyExpired, OrderNews, OtherNews, PositionNews
from exchange.user_stream_fills import LATELY_S, MOST_ORDERS, ToldFills

SYMBOL = "ETHUSDT"
NEVER = 60.0


def fill(trade_id: int, quantity: str = "1", order_id: int = 7) -> Trade:
    return Trade(
        trade_id=trade_id,
        order_id=order_id,
        side=OrderSide.SELL,
        position_side=PositionSide.BOTH,
        price=Decimal(3000),
        quantity=Decimal(quantity),
        realized_pnl=Decimal(1),
        commission=Decimal("1.5"),
        commission_asset="USDT",
        maker=False,
        time_ms=1,
    )


def news(told: Trade | None, name: str = "hv-a-full-1", symbol: str = SYMBOL) -> OrderNews:
    return OrderNews(symbol, told.order_id if told else 7, name, "FILLED", told)


def order(order_id: int = 7, name: str = "hv-a-full-1") -> OrderState:
    return OrderState(
        order_id=order_id,
        client_order_id=name,
        status="FILLED",
        side=OrderSide.SELL,
        position_side=PositionSide.BOTH,
        original_quantity=Decimal(2),
        executed_quantity=Decimal(2),
    )


def told(*events: OrderNews) -> ToldFills:
    fills = ToldFills()
    for event in events:
        fills.take(event)
    return fills


def test_fills_come_by_trade_id_however_they_arrived_and_however_often() -> None:
    first, second = fill(1), fill(2)

    assert told(news(second), news(first), news(second), news(None)).fills(SYMBOL, order()) == (first, second)


def test_an_order_of_which_two_things_are_told_is_told_nothing_of() -> None:
    assert told(news(fill(1, "1")), news(fill(1, "2")), news(fill(1, "1"))).fills(SYMBOL, order()) == ()
    assert told(news(fill(1)), news(fill(2), name="hv-b-full-1")).fills(SYMBOL, order()) == ()


def test_only_the_very_order_is_asked_about() -> None:
    fills = told(news(fill(1)))

    assert fills.fills("BTCUSDT", order()) == ()  # the exchange counts orders by symbol
    assert fills.fills(SYMBOL, order(8)) == ()
    assert fills.fills(SYMBOL, order(name="hv-b-full-1")) == ()
    assert len(fills.fills(SYMBOL, order())) == 1


def test_only_the_latest_orders_are_remembered() -> None:
    fills = told(*(news(fill(1, order_id=number)) for number in range(MOST_ORDERS + 1)))

    assert fills.fills(SYMBOL, order(0)) == ()
    assert len(fills.fills(SYMBOL, order(MOST_ORDERS))) == 1


def test_the_newest_trade_is_the_one_with_the_highest_id_and_only_for_a_few_seconds() -> None:
    seconds = [0.0]
    fills = ToldFills(clock=lambda: seconds[0])
    assert fills.newest_trade(SYMBOL) is None
    fills.take(news(fill(5)))
    fills.take(news(fill(3)))
    fills.take(news(fill(9), symbol="BTCUSDT"))
    assert fills.newest_trade(SYMBOL) == fill(5)

    seconds[0] = LATELY_S

    assert fills.newest_trade(SYMBOL) is None
    fills.take(news(fill(4)))
    assert fills.newest_trade(SYMBOL) == fill(4)


def test_how_long_it_has_told_of_everything_counts_from_the_latest_connection_and_only_while_it_lasts() -> None:
    seconds = [100.0]
    feed = ToldFills(lambda: seconds[0])
    known = [feed.told_for_s()]
    for happens, later in ((feed.gap, 3.0), (feed.gap, 2.0), (feed.ended_telling, 9.0)):
        happens()
        seconds[0] += later
        known.append(feed.told_for_s())

    assert known == [0, 3, 2, 0]


async def test_news_since_the_mark_are_not_waited_for() -> None:
    fills = ToldFills()
    mark = fills.mark(SYMBOL)
    fills.take(PositionNews((SYMBOL,)))

    assert await fills.news(SYMBOL, mark, NEVER)


async def test_everybody_who_waits_for_the_symbol_hears_of_it() -> None:
    fills = ToldFills()
    waiting = [asyncio.create_task(fills.news(SYMBOL, fills.mark(SYMBOL), NEVER)) for _ in range(2)]
    await asyncio.sleep(0)
    fills.take(news(None))

    async with asyncio.timeout(5):
        assert await asyncio.gather(*waiting) == [True, True]


async def test_a_new_connection_wakes_everybody() -> None:
    fills = ToldFills()
    waiting = asyncio.create_task(fills.news(SYMBOL, fills.mark(SYMBOL), NEVER))
    await asyncio.sleep(0)
    fills.gap()

    async with asyncio.timeout(5):
        assert await waiting


async def test_no_news_end_in_time() -> None:
    fills = ToldFills()
    fills.take(PositionNews(("BTCUSDT",)))
    fills.take(KeyExpired(None))
    fills.take(OtherNews("TRADE_LITE"))

    assert not await fills.news(SYMBOL, 0, 0.01)


async def test_who_gives_up_waiting_is_forgotten() -> None:
    fills = ToldFills()
    waiting = asyncio.create_task(fills.news(SYMBOL, fills.mark(SYMBOL), NEVER))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    fills.take(news(None))

    assert not any(fills._waiting.values())


def test_a_stream_is_silent_when_several_orders_executed_and_not_a_word_came() -> None:
    fills = ToldFills()
    for _ in range(3):
        fills.missed(SYMBOL, order(1))
    assert not fills.silent(3, 0)  # one order, three looks
    fills.missed(SYMBOL, order(2))
    fills.missed(SYMBOL, order(3))
    assert fills.silent(3, 0)
    assert not fills.silent(3, NEVER)
    fills.take(news(fill(1)))
    assert not fills.silent(1, 0)
