"""Waiting for the stream's word takes no longer, and never less, than waiting without it."""

import asyncio

from activities.news import News
from exchange.user_stream_events import PositionNews
from exchange.user_stream_fills import ToldFills
from tests.activities.samples import SYMBOL

RINGS = PositionNews((SYMBOL,))
NEVER = 60.0


def now() -> float:
    return asyncio.get_running_loop().time()


def pausing(feed: ToldFills | None, seconds: float) -> News:
    news = News(feed, SYMBOL, 2)
    news.pause(seconds)
    return news


async def test_without_a_feed_it_is_a_pause() -> None:
    begun = now()

    assert not await pausing(None, 0.02).break_pause()
    assert now() - begun >= 0.02


async def test_news_since_its_making_come_at_once() -> None:
    feed = ToldFills()
    news = pausing(feed, NEVER)
    feed.take(RINGS)

    async with asyncio.timeout(5):
        assert await news.break_pause()


async def test_news_end_the_wait() -> None:
    feed = ToldFills()
    waiting = asyncio.create_task(pausing(feed, NEVER).break_pause())
    await asyncio.sleep(0)
    feed.take(RINGS)

    async with asyncio.timeout(5):
        assert await waiting


async def test_without_news_the_pause_is_sat_out() -> None:
    feed, begun = ToldFills(), now()
    news = pausing(feed, 0.02)
    feed.take(PositionNews(("BTCUSDT",)))

    assert not await news.break_pause()
    assert now() - begun >= 0.02


async def test_a_stream_that_rings_all_the_time_is_heard_twice() -> None:
    feed, begun = ToldFills(), now()
    news = pausing(feed, 0.05)
    heard = 0
    while now() - begun < 0.05:
        feed.take(RINGS)
        heard += await news.break_pause()

    assert heard == 2
