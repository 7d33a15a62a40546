"""The worker dies, is stopped or freezes at the worst moment. The exchange's ledger says how often an order arrived."""

import os
import signal
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import Outside, start_second_worker

IN_FLIGHT_MS = 1500


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A stack of its own for each test, with a worker that can be killed."""
    settings = {"HARVEST_RECV_WINDOW_MS": "1000", "HARVEST_ORDER_TIMEOUT": "10"}
    async with Stack(StackConfig(tmp_path, worker_settings=settings)) as stack, await Outside.of(stack) as running:
        yield running


async def put_an_order_in_flight(outside: Outside, delay_ms: int = IN_FLIGHT_MS) -> str:
    """Half of a long of 100 is being closed: the exchange has executed the order and not answered yet."""
    await outside.open("SOLUSDT", "LONG", "100")
    await outside.fault("executed_delay", delay_ms=delay_ms)
    entry = await outside.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await outside.order_arrived("SOLUSDT")
    return entry


async def assert_closed_once(outside: Outside, entry: str) -> None:
    """One order on the exchange, the position where it should be, one answer."""
    result = await outside.result(entry)
    assert result["outcome"] == "REDUCED"
    assert Decimal(result["filled_qty"]) == 50
    await outside.handle("SOLUSDT").result()
    assert len(await outside.requests("SOLUSDT")) == 1
    assert await outside.executed("SOLUSDT") == 50
    assert await outside.position("SOLUSDT") == 50
    assert len(await outside.results(entry)) == 1
    await outside.all_acknowledged()


async def test_r46_killed_between_the_orders_arrival_and_its_answer_another_worker_ends_the_close(
    outside: Outside,
) -> None:
    entry = await put_an_order_in_flight(outside, delay_ms=30_000)

    await outside.stack.kill_worker()
    await outside.stack.start_worker()

    await assert_closed_once(outside, entry)


async def test_killed_before_the_order_was_sent_another_worker_sends_it(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "100")
    await outside.fault("executed_delay", call="GET /fapi/v3/positionRisk", delay_ms=30_000)
    entry = await outside.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await outside.fault_struck("GET /fapi/v3/positionRisk")

    await outside.stack.kill_worker()
    assert await outside.requests("SOLUSDT") == []
    await outside.stack.start_worker()

    await assert_closed_once(outside, entry)


async def test_killed_after_the_answer_and_before_the_result_the_result_comes_once(outside: Outside) -> None:
    await outside.open("SOLUSDT", "LONG", "100")
    await outside.fault("executed_delay", call="GET /fapi/v3/positionRisk", delay_ms=30_000, skip=1)
    entry = await outside.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await outside.fault_struck("GET /fapi/v3/positionRisk")
    assert [row["outcome"] for row in await outside.requests("SOLUSDT")] == ["accepted"]

    await outside.stack.kill_worker()
    await outside.stack.start_worker()

    await assert_closed_once(outside, entry)


async def test_killed_again_and_again_a_full_close_is_closed_once(outside: Outside) -> None:
    await outside.open("SOLUSDT", "SHORT", "40")
    await outside.fault("executed_delay", delay_ms=30_000)
    entry = await outside.send("SOLUSDT")
    await outside.order_arrived("SOLUSDT")

    for _ in range(3):
        await outside.stack.kill_worker()
        await outside.stack.start_worker()

    result = await outside.result(entry)
    await outside.handle("SOLUSDT").result()
    assert result["outcome"] == "CLOSED_FLAT"
    assert await outside.executed("SOLUSDT") == 40
    assert len(await outside.requests("SOLUSDT")) == 1
    assert len(await outside.trades_closed()) == 1


async def test_asked_to_stop_with_an_order_in_flight_it_ends_gracefully_and_nothing_is_lost(outside: Outside) -> None:
    entry = await put_an_order_in_flight(outside)
    worker = outside.stack.worker
    assert worker is not None

    os.kill(worker.pid, signal.SIGTERM)
    code = await worker.wait()
    await outside.stack.start_worker()

    assert code == 0
    await assert_closed_once(outside, entry)


async def test_asked_to_stop_and_alone_it_still_records_the_answer_of_the_order(outside: Outside) -> None:
    await put_an_order_in_flight(outside)
    worker = outside.stack.worker
    assert worker is not None

    os.kill(worker.pid, signal.SIGTERM)
    await worker.wait()

    events = [event async for event in outside.handle("SOLUSDT").fetch_history_events()]
    assert any(event.HasField("activity_task_completed_event_attributes") for event in events)


@pytest.fixture
async def frozen(outside: Outside) -> AsyncIterator[int]:
    """The pid of the worker; it is thawed at the end, or it could not be stopped."""
    worker = outside.stack.worker
    assert worker is not None
    yield worker.pid
    if worker.running:
        os.kill(worker.pid, signal.SIGCONT)


async def test_frozen_longer_than_its_heartbeat_and_thawed_it_does_not_send_twice(
    outside: Outside, frozen: int
) -> None:
    entry = await put_an_order_in_flight(outside)

    os.kill(frozen, signal.SIGSTOP)
    await heartbeat_timed_out(outside)
    os.kill(frozen, signal.SIGCONT)

    await assert_closed_once(outside, entry)


async def test_frozen_while_another_worker_takes_over_it_wakes_up_and_changes_nothing(
    outside: Outside, frozen: int
) -> None:
    entry = await put_an_order_in_flight(outside)

    os.kill(frozen, signal.SIGSTOP)
    await start_second_worker(outside.stack)
    first = await outside.result(entry)
    os.kill(frozen, signal.SIGCONT)
    second = await outside.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.1")

    assert (first["outcome"], second["outcome"]) == ("REDUCED", "REDUCED")
    assert [Decimal(row["params"]["quantity"]) for row in await outside.requests("SOLUSDT")] == [50, 5]
    assert await outside.position("SOLUSDT") == 45
    assert len(await outside.results(entry)) == 1


async def heartbeat_timed_out(outside: Outside) -> None:
    """Return when the server has given up on the activity that sent the order."""

    async def given_up() -> bool:
        events = [event async for event in outside.handle("SOLUSDT").fetch_history_events()]
        return any(event.HasField("activity_task_timed_out_event_attributes") for event in events)

    await eventually(given_up)
