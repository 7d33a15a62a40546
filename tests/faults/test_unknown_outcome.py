"""The answer to an order is lost. The exchange's own ledger says how often it executed."""

from decimal import Decimal

import pytest

from tests.lab import Lab

EXECUTED = ["executed_503_unknown", "executed_408", "executed_cut", "html_502", "empty_body"]
NOT_EXECUTED = ["refused_503_unknown", "refused_408", "refused_cut"]


@pytest.mark.parametrize("kind", EXECUTED)
async def test_r46_executed_but_unanswered_partial_close_is_found_and_not_repeated(lab: Lab, kind: str) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault(kind)

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert result["outcome"] == "REDUCED"
    assert len(await lab.requests("SOLUSDT")) == 1
    assert await lab.executed("SOLUSDT") == 50
    assert await lab.position("SOLUSDT") == 50
    assert Decimal(result["filled_qty"]) == 50


@pytest.mark.parametrize("kind", NOT_EXECUTED)
async def test_r46_a_lost_order_is_sent_again_under_a_new_id_only_after_the_fence(lab: Lab, kind: str) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault(kind)

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    first, second = await lab.requests("SOLUSDT")
    assert result["outcome"] == "REDUCED"
    assert first["client_order_id"] != second["client_order_id"]
    fence = int(first["params"]["timestamp"]) + int(first["params"]["recvWindow"])
    assert second["arrived_ms"] > fence
    assert await lab.executed("SOLUSDT") == 50


async def test_an_answer_later_than_our_patience_is_settled_by_looking(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("executed_delay", delay_ms=4000)

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert result["outcome"] == "REDUCED"
    assert len(await lab.requests("SOLUSDT")) == 1
    assert await lab.position("SOLUSDT") == 50


async def test_an_order_that_executes_late_is_not_doubled(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("late_execution", delay_ms=700)

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert result["outcome"] == "REDUCED"
    assert await lab.executed("SOLUSDT") == 50
    assert await lab.position("SOLUSDT") == 50


async def test_an_order_that_comes_too_late_is_refused_by_the_exchange_and_sent_once_more(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("late_execution", delay_ms=1800)

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert result["outcome"] == "REDUCED"
    assert await lab.executed("SOLUSDT") == 50
    assert await lab.position("SOLUSDT") == 50


async def test_orders_that_nobody_can_look_up_for_a_while_are_not_sent_again(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("read_lag", call="GET /fapi/v1/order", times=-1, delay_ms=2500)
    await lab.fault("read_lag", call="GET /fapi/v1/userTrades", times=-1, delay_ms=2500)
    await lab.fault("read_lag", call="GET /fapi/v3/positionRisk", times=-1, delay_ms=1500)
    await lab.fault("executed_cut")

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert result["outcome"] == "REDUCED"
    assert len(await lab.requests("SOLUSDT")) == 1
    assert await lab.position("SOLUSDT") == 50


async def test_r45_a_position_read_that_lags_is_waited_for_and_not_answered_with_another_order(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("read_lag", call="GET /fapi/v3/positionRisk", times=-1, delay_ms=2500)

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert (result["outcome"], Decimal(result["position_amt"])) == ("REDUCED", Decimal(50))
    assert len(await lab.requests("SOLUSDT")) == 1


async def test_a_close_that_fills_in_part_goes_on_with_the_rest_and_no_more(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("partial_fill", fraction="0.4")

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    quantities = [Decimal(request["params"]["quantity"]) for request in await lab.requests("SOLUSDT")]
    assert quantities == [50, 30]
    assert (result["outcome"], Decimal(result["filled_qty"])) == ("REDUCED", Decimal(50))
    assert await lab.position("SOLUSDT") == 50


async def test_r52_refused_as_not_reducing_while_a_position_is_there_is_tried_again_with_a_new_id(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.")

    result = await lab.close("SOLUSDT")

    ids = [request["client_order_id"] for request in await lab.requests("SOLUSDT")]
    assert result["outcome"] == "CLOSED_FLAT"
    assert len(set(ids)) == 2


async def test_r52_refused_because_somebody_else_closed_it_is_an_end_and_not_a_failure(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.", times=2)
    entry = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)
    await lab.open("SOLUSDT", "SHORT", "10")

    result = await lab.result(entry)

    assert result["outcome"] == "CLOSED_ELSEWHERE"
    assert await lab.executed("SOLUSDT") == 0
    assert await lab.position("SOLUSDT") == 0


@pytest.mark.parametrize("code", [-1021, -5028, -1008, -1111, -1016])
async def test_a_definite_refusal_leads_to_one_more_order_under_a_new_id(lab: Lab, code: int) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=code, msg="injected")

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert len({request["client_order_id"] for request in await lab.requests("SOLUSDT")}) == 2
    assert await lab.executed("SOLUSDT") == 10


async def test_r55_a_position_mode_switched_under_our_hands_is_read_again(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.1")  # the mode is known now
    await lab.call("POST", "/sim/mode", hedge=True)

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.position("SOLUSDT") == 0


async def test_r58_refused_credentials_call_a_human_and_the_close_goes_on_when_they_are_back(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-2015, msg="Invalid API-key, IP, or permissions for action.", status=401, times=2)
    entry = await lab.send("SOLUSDT")

    status = await lab.until("SOLUSDT", needs_human=True)
    result = await lab.result(entry)

    assert status["outcome"] == "NEEDS_HUMAN"
    assert result["outcome"] == "CLOSED_FLAT"


async def test_reads_that_fail_for_a_while_delay_a_close_and_nothing_else(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("refused_503_unavailable", call="GET /fapi/v3/positionRisk", times=5)

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert len(await lab.requests("SOLUSDT")) == 1


async def test_hedge_mode_an_executed_but_unanswered_partial_close_is_found(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "100")
    await hedge_lab.open("SOLUSDT", "SHORT", "30")
    await hedge_lab.fault("executed_cut")

    result = await hedge_lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5", side="LONG")

    assert result["outcome"] == "REDUCED"
    assert await hedge_lab.executed("SOLUSDT") == 50
    assert await hedge_lab.position("SOLUSDT", "SHORT") == -30
