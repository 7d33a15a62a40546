"""A stop is placed, moves towards the price and never away from it, and the position is never without one."""

import re
from decimal import Decimal

from tests.lab import Lab
from tests.stops.stage import SOL, Watcher, ended, move, orders, others_stop, price, resting, stops_of

LONG = "100"


async def test_the_first_stop_is_for_the_whole_position_and_can_only_reduce_it(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)

    answer = await move(lab, "140.001", source="brain")

    assert (answer["outcome"], answer["decisive"]) == ("STOP_MOVED", "stop_tightened")
    assert (answer["decision"], answer["executed"], answer["producer"]) == ("EXECUTE", "false", "brain")
    assert answer["workflow_id"] == f"stop-{lab.account}-{SOL}"
    assert Decimal(answer["stop_price"]) == Decimal("140.01")  # up to the next tick: towards the price
    (stop,) = await orders(lab)
    assert (stop.order_type, stop.side, stop.trigger_price) == ("STOP_MARKET", "SELL", Decimal("140.01"))
    assert (stop.quantity, stop.reduce_only, stop.close_position) == (Decimal(100), True, False)
    assert re.fullmatch(r"hs-[0-9a-z]{7}-[0-9a-z]+-1", stop.client_algo_id)
    status = await stops_of(lab).query("status")
    assert [Decimal(held["level"]) for held in status["guarding"]] == [Decimal("140.01")]


async def test_it_moves_towards_the_price_and_something_always_rests(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)
    watcher = Watcher(lab)

    outcomes = [(await move(lab, level, "MOVE_SL_TRAIL"))["outcome"] for level in ("140", "141", "142.5")]

    assert outcomes == ["STOP_MOVED"] * 3
    assert await resting(lab) == [("SELL", Decimal("142.5"), Decimal(100))]
    assert watcher.counts == [1, 2, 1, 2, 1]
    (stop,) = await orders(lab)
    assert stop.client_algo_id.endswith("-3")


async def test_it_never_moves_away_from_the_price(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)
    await move(lab, "140")
    watcher = Watcher(lab)

    looser, same = await move(lab, "139.99"), await move(lab, "140", "MOVE_SL")

    assert (looser["outcome"], looser["decisive"], looser["decision"]) == ("BLOCKED", "stop_not_tighter", "BLOCKED")
    assert (same["outcome"], same["decisive"], same["decision"]) == ("ALREADY_DONE", "stop_already_there", "SKIP")
    assert watcher.counts == []
    assert await resting(lab) == [("SELL", Decimal(140), Decimal(100))]


async def test_of_a_short_everything_is_the_other_way_round(lab: Lab) -> None:
    await lab.open(SOL, "SHORT", LONG)

    answers = [await move(lab, level) for level in ("160.009", "161", "159")]

    assert [answer["decisive"] for answer in answers] == ["stop_tightened", "stop_not_tighter", "stop_tightened"]
    assert Decimal(answers[0]["stop_price"]) == Decimal("160.00")  # down to the tick: towards the price
    assert await resting(lab) == [("BUY", Decimal(159), Decimal(100))]


async def test_a_stop_of_somebody_else_is_compared_with_and_replaced(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)
    await others_stop(lab, "140")  # closePosition: two of these cannot rest together
    watcher = Watcher(lab)

    looser, tighter = await move(lab, "139"), await move(lab, "141")

    assert (looser["decisive"], tighter["decisive"]) == ("stop_not_tighter", "stop_tightened")
    assert await resting(lab) == [("SELL", Decimal(141), Decimal(100))]
    assert watcher.counts == [2, 1]


async def test_a_tighter_stop_for_a_part_stays_beside_ours(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)
    await others_stop(lab, "145", "40")

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert await resting(lab) == [("SELL", Decimal(141), Decimal(100)), ("SELL", Decimal(145), Decimal(40))]


async def test_decisions_that_cannot_be_carried_out_say_why_and_nothing_is_sent(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)

    without = await lab.close(SOL, "PROFIT_LOCK_SL")
    nothing = await lab.close(SOL, "PROFIT_LOCK_SL", new_sl_proposed="0")
    flat = await move(lab, "140", symbol="ADAUSDT")
    strange = await move(lab, "140", account="another")
    other_side = await move(lab, "140", side="SHORT")
    unknown = await move(lab, "140", symbol="NOSUCHUSDT")
    absurd = await move(lab, "3000")

    said = [(each["outcome"], each["decisive"]) for each in (without, nothing, flat, strange, other_side, unknown)]
    assert said == [
        ("BLOCKED", "stop_moves_are_not_closes"),
        ("BLOCKED", "stop_moves_are_not_closes"),
        ("ALREADY_FLAT", "no_position"),
        ("BLOCKED", "wrong_account"),
        ("SKIPPED", "other_side_open"),
        ("BLOCKED", "unknown_symbol"),
    ]
    assert (absurd["outcome"], absurd["decisive"]) == ("BLOCKED", "stop_price_implausible")
    assert await resting(lab) == []
    assert await lab.position(SOL) == 100
    await ended(lab)


async def test_a_human_freeze_holds_back_a_stop_too(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)
    await lab.redis.set("quantum:harvest:freeze", "ops")

    assert (await move(lab, "140"))["decisive"] == "human_freeze"

    assert await resting(lab) == []


async def test_an_entry_is_answered_once_though_it_is_delivered_again(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)
    entry = await lab.send(SOL, "PROFIT_LOCK_SL", new_sl_proposed="140")
    await lab.result(entry)
    await lab.stop()
    await lab.redis.xgroup_setid("quantum:stream:harvest.intent", "harvest_bridge", "0")
    await lab.start()

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"  # behind the repetition
    assert len(await lab.results(entry)) == 1
    assert await resting(lab) == [("SELL", Decimal(141), Decimal(100))]


async def test_in_shadow_mode_it_is_a_suggestion(shadow_lab: Lab) -> None:
    await shadow_lab.open(SOL, "LONG", LONG)

    answer = await move(shadow_lab, "140")

    assert (answer["outcome"], Decimal(answer["stop_price"])) == ("SUGGESTED", Decimal(140))
    assert await resting(shadow_lab) == []
    assert len(await shadow_lab.stream("quantum:stream:harvest.suggestions")) == 1


async def test_the_price_passes_the_stop_before_it_is_placed_everything_is_closed(lab: Lab) -> None:
    await lab.open(SOL, "LONG", LONG)
    await move(lab, "130")
    await price(lab, "139")

    answer = await move(lab, "140")

    assert (answer["outcome"], answer["decisive"]) == ("SUPERSEDED", "price_beyond_stop")
    close = await lab.result(answer["joined"])
    assert (close["outcome"], close["action"], close["producer"]) == ("CLOSED_FLAT", "EMERGENCY_SL_CLOSE", "move_stop")
    assert close["reason"] == "emergency_stop: the price has passed the stop (stop=140)"
    assert await lab.position(SOL) == 0
    await ended(lab)
    assert await resting(lab) == []
