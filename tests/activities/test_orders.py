"""The one step with consequences: sent once, or certainly not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import orders
from activities.marks import SentMarks
from activities.orders import ExchangeOrders
from contracts.mode import Mode
from contracts.order import OrderSide, PositionSide, Reaction, SendReport, Ticket, Verdict
from contracts.resting import CancelRequest
from exchange.order_form import UnsafeTicket
from tests.activities.fake_exchange import FakeExchange
from tests.activities.samples import NOW, SYMBOL, ticket

LONG, SHORT, BOTH = PositionSide.LONG, PositionSide.SHORT, PositionSide.BOTH
BUY, SELL = OrderSide.BUY, OrderSide.SELL

Place = Callable[[Ticket], Awaitable[SendReport]]


class Remembered(SentMarks):
    """Marks by hand."""

    def __init__(self, earlier: int | None = None) -> None:
        self._earlier = earlier

    async def earlier(self, ticket: Ticket) -> int | None:
        del ticket
        return self._earlier


def orders_with(exchange: FakeExchange, mode: Mode = Mode.LIVE, marks: SentMarks | None = None) -> ExchangeOrders:
    return ExchangeOrders(exchange, mode, marks or Remembered())


def place_with(exchange: FakeExchange, mode: Mode = Mode.LIVE, marks: SentMarks | None = None) -> Place:
    return orders_with(exchange, mode, marks).place_order


async def test_a_fresh_ticket_is_sent_as_it_is_and_once() -> None:
    exchange = FakeExchange()

    report = await ActivityEnvironment().run(place_with(exchange), ticket())

    assert report.verdict is Verdict.ACCEPTED
    assert exchange.sent == [ticket()]


async def test_shadow_mode_sends_nothing_and_says_so_by_name() -> None:
    exchange = FakeExchange()

    with pytest.raises(ApplicationError) as refused:
        await ActivityEnvironment().run(place_with(exchange, Mode.SHADOW), ticket())

    assert refused.value.type == "NotSent"
    assert exchange.sent == []


async def test_a_ticket_whose_window_is_over_is_not_sent() -> None:
    exchange = FakeExchange(clock_ms=NOW + 5001)

    report = await ActivityEnvironment().run(place_with(exchange), ticket())

    assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.NEW_ATTEMPT)
    assert exchange.sent == []


async def test_a_ticket_on_the_last_millisecond_of_its_window_is_sent() -> None:
    exchange = FakeExchange(clock_ms=NOW + 5000)

    await ActivityEnvironment().run(place_with(exchange), ticket())

    assert len(exchange.sent) == 1


async def test_r46_a_repeated_activity_sends_nothing_and_knows_nothing() -> None:
    exchange, environment = FakeExchange(), ActivityEnvironment()
    environment.info = replace(environment.info, attempt=2)

    report = await environment.run(place_with(exchange), ticket())

    assert report.verdict is Verdict.UNKNOWN
    assert exchange.sent == []


async def test_a_slow_exchange_is_waited_for_with_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "FIRST_BEAT_SECONDS", 0.01)
    monkeypatch.setattr(orders, "BEAT_SECONDS", 0.01)
    beats, patience = 0, asyncio.Event()

    def beat(*_: object) -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            patience.set()

    async def answer_late(sent: Ticket) -> SendReport:
        del sent
        await patience.wait()
        return SendReport(verdict=Verdict.ACCEPTED)

    environment = ActivityEnvironment()
    environment.on_heartbeat = beat

    async with asyncio.timeout(5):
        report = await environment.run(place_with(FakeExchange(send=answer_late)), ticket())

    assert report.verdict is Verdict.ACCEPTED
    assert beats == 3


async def test_a_quick_exchange_costs_no_heartbeat() -> None:
    beats: list[object] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details)

    await environment.run(place_with(FakeExchange()), ticket())

    assert beats == []


async def test_heartbeats_end_with_the_answer_also_when_it_is_an_error() -> None:
    async def fail(sent: Ticket) -> SendReport:
        del sent
        raise RuntimeError("a bug of the adapter")

    before = asyncio.all_tasks()
    with pytest.raises(RuntimeError, match="a bug of the adapter"):
        await ActivityEnvironment().run(place_with(FakeExchange(send=fail)), ticket())

    assert asyncio.all_tasks() == before


async def test_the_resting_orders_that_were_named_are_cancelled_and_no_others() -> None:
    exchange = FakeExchange()
    request = CancelRequest(symbol=SYMBOL, order_ids=(1, 2), algo_ids=(11,))

    gone = await ActivityEnvironment().run(orders_with(exchange).cancel_resting, request)

    assert sorted(exchange.cancelled) == [1, 2, 11]
    assert gone == 3


async def test_an_order_that_was_handed_to_the_network_before_is_not_sent_again() -> None:
    exchange = FakeExchange()

    report = await ActivityEnvironment().run(place_with(exchange, marks=Remembered(earlier=1)), ticket())

    assert report.verdict is Verdict.UNKNOWN
    assert exchange.sent == []


async def test_a_ticket_that_the_adapter_finds_unsafe_was_certainly_not_sent() -> None:
    async def refuse(sent: Ticket) -> SendReport:
        raise UnsafeTicket(f"{sent.client_order_id} would not reduce")

    with pytest.raises(ApplicationError) as refused:
        await ActivityEnvironment().run(place_with(FakeExchange(send=refuse)), ticket())

    assert refused.value.type == "NotSent"


async def test_any_other_trouble_is_never_called_not_sent() -> None:
    """The order may have executed and its answer be the trouble: what follows is a look, not another order."""

    async def choke(sent: Ticket) -> SendReport:
        raise ValueError(f"the answer about {sent.client_order_id} is beyond us")

    with pytest.raises(ValueError, match="beyond us"):
        await ActivityEnvironment().run(place_with(FakeExchange(send=choke)), ticket())
