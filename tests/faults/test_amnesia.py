"""All that we ever stored is gone and the whole stream is read again. The exchange remembers (DESIGN idea 1)."""

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.names import CONSUMER_GROUP, STREAM_INTENT
from harvest.servers import worker_command
from harvest.stack import Stack, StackConfig
from tests.bridge.servers import eventually
from tests.faults.outside import READY, Outside
from tests.lab import Lab

Book = tuple[list[str], dict[str, Decimal]]
SYMBOLS = ("SOLUSDT", "ETHUSDT", "BTCUSDT")


async def take_a_history(lab: Lab) -> list[str]:
    """Two rungs of one position, a long closed in full and a short closed in full; returns the entries."""
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.open("ETHUSDT", "LONG", "3")
    await lab.open("BTCUSDT", "SHORT", "2")
    said: list[tuple[str, str, Mapping[str, str]]] = [
        ("SOLUSDT", "PARTIAL_CLOSE", {"percentage": "0.25", "intent_id": "brain-1"}),
        ("SOLUSDT", "PARTIAL_CLOSE", {"percentage": "0.25", "intent_id": "brain-2"}),
        ("SOLUSDT", "PARTIAL_25", {}),
        ("ETHUSDT", "CLOSE", {"intent_id": "brain-3"}),
        ("BTCUSDT", "CLOSE", {}),
    ]
    entries = []
    for symbol, action, more in said:
        entries.append(await lab.send(symbol, action, **more))
        await lab.result(entries[-1])
    for symbol in SYMBOLS:
        await lab.handle(symbol).result()
    return entries


async def book(lab: Lab) -> Book:
    """What the exchange knows of us: every order request that arrived, and the positions."""
    requests = [row["client_order_id"] for symbol in SYMBOLS for row in await lab.requests(symbol)]
    return requests, {symbol: await lab.position(symbol) for symbol in SYMBOLS}


async def forget_redis(lab: Lab) -> None:
    """Nothing stays but the intent stream: no group, no result, no mark, no record."""
    await lab.redis.xgroup_destroy(STREAM_INTENT, CONSUMER_GROUP)
    async for key in lab.redis.scan_iter():
        if key != STREAM_INTENT.encode():
            await lab.redis.delete(key)
    lab._results.clear()
    lab._seen = "0-0"


async def all_dealt_with(lab: Lab) -> None:
    """Return when the whole stream was read and acknowledged."""

    async def nothing_left() -> bool:
        groups: Any = await lab.redis.xinfo_groups(STREAM_INTENT)
        last: Any = await lab.redis.xinfo_stream(STREAM_INTENT)
        return any(
            group["pending"] == 0 and group["last-delivered-id"] == last["last-generated-id"] for group in groups
        )

    await eventually(nothing_left)


async def test_the_whole_stream_again_after_redis_forgot_everything_sends_no_order(lab: Lab) -> None:
    entries = await take_a_history(lab)
    before = await book(lab)
    await lab.stop()
    await forget_redis(lab)

    await lab.start()

    outcomes = [(await lab.result(entry))["outcome"] for entry in entries]
    assert outcomes == ["ALREADY_DONE", "ALREADY_DONE", "ALREADY_DONE", "ALREADY_FLAT", "ALREADY_FLAT"]
    assert await book(lab) == before
    assert before[1] == {"SOLUSDT": Decimal("42.19"), "ETHUSDT": 0, "BTCUSDT": 0}
    assert await lab.trades_closed() == []


async def test_an_unfinished_rung_is_finished_by_what_the_exchange_says_is_left_of_it(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("partial_fill", fraction="0.4")
    await lab.fault("error", code=-1008, msg="overloaded", times=-1)
    entry = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5", intent_id="brain-1")
    await lab.until("SOLUSDT", attempts=2)
    await lab.stop()
    await lab.handle("SOLUSDT").terminate("as if Temporal were empty")
    await forget_redis(lab)
    await lab.call("DELETE", "/sim/faults")

    await lab.start()

    result = await lab.result(entry)
    assert result["outcome"] == "REDUCED"
    assert Decimal(result["filled_qty"]) == 50  # also what was filled before everything was forgotten
    assert await lab.position("SOLUSDT") == 50
    assert await lab.executed("SOLUSDT") == 50
    sent = [row for row in await lab.requests("SOLUSDT") if row["outcome"] == "accepted"]
    assert [Decimal(row["params"]["quantity"]) for row in sent] == [50, 30]


async def test_an_order_that_was_in_flight_when_everything_was_lost_is_found_and_not_sent_again(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("executed_delay", delay_ms=3000)
    entry = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await lab.until("SOLUSDT", attempts=1)
    await lab.handle("SOLUSDT").terminate("as if Temporal were empty")
    await lab.stop()
    await forget_redis(lab)

    await lab.start()

    assert (await lab.result(entry))["outcome"] == "ALREADY_DONE"
    assert len(await lab.requests("SOLUSDT")) == 1
    assert await lab.position("SOLUSDT") == 50


async def test_hedge_mode_the_whole_stream_again_sends_no_order_on_either_side(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "100")
    await hedge_lab.open("SOLUSDT", "SHORT", "40")
    entries = [
        await hedge_lab.send("SOLUSDT", "PARTIAL_25", side="LONG"),
        await hedge_lab.send("SOLUSDT", "PARTIAL_50", side="SHORT"),
    ]
    for entry in entries:
        await hedge_lab.result(entry)
    await hedge_lab.stop()
    await forget_redis(hedge_lab)

    await hedge_lab.start()

    assert {(await hedge_lab.result(entry))["outcome"] for entry in entries} == {"ALREADY_DONE"}
    assert len(await hedge_lab.requests("SOLUSDT")) == 2
    assert await hedge_lab.position("SOLUSDT", "LONG") == 75
    assert await hedge_lab.position("SOLUSDT", "SHORT") == -20


async def test_only_the_group_is_gone_and_every_entry_keeps_the_answer_it_had(lab: Lab) -> None:
    entries = await take_a_history(lab)
    before, answered = await book(lab), [await lab.result(entry) for entry in entries]
    await lab.stop()
    await lab.redis.xgroup_destroy(STREAM_INTENT, CONSUMER_GROUP)

    await lab.start()
    await all_dealt_with(lab)
    for symbol in SYMBOLS:
        await lab.handle(symbol).result()

    assert [await lab.results(entry) for entry in entries] == [[answer] for answer in answered]
    assert await book(lab) == before


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    """A stack of its own, whose Temporal can be thrown away."""
    async with Stack(StackConfig(tmp_path / "first")) as stack, await Outside.of(stack) as running:
        yield running


async def test_a_fresh_temporal_beside_a_redis_without_memory_sends_no_order(outside: Outside, tmp_path: Path) -> None:
    entries = await take_a_history(outside)
    before = await book(outside)
    await outside.stack.stop_worker()
    await forget_redis(outside)

    async with Stack(StackConfig(tmp_path / "second", worker=False, simulator=False)) as fresh:
        settings = {**outside.stack._worker_environment(), "TEMPORAL_ADDRESS": fresh.temporal_address}
        await fresh.start_program("worker", worker_command(), settings, READY)
        outcomes = [(await outside.result(entry))["outcome"] for entry in entries]

    assert outcomes == ["ALREADY_DONE", "ALREADY_DONE", "ALREADY_DONE", "ALREADY_FLAT", "ALREADY_FLAT"]
    assert await book(outside) == before
