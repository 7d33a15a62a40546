"""Everything is closed, and only the exchange's word counts for it."""

import asyncio
from typing import Any

from contracts.flatten import LineState
from contracts.names import KEY_FREEZE, KEY_HALT, STREAM_PANIC_DONE
from contracts.result import Outcome
from tests.flatten.orders import COARSE, flatten, open_many, positions, reached
from tests.lab import Lab


async def test_twenty_positions_long_and_short_are_flat_and_each_was_ordered_once(crowd: Lab) -> None:
    names = await open_many(crowd, 20, ("LONG", "SHORT"))

    result = await (await flatten(crowd)).result()

    assert await positions(crowd) == []
    assert result.flat
    assert [line.state for line in result.lines] == [LineState.FLAT] * 20
    assert [await crowd.orders_executed(name) for name in names] == [1] * 20
    assert [await crowd.executed(name) for name in names] == list(range(1, 21))


async def test_both_sides_of_a_hedge_account_are_flat(hedge_crowd: Lab) -> None:
    names = await open_many(hedge_crowd, 10, ("LONG",))
    for name in names:
        await hedge_crowd.open(name, "SHORT", "3")

    result = await (await flatten(hedge_crowd)).result()

    assert await positions(hedge_crowd) == []
    assert result.flat
    assert len(result.lines) == 20
    assert [await hedge_crowd.orders_executed(name) for name in names] == [2] * 10


async def test_one_that_the_exchange_refuses_for_a_while_is_tried_until_it_is_gone(crowd: Lab) -> None:
    names = await open_many(crowd, 4, ("LONG", "SHORT"))
    await crowd.fault("error", symbol=names[2], code=-1008, msg="overloaded", times=3)

    handle = await flatten(crowd)
    status = await reached(handle, lambda seen: [line.state for line in seen.lines].count(LineState.FLAT) == 3)
    assert not status.flat

    assert (await handle.result()).flat
    assert await positions(crowd) == []
    assert len(await crowd.requests(names[2])) == 4


async def test_what_is_opened_meanwhile_is_closed_too(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("executed_delay", delay_ms=700)

    handle = await flatten(lab)
    await reached(handle, lambda seen: len(seen.lines) == 1)
    await lab.open("ETHUSDT", "SHORT", "2")

    assert {line.symbol for line in (await handle.result()).lines} == {"SOLUSDT", "ETHUSDT"}
    assert await positions(lab) == []


async def test_a_close_that_is_under_way_is_joined_and_not_doubled(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("executed_delay", delay_ms=700)
    entry = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", phase="place")

    result = await (await flatten(lab)).result()

    assert result.flat
    assert (await lab.result(entry))["outcome"] == "CLOSED_FLAT"
    assert await lab.executed("SOLUSDT") == 10
    assert len(await lab.requests("SOLUSDT")) == 1


async def test_positions_that_cannot_be_read_are_not_no_positions(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", call="GET /fapi/v3/positionRisk", code=-1008, msg="overloaded", times=4)

    handle = await flatten(lab)
    blind = await reached(handle, lambda seen: bool(seen.waiting_for))

    assert (blind.flat, blind.reads) == (False, 0)
    assert (await handle.result()).flat
    assert await lab.executed("SOLUSDT") == 10


async def test_an_empty_account_is_flat_after_two_reads(lab: Lab) -> None:
    result = await (await flatten(lab)).result()

    assert (result.flat, result.lines) == (True, ())
    assert result.reads >= 2


async def test_new_risk_is_halted_in_the_words_of_the_original_and_the_end_is_told_once(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await (await flatten(lab, "e-1")).result()

    raw: Any = await lab.redis.hgetall(KEY_HALT)
    halted = {key.decode(): value.decode() for key, value in raw.items()}
    assert (halted["halted"], halted["reason"], halted["requires_manual_ack"]) == ("true", "drill", "true")
    (told,) = await lab.stream(STREAM_PANIC_DONE)
    assert (told["event_id"], told["positions_total"], told["positions_closed"]) == ("e-1", "1", "1")
    assert (told["failed_symbols"], told["flat"]) == ("[]", "true")
    assert result.halted


async def test_new_risk_is_halted_although_all_that_is_left_is_too_small_to_close(crowd: Lab) -> None:
    await crowd.open(COARSE, "LONG", "0.5")
    await crowd.redis.set(KEY_HALT, "no hash: the switch cannot be set")

    handle = await flatten(crowd)
    dust = await reached(handle, lambda seen: [line.state for line in seen.lines] == [LineState.DUST])
    await reached(handle, lambda seen: seen.reads > dust.reads + 1)
    await crowd.redis.delete(KEY_HALT)
    result = await handle.result()

    assert (result.flat, result.halted) == (False, True)
    assert "smaller than the exchange accepts" in result.waiting_for


async def test_r31_the_halt_of_new_risk_holds_back_no_close(lab: Lab) -> None:
    await (await flatten(lab)).result()
    await lab.open("SOLUSDT", "LONG", "10")

    assert (await lab.close("SOLUSDT"))["outcome"] == "CLOSED_FLAT"


async def test_a_freeze_is_waited_for_and_nothing_is_sent_meanwhile(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.redis.set(KEY_FREEZE, "alice: exchange incident")

    handle = await flatten(lab)
    await reached(handle, lambda seen: seen.reads >= 3)
    assert "alice" in (await handle.query("status"))["waiting_for"]
    assert await lab.requests("SOLUSDT") == []
    await lab.redis.delete(KEY_FREEZE)

    assert (await handle.result()).flat


async def test_in_shadow_mode_nothing_is_closed_and_nothing_is_halted(shadow_lab: Lab) -> None:
    await shadow_lab.open("SOLUSDT", "LONG", "10")

    result = await (await flatten(shadow_lab)).result()

    assert (result.flat, result.halted) == (False, False)
    assert "shadow" in result.waiting_for
    assert await shadow_lab.redis.exists(KEY_HALT) == 0
    assert await shadow_lab.position("SOLUSDT") == 10


async def test_r63_an_account_that_is_not_this_workers_is_left_alone(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await (await flatten(lab, account=f"{lab.account}x")).result()

    assert (result.flat, result.halted) == (False, False)
    assert f"is for account {lab.account}" in result.waiting_for
    assert await lab.position("SOLUSDT") == 10


async def test_the_one_nearest_to_its_liquidation_goes_first(crowd: Lab) -> None:
    names = await open_many(crowd, 3, ("LONG", "SHORT"))
    await crowd.open("BTCUSDT", "SHORT", "90")

    result = await (await flatten(crowd)).result()

    assert result.lines[0].symbol == "BTCUSDT"
    assert len(result.lines) == len(names) + 1


async def test_two_orders_to_flatten_at_once_close_each_position_once(crowd: Lab) -> None:
    names = await open_many(crowd, 6, ("LONG", "SHORT"))

    first, second = await flatten(crowd), await flatten(crowd, "e-2")
    results = await asyncio.gather(first.result(), second.result())

    assert all(result.flat for result in results)
    assert [len(await crowd.requests(name)) for name in names] == [1] * 6
    assert {line.outcome for line in results[0].lines} <= {None, Outcome.CLOSED_FLAT, Outcome.ALREADY_FLAT}
