"""A stop follows its position: fitted after a close, put back if a close swept it away, gone with the position."""

import asyncio
from decimal import Decimal

from temporalio.api.enums.v1 import EventType

from contracts.close import ClosePolicy
from contracts.mode import Mode
from contracts.names import MOVE_STOP_WORKFLOW, stop_workflow_id
from contracts.stop import MoveStopRequest, StopStatus
from tests.bridge.servers import eventually
from tests.lab import Lab
from tests.stops.stage import (
    POST,
    SOL,
    Watcher,
    ended,
    look,
    move,
    orders,
    others_stop,
    price,
    resting,
    stops_of,
    until_resting,
)


async def test_after_a_partial_close_it_is_fitted_and_something_always_rests(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    watcher = Watcher(lab)

    for part, left in (("0.25", "75"), ("0.5", "37.5"), ("0.75", "9.375")):
        assert (await lab.close(SOL, "PARTIAL_CLOSE", percentage=part))["outcome"] == "REDUCED"
        await until_resting(lab, ("SELL", "140", str(await lab.position(SOL))))
        assert abs(await lab.position(SOL) - Decimal(left)) <= Decimal("0.01")

    assert watcher.counts == [2, 1] * 3


async def test_when_somebody_adds_to_the_position_the_next_look_covers_it_all(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.open(SOL, "LONG", "20")

    await look(lab)

    await until_resting(lab, ("SELL", "140", "120"))


async def test_while_reads_fail_after_a_close_it_rests_between_looks_and_fits_the_stop_in_the_end(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.fault("html_502", "GET /fapi/v1/openAlgoOrders", times=-1)
    await lab.open(SOL, "LONG", "20")
    await look(lab)

    async def rests_after_a_failed_look() -> bool:
        told = (await stops_of(lab).fetch_history()).events
        failed = [event.event_id for event in told if event.marker_recorded_event_attributes.HasField("failure")]
        timers = [event.event_id for event in told if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
        return bool(failed) and max(timers) > min(failed)

    await eventually(rests_after_a_failed_look)
    await lab.call("DELETE", "/sim/faults")

    await until_resting(lab, ("SELL", "140", "120"))


async def test_with_the_position_its_stop_goes_and_nobody_holds_it_any_more(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")

    assert (await lab.close(SOL))["outcome"] == "CLOSED_FLAT"

    await until_resting(lab)
    await ended(lab)


async def test_closed_by_somebody_and_opened_again_the_old_stop_goes_and_a_new_one_is_counted_anew(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    (old,) = await orders(lab)
    await lab.open(SOL, "SHORT", "100")
    await lab.open(SOL, "LONG", "50")

    await look(lab)
    await until_resting(lab)
    assert (await move(lab, "139"))["outcome"] == "STOP_MOVED"

    (new,) = await orders(lab)
    assert new.quantity == 50
    assert new.client_algo_id.split("-")[2] != old.client_algo_id.split("-")[2]
    assert new.client_algo_id.endswith("-1")


async def test_a_decision_from_before_the_position_is_not_about_it(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await lab.call("POST", "/sim/clock", skew_ms=60_000)
    await lab.open(SOL, "SHORT", "100")
    await lab.open(SOL, "LONG", "100")

    answer = await move(lab, "140")

    assert (answer["outcome"], answer["decisive"]) == ("SKIPPED_STALE", "decision_predates_position")
    assert await resting(lab) == []


async def test_a_stop_that_a_close_swept_away_is_put_back_for_what_is_left(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.fault("refusal", code=-4118)  # the close then cancels what rests beside it

    assert (await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5"))["outcome"] == "REDUCED"

    await until_resting(lab, ("SELL", "140", "50"))


async def test_a_stop_that_a_human_took_away_stays_away(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    (stop,) = await orders(lab)
    assert lab.exchange is not None
    await lab.exchange.cancel_algo_order(SOL, stop.algo_id)

    answer = await move(lab, "139")  # as good as the first one again

    assert answer["outcome"] == "STOP_MOVED"
    assert await resting(lab) == [("SELL", Decimal(139), Decimal(100))]


async def test_it_fires_and_the_position_is_gone_and_so_is_whoever_held_it(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")

    await price(lab, "139.5")

    assert await lab.position(SOL) == 0
    await look(lab)
    await ended(lab)
    assert (await lab.close(SOL))["outcome"] == "ALREADY_FLAT"


async def test_it_fires_while_a_close_is_under_way_and_both_together_close_once(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.fault("meanwhile", before=[{"do": "price", "symbol": SOL, "price": "139.5"}])

    answer = await lab.close(SOL)

    assert answer["outcome"] == "CLOSED_ELSEWHERE"
    assert await lab.position(SOL) == 0
    await until_resting(lab)
    fills = (await lab.call("GET", "/sim/ledger", symbol=SOL))["fills"]
    sold = sum(Decimal(row["quantity"]) for row in fills if row["side"] == "SELL")
    assert sold == 100


async def test_it_fires_beside_a_partial_close_whose_answer_is_lost(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.fault("executed_cut", after=[{"do": "price", "symbol": SOL, "price": "139.5"}])

    answer = await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5")

    assert Decimal(answer["filled_qty"]) == 50
    assert await lab.position(SOL) == 0
    await until_resting(lab)


async def test_hedge_mode_each_side_has_its_own_stop(hedge_lab: Lab) -> None:
    lab = hedge_lab
    await lab.open(SOL, "LONG", "100")
    await lab.open(SOL, "SHORT", "40")

    ambiguous = await move(lab, "140")
    long, short = await asyncio.gather(move(lab, "140", side="LONG"), move(lab, "160", side="SHORT"))

    assert (ambiguous["outcome"], ambiguous["decisive"]) == ("BLOCKED", "position_side_ambiguous")
    assert (long["outcome"], short["outcome"]) == ("STOP_MOVED", "STOP_MOVED")
    assert await resting(lab) == [("SELL", Decimal(140), Decimal(100)), ("BUY", Decimal(160), Decimal(40))]
    assert {(each.position_side, each.reduce_only) for each in await orders(lab)} == {("LONG", False), ("SHORT", False)}

    assert (await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5", side="SHORT"))["outcome"] == "REDUCED"
    await until_resting(lab, ("SELL", "140", "100"), ("BUY", "160", "20"))
    assert (await lab.close(SOL, side="LONG"))["outcome"] == "CLOSED_FLAT"
    await until_resting(lab, ("BUY", "160", "20"))
    beyond = await move(lab, "149", side="SHORT")
    assert (beyond["outcome"], (await lab.result(beyond["joined"]))["outcome"]) == ("SUPERSEDED", "CLOSED_FLAT")
    await ended(lab)


async def test_a_position_larger_than_one_order_is_covered_by_several(lab: Lab) -> None:
    assert lab.exchange is not None
    most = (await lab.exchange.symbol_rules(SOL)).market_max_quantity
    await lab.open(SOL, "LONG", str(most))
    await lab.open(SOL, "LONG", "100")

    for level in ("140", "141"):
        assert (await move(lab, level))["outcome"] == "STOP_MOVED"

        stops = await resting(lab)
        assert {stop.level for stop in stops} == {Decimal(level)}
        assert sum(stop.quantity or Decimal(0) for stop in stops) == most + 100
        assert len(stops) == 2


async def test_a_stop_that_does_not_fit_for_now_is_fitted_later(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.fault("refusal", POST, code=-4045)  # no room for the smaller one beside it

    assert (await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5"))["outcome"] == "REDUCED"

    async def refused() -> bool:
        return len((await lab.call("GET", "/sim/faults"))["injected"]) == 1

    await eventually(refused)
    assert await resting(lab) == [("SELL", Decimal(140), Decimal(100))]
    await look(lab)
    await until_resting(lab, ("SELL", "140", "50"))


async def test_stops_of_others_are_left_alone_between_decisions(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await others_stop(lab, "120")

    assert (await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5"))["outcome"] == "REDUCED"

    await eventually(lambda: _fitted(lab))
    assert {stop.level for stop in await resting(lab)} == {Decimal(120), Decimal(140)}


async def _fitted(lab: Lab) -> bool:
    return Decimal(50) in {stop.quantity for stop in await resting(lab)}


async def test_the_next_run_goes_on_from_what_the_one_before_knew(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    known = (await stops_of(lab).query("status", result_type=StopStatus)).guarding
    assert [(held.sequence, held.level) for held in known] == [(1, Decimal(140))]
    await stops_of(lab).terminate("its history is too long")
    policy = ClosePolicy(mode=Mode.LIVE, account=lab.account, recv_window_ms=1000)
    request = MoveStopRequest(symbol=SOL, policy=policy, known=known)
    name = stop_workflow_id(lab.account, SOL)
    await lab.client.start_workflow(MOVE_STOP_WORKFLOW, request, id=name, task_queue=lab.account)

    assert (await lab.close(SOL, "PARTIAL_CLOSE", percentage="0.5"))["outcome"] == "REDUCED"

    await until_resting(lab, ("SELL", "140", "50"))
    (stop,) = await orders(lab)
    assert stop.client_algo_id.endswith("-2")


async def test_a_worker_in_shadow_mode_touches_no_stop_of_the_time_before(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await move(lab, "140")
    await lab.stop()
    assert lab.settings is not None
    lab.settings = lab.settings.model_copy(update={"mode": Mode.SHADOW})
    await lab.start()

    assert (await move(lab, "141"))["outcome"] == "SUGGESTED"
    await lab.open(SOL, "SHORT", "100")
    await look(lab)
    assert (await move(lab, "141"))["outcome"] == "ALREADY_FLAT"  # behind the look

    assert await resting(lab) == [("SELL", Decimal(140), Decimal(100))]
