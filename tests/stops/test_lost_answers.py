"""Nobody knows whether the stop rests: the exchange is asked by its name, and in the end exactly one rests."""

from decimal import Decimal

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.bridge.servers import eventually
from tests.lab import Lab
from tests.stops.stage import POST, SOL, Watcher, move, orders, resting, stops_of, until_resting

NEW = [("SELL", Decimal(141), Decimal(100))]
EXECUTED = ("executed_503_unknown", "executed_408", "executed_cut", "empty_body")


async def guarded(lab: Lab) -> Watcher:
    """A long with a stop at 140."""
    await lab.open(SOL, "LONG", "100")
    assert (await move(lab, "140"))["outcome"] == "STOP_MOVED"
    return Watcher(lab)


@pytest.mark.parametrize("kind", EXECUTED)
async def test_it_rests_and_the_answer_is_lost_it_is_adopted(lab: Lab, kind: str) -> None:
    watcher = await guarded(lab)
    await lab.fault(kind, POST)

    answer = await move(lab, "141")

    assert answer["outcome"] == "STOP_MOVED"
    assert watcher.counts == [2, 1]
    assert await resting(lab) == NEW
    (stop,) = await orders(lab)
    assert stop.client_algo_id.endswith("-2")


async def test_an_answer_that_comes_too_late_is_not_waited_for(lab: Lab) -> None:
    watcher = await guarded(lab)
    await lab.fault("executed_delay", POST, delay_ms=1500)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert watcher.counts == [2, 1]


async def test_it_never_came_to_be_the_next_one_has_another_name_and_whoever_sent_it_stays_to_see(lab: Lab) -> None:
    await lab.open(SOL, "LONG", "100")
    await lab.fault("refused_cut", POST)
    await lab.fault("refusal", POST, code=-4164)

    assert (await move(lab, "141"))["decisive"] == "stop_refused"
    assert (await stops_of(lab).describe()).status is WorkflowExecutionStatus.RUNNING  # it may still come
    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert await resting(lab) == NEW
    (stop,) = await orders(lab)
    assert stop.client_algo_id.endswith("-3")


async def test_it_comes_late_within_the_time_that_it_is_looked_for(lab: Lab) -> None:
    watcher = await guarded(lab)
    await lab.fault("late_execution", POST, delay_ms=500)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert watcher.counts == [2, 1]
    assert await resting(lab) == NEW


async def test_it_comes_after_it_was_given_up_and_the_one_too_many_is_cleared_away(lab: Lab) -> None:
    watcher = await guarded(lab)
    await lab.fault("late_execution", POST, delay_ms=5000)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    async def one_too_many() -> bool:
        return watcher.counts[:3] == [2, 1, 2]

    await eventually(one_too_many)
    await until_resting(lab, ("SELL", "141", "100"))
    assert min(watcher.counts) == 1


async def test_a_read_that_lags_behind_the_new_stop_is_waited_for(lab: Lab) -> None:
    watcher = await guarded(lab)
    await lab.fault("refusal", "GET /fapi/v1/algoOrder", code=-2013, times=2)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert watcher.counts == [2, 1]


@pytest.mark.parametrize("lag_ms", [800, 4000])
async def test_the_answer_is_lost_and_every_read_of_stops_lags(lab: Lab, lag_ms: int) -> None:
    watcher = await guarded(lab)
    await lab.fault("read_lag", "GET /fapi/v1/*lgoOrder*", delay_ms=lag_ms, times=-1)
    await lab.fault("executed_cut", POST)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert watcher.counts == [2, 1]
    await until_resting(lab, ("SELL", "141", "100"))


async def test_the_exchange_is_away_for_the_confirmation_and_the_old_one_rests_until_it_is_back(lab: Lab) -> None:
    watcher = await guarded(lab)
    await lab.fault("executed_503_unknown", "GET /fapi/v1/algoOrder", times=4)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert watcher.counts == [2, 1]


@pytest.mark.parametrize(
    ("code", "decisive"), [(-4045, "no_room_for_stop"), (-4130, "other_stop_in_the_way"), (-4164, "stop_refused")]
)
async def test_refused_for_good_the_old_one_stays_and_the_answer_says_why(lab: Lab, code: int, decisive: str) -> None:
    watcher = await guarded(lab)
    await lab.fault("refusal", POST, code=code)

    answer = await move(lab, "141")

    assert (answer["outcome"], answer["decisive"]) == ("BLOCKED", decisive)
    assert answer["error"]
    assert watcher.counts == []
    assert await resting(lab) == [("SELL", Decimal(140), Decimal(100))]


@pytest.mark.parametrize("code", [-1008, -1021, -2022])
async def test_refused_for_now_it_is_tried_again(lab: Lab, code: int) -> None:
    watcher = await guarded(lab)
    await lab.fault("refusal", POST, code=code)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert watcher.counts == [2, 1]
    assert await resting(lab) == NEW


async def test_a_namesake_that_rests_is_ours_and_is_not_sent_again(lab: Lab) -> None:
    """An edge repeats the request: the second one is refused because the first one rests."""
    watcher = await guarded(lab)
    await lab.fault("executed_twice", POST)

    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    assert watcher.counts == [2, 1]
    (stop,) = await orders(lab)
    assert stop.client_algo_id.endswith("-2")


@pytest.mark.parametrize("code", [-2021, -4142])
async def test_the_price_passes_the_stop_on_the_way_and_everything_is_closed(lab: Lab, code: int) -> None:
    await guarded(lab)
    await lab.fault("refusal", POST, code=code, **({"msg": "passed"} if code == -4142 else {}))

    answer = await move(lab, "141")

    assert (answer["outcome"], answer["decisive"]) == ("SUPERSEDED", "price_beyond_stop")
    assert (await lab.result(answer["joined"]))["outcome"] == "CLOSED_FLAT"
    assert await lab.position(SOL) == 0
    await until_resting(lab)


async def test_the_position_goes_while_the_stop_is_on_its_way(lab: Lab) -> None:
    await guarded(lab)
    gone = {"do": "position", "symbol": SOL, "side": "SHORT", "quantity": "100"}
    await lab.fault("refusal", POST, code=-2022, before=[gone])

    answer = await move(lab, "141")

    assert (answer["outcome"], answer["decisive"]) == ("ALREADY_FLAT", "no_position")
    await until_resting(lab)


async def test_with_every_record_of_ours_lost_the_next_stop_has_a_new_name_and_replaces_the_old_one(lab: Lab) -> None:
    watcher = await guarded(lab)
    await move(lab, "140.5")
    await stops_of(lab).terminate("lost")
    await lab.redis.flushdb()
    await lab.stop()
    await lab.start()

    assert (await move(lab, "140"))["decisive"] == "stop_not_tighter"
    assert (await move(lab, "141"))["outcome"] == "STOP_MOVED"

    (stop,) = await orders(lab)
    assert stop.client_algo_id.endswith("-3")
    assert min(watcher.counts) == 1
