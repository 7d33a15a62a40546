"""Who goes first, and who is turned away, when the exchange allows less than there is to send."""

import asyncio
from dataclasses import dataclass, field

import pytest

from exchange.call import Call
from exchange.classify import Scope
from exchange.limits import Limits, Passage, Wait
from exchange.turnstile import Turnstile
from exchange.window import EDGE_MS, Window

SPAN_MS = 400


@dataclass
class Gateway:
    """A turnstile before an exchange that allows few orders in a short while."""

    limits: Limits = field(default_factory=Limits)
    turnstile: Turnstile = field(init=False)
    went: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turnstile = Turnstile(self.limits)

    def allow(self, orders: int) -> None:
        self.limits._orders_10s = Window(SPAN_MS, orders)

    async def new_interval(self) -> None:
        """Sleep until one has just begun."""
        await asyncio.sleep(self.limits._orders_10s.turns_in_ms(self.limits._now_ms()) / 1000)

    async def order(self, urgency: int, patience_s: float = 10.0, number: int = 0) -> Passage | Wait:
        call = Call("POST", "/fapi/v1/order", "h", f"S{number}", f"hv-{number}", urgency, patience_s=patience_s)
        entered = await self.turnstile.enter(call)
        if isinstance(entered, Passage):
            self.went.append(urgency)
            self.limits.answered(entered, {}, refused=False)
            self.turnstile.nudge()
        return entered


@pytest.fixture
async def gateway() -> Gateway:
    gateway = Gateway()
    gateway.allow(2)
    await gateway.new_interval()
    return gateway


async def test_while_there_is_room_nobody_waits(gateway: Gateway) -> None:
    assert isinstance(await gateway.order(1, patience_s=0), Passage)


async def test_an_emergency_goes_before_a_full_close_before_a_part(gateway: Gateway) -> None:
    await asyncio.gather(gateway.order(1), gateway.order(1))  # the interval is full
    await asyncio.gather(*(gateway.order(urgency) for urgency in (1, 2, 1, 3, 2, 3)))
    assert gateway.went[2:] == [3, 3, 2, 2, 1, 1]


async def test_equals_go_in_the_order_of_their_arrival(gateway: Gateway) -> None:
    arrived: list[int] = []

    async def come(number: int) -> None:
        await gateway.order(2, number=number)
        arrived.append(number)

    await asyncio.gather(*(come(number) for number in range(7)))
    assert arrived == list(range(7))


async def test_as_many_go_in_each_interval_as_are_allowed(gateway: Gateway) -> None:
    instants: list[int] = []

    async def come() -> None:
        await gateway.order(2)
        instants.append(gateway.limits._now_ms())

    await asyncio.gather(*(come() for _ in range(8)))
    intervals = [gateway.limits._orders_10s.interval(instant) for instant in instants]
    first = intervals[0]
    assert intervals == [first, first, first + 1, first + 1, first + 2, first + 2, first + 3, first + 3]
    assert all((instant - EDGE_MS) % SPAN_MS < 100 for instant in instants[2:])  # at once when the interval begins


async def test_whoever_has_no_patience_is_told_when_to_come_back(gateway: Gateway) -> None:
    await asyncio.gather(gateway.order(2), gateway.order(2))
    turned_away = await gateway.order(2, patience_s=0)
    assert isinstance(turned_away, Wait)
    assert 0 < turned_away.ms <= SPAN_MS + EDGE_MS
    assert "orders" in turned_away.why


async def test_a_place_that_is_given_back_is_taken_at_once(gateway: Gateway) -> None:
    gateway.allow(1)
    gateway.limits._orders_10s = Window(60_000, 1)
    held = await gateway.turnstile.enter(Call("POST", "/fapi/v1/order", "h", patience_s=1))
    assert isinstance(held, Passage)
    waiting = asyncio.create_task(gateway.order(2, patience_s=61))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    gateway.limits.answered(held, {}, refused=True)
    gateway.turnstile.nudge()
    assert isinstance(await asyncio.wait_for(waiting, 1), Passage)


async def test_nobody_goes_out_during_a_ban_however_urgent(gateway: Gateway) -> None:
    gateway.limits.close(Scope.ADDRESS, 60_000)
    told = await asyncio.gather(*(gateway.order(urgency) for urgency in (3, 2, 1)))
    assert all(isinstance(wait, Wait) and wait.ms > 59_000 and "banned" in wait.why for wait in told)
    assert gateway.went == []


async def test_a_ban_reaches_those_who_wait_already(gateway: Gateway) -> None:
    await asyncio.gather(gateway.order(2), gateway.order(2))
    waiting = asyncio.create_task(gateway.order(3))
    await asyncio.sleep(0.01)
    gateway.limits.close(Scope.ADDRESS, 60_000)
    assert isinstance(await asyncio.wait_for(waiting, 2), Wait)


async def test_one_that_is_cancelled_leaves_the_queue(gateway: Gateway) -> None:
    await asyncio.gather(gateway.order(2), gateway.order(2))
    first, second = asyncio.create_task(gateway.order(3)), asyncio.create_task(gateway.order(1))
    await asyncio.sleep(0.01)
    first.cancel()
    assert isinstance(await asyncio.wait_for(second, 2), Passage)
    assert gateway.turnstile._orders == []


async def test_a_read_waits_a_moment_and_no_longer(gateway: Gateway) -> None:
    gateway.limits.close(Scope.WEIGHT, 100)
    read = Call("GET", "/fapi/v1/order", "h", "ETHUSDT", patience_s=1)
    assert isinstance(await gateway.turnstile.enter(read), Passage)
    gateway.limits.close(Scope.WEIGHT, 1_500)
    assert isinstance(await gateway.turnstile.enter(read), Wait)
