"""The stream's word decides how long an order's answer is waited for, and nothing else."""

import asyncio

import pytest

from activities import sending
from activities.sending import send
from contracts.order import SendReport, Ticket, Verdict
from exchange.user_stream_events import OrderNews
from exchange.user_stream_fills import ToldFills
from tests.activities.fake_exchange import FakeExchange
from tests.activities.samples import SYMBOL, ticket

TICKET = ticket()
ACCEPTED = SendReport(verdict=Verdict.ACCEPTED)


@pytest.fixture(autouse=True)
def little_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than any answer here takes on purpose."""
    monkeypatch.setattr(sending, "GRACE_SECONDS", 0.02)


class Answering:
    """An exchange whose answer the test gives, and a stream whose word it speaks."""

    def __init__(self) -> None:
        self.feed = ToldFills()
        self.sending = asyncio.Event()
        self.answer: asyncio.Future[SendReport] = asyncio.get_running_loop().create_future()
        self.exchange = FakeExchange(send=self._send)

    async def _send(self, _: Ticket) -> SendReport:
        self.sending.set()
        return await self.answer

    async def sent(self) -> asyncio.Task[SendReport]:
        """The order is on its way."""
        task = asyncio.create_task(send(self.exchange, self.feed, TICKET))
        await self.sending.wait()
        return task

    def tell(self, status: str, name: str = TICKET.client_order_id, symbol: str = SYMBOL) -> None:
        self.feed.take(OrderNews(symbol, 7, name, status))


async def test_the_answer_is_the_answer() -> None:
    answering = Answering()
    task = await answering.sent()
    answering.answer.set_result(ACCEPTED)

    assert await task == ACCEPTED


async def test_an_answer_that_comes_with_the_word_is_still_the_answer() -> None:
    answering = Answering()
    task = await answering.sent()
    answering.tell("FILLED")
    await asyncio.sleep(0)
    answering.answer.set_result(ACCEPTED)

    assert await task == ACCEPTED


@pytest.mark.parametrize("status", ["FILLED", "EXPIRED", "CANCELED", "EXPIRED_IN_MATCH"])
async def test_an_order_that_is_told_to_have_ended_is_unknown_when_no_answer_comes(status: str) -> None:
    answering = Answering()
    task = await answering.sent()
    answering.tell("NEW")
    answering.tell(status)

    async with asyncio.timeout(5):
        report = await task
    assert (report.verdict, report.order) == (Verdict.UNKNOWN, None)
    assert len(answering.exchange.sent) == 1
    answering.answer.set_exception(OSError("later"))  # nobody is there to hear it, and nobody needs to


@pytest.mark.parametrize(
    ("status", "name", "symbol"),
    [
        ("PARTIALLY_FILLED", TICKET.client_order_id, SYMBOL),
        ("FILLED", "hv-b-full-1", SYMBOL),
        ("FILLED", TICKET.client_order_id, "BTCUSDT"),
    ],
)
async def test_other_words_shorten_nothing(status: str, name: str, symbol: str) -> None:
    answering = Answering()
    task = await answering.sent()
    answering.tell(status, name, symbol)
    await asyncio.sleep(0.05)
    assert not task.done()
    answering.answer.set_result(ACCEPTED)

    assert await task == ACCEPTED


async def test_a_ticket_that_is_refused_before_it_is_sent_says_so() -> None:
    answering = Answering()
    task = await answering.sent()
    answering.answer.set_exception(ValueError("unsafe"))

    with pytest.raises(ValueError, match="unsafe"):
        await task


async def test_a_defective_feed_is_no_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = Answering()
    monkeypatch.setattr(answering.feed, "ended", None)
    task = await answering.sent()
    await asyncio.sleep(0.05)
    assert not task.done()
    answering.answer.set_result(ACCEPTED)

    assert await task == ACCEPTED


async def test_without_a_feed() -> None:
    assert await send(FakeExchange(), None, TICKET) == ACCEPTED
