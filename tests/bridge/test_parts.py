"""The small parts of the bridge."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from bridge.backoff import pause_after
from bridge.card import details, summary
from bridge.entry import order_of
from bridge.lanes import Lanes
from bridge.recent import Recent
from bridge.urgency import Urgency, urgency
from contracts.intent import CloseIntent

INTENT = CloseIntent(entry_id="1-0", symbol="ETHUSDT", action="CLOSE", decided_at=datetime(2026, 1, 1, tzinfo=UTC))


def intent(**changes: object) -> CloseIntent:
    return INTENT.model_copy(update=changes)


def test_urgency() -> None:
    assert urgency(intent(reason="emergency_stop_loss (R=-2.21)")) is Urgency.EMERGENCY
    assert urgency(intent(action="PANIC_CLOSE")) is Urgency.EMERGENCY
    assert urgency(intent()) is Urgency.FULL
    assert urgency(intent(percentage=Decimal("0.25"))) is Urgency.PARTIAL
    assert urgency(intent(action="HOLD")) is urgency(intent(action="NONSENSE")) is Urgency.OTHER
    assert urgency(intent(action="MOVE_SL_TRAIL")) is Urgency.OTHER


def test_order_of_entries_is_not_that_of_texts() -> None:
    assert order_of("9-2") < order_of("10-1") < order_of("10-11")


def test_pauses_grow_to_five_seconds() -> None:
    assert [pause_after(tries) for tries in (1, 2, 3, 100)] == [0.1, 0.2, 0.4, 1.0]


def test_what_is_forgotten() -> None:
    recent = Recent(size=2)
    for entry_id in ("1-0", "2-0", "3-0"):
        recent.add(entry_id)
    assert [entry_id in recent for entry_id in ("1-0", "2-0", "3-0")] == [False, True, True]


def test_the_summary_fits_the_server() -> None:
    assert summary(intent(percentage=Decimal("0.25"), reason="T1")) == "CLOSE 25 % ETHUSDT - T1"
    assert summary(intent()) == "CLOSE ETHUSDT"
    long = summary(intent(reason="\N{GREEK SMALL LETTER SIGMA}" * 500))
    assert 195 < len(long.encode()) <= 200


def test_details_say_what_the_producer_said() -> None:
    text = details(intent(reason="why\nnot", r_net=Decimal("-2.21"), stale=True))
    assert "**why not**" in text
    assert "- R: -2.21" in text
    assert "stale" in text


async def test_lanes_keep_order_within_and_not_between() -> None:
    lanes, gate, done = Lanes(10), asyncio.Event(), []

    async def work(name: str, wait: bool) -> None:
        if wait:
            await gate.wait()
        done.append(name)

    lanes.submit("1", "A", lambda: work("A1", True))
    lanes.submit("2", "A", lambda: work("A2", False))
    lanes.submit("3", "B", lambda: work("B1", False))
    await lanes.room(3, asyncio.Event())
    assert done == ["B1"]
    assert "1" in lanes
    gate.set()
    assert await lanes.drain(timedelta(seconds=5)) == 0
    assert done == ["B1", "A1", "A2"]
    assert len(lanes) == 0


async def test_what_waits_is_taken_up_by_urgency() -> None:
    """Neither a slot nor its own symbol's lane makes an emergency wait for a burst of partial closes."""
    lanes, gate, done = Lanes(1), asyncio.Event(), []

    async def work(name: str) -> None:
        await gate.wait()
        done.append(name)

    lanes.submit("0", "A", partial(work, "running"), Urgency.PARTIAL)
    for number, (lane, rank) in enumerate(
        [("A", Urgency.PARTIAL), ("B", Urgency.PARTIAL), ("C", Urgency.FULL), ("B", Urgency.OTHER)], 1
    ):
        lanes.submit(str(number), lane, partial(work, f"{lane} {rank.name}"), rank)
    lanes.submit("8", "A", partial(work, "A EMERGENCY"), Urgency.EMERGENCY)
    lanes.submit("9", "A", partial(work, "A later"), Urgency.PARTIAL)
    gate.set()
    assert await lanes.drain(timedelta(seconds=5)) == 0
    assert done == ["running", "A EMERGENCY", "C FULL", "A PARTIAL", "B PARTIAL", "A later", "B OTHER"]


async def test_drain_gives_up() -> None:
    lanes = Lanes(1)

    async def for_ever() -> None:
        await asyncio.Event().wait()

    lanes.submit("1", "A", for_ever)
    lanes.submit("2", "A", for_ever)
    assert await lanes.drain(timedelta(milliseconds=10)) == 2


async def test_room_ends_when_it_is_time_to_stop() -> None:
    lanes, stop = Lanes(1), asyncio.Event()

    async def for_ever() -> None:
        await asyncio.Event().wait()

    lanes.submit("1", "A", for_ever)
    waiting = asyncio.create_task(lanes.room(1, stop))
    stop.set()
    await asyncio.wait_for(waiting, 5)
    await lanes.drain(timedelta(0))
