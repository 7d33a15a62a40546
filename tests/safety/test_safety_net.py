"""One check of the safety net, on real positions of a simulated exchange."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle

from contracts.names import SAFETY_WORKFLOW
from contracts.result import Outcome
from contracts.safety import SafetyReport, SafetyRequest
from tests.lab import Lab

THREE_DAYS_MS = 72 * 3600 * 1000


async def checking(lab: Lab) -> WorkflowHandle[Any, SafetyReport]:
    """Start a check, as the schedule does."""
    return await lab.client.start_workflow(
        SAFETY_WORKFLOW,
        SafetyRequest(account=lab.account),
        id=f"safety-{uuid4().hex}",
        task_queue=lab.account,
        result_type=SafetyReport,
    )


async def check(lab: Lab) -> SafetyReport:
    """A whole check."""
    return await (await checking(lab)).result()


async def pass_time(lab: Lab, ms: int) -> None:
    """The exchange's clock jumps, and ours follows at once."""
    await lab.call("POST", "/sim/advance", ms=ms)
    assert lab.exchange is not None
    await lab.exchange.exchange_time_ms()


async def closed(lab: Lab, symbol: str) -> dict[str, Any]:
    """The end of the symbol's close."""
    await lab.handle(symbol).result()
    status: dict[str, Any] = await lab.handle(symbol).query("status")
    return dict(status["result"])


async def test_a_loss_of_three_percent_is_closed_and_one_of_less_is_not(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.open("ETHUSDT", "SHORT", "2")
    await lab.call("POST", "/sim/price", symbol="SOLUSDT", price="145.40")  # bought at about 150: more than 3 % down
    await lab.call("POST", "/sim/price", symbol="ETHUSDT", price="2570")  # sold at about 2500: 2.8 % up

    report = await check(lab)

    assert report.positions == 2
    (line,) = report.closing
    assert line.startswith("SOLUSDT LONG: MAX_LOSS_BREACH (pnl=-3.")
    result = await closed(lab, "SOLUSDT")
    assert (result["outcome"], result["source"]) == (Outcome.CLOSED_FLAT, "bsc")
    assert await lab.position("SOLUSDT") == 0
    assert await lab.position("ETHUSDT") == -2


async def test_r84_age_counts_from_the_opening_fill_however_often_the_position_changed(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await pass_time(lab, THREE_DAYS_MS - 60_000)
    await lab.open("SOLUSDT", "LONG", "1")
    await lab.open("ETHUSDT", "LONG", "1")
    assert (await check(lab)).closing == ()

    await pass_time(lab, 60_000)
    (line,) = (await check(lab)).closing

    assert line.startswith("SOLUSDT LONG: MAX_DURATION_BREACH (age=72.0h)")
    assert (await closed(lab, "SOLUSDT"))["outcome"] == Outcome.CLOSED_FLAT
    assert await lab.position("ETHUSDT") == 1


async def test_a_position_that_was_closed_and_opened_again_is_young(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    assert (await check(lab)).closing == ()
    await pass_time(lab, THREE_DAYS_MS)
    await lab.open("SOLUSDT", "LONG", "-10")
    await lab.open("SOLUSDT", "LONG", "10")

    assert (await check(lab)).closing == ()


async def test_a_wallet_that_hardly_carries_its_positions_is_relieved_of_all_that_share_it(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.open("ETHUSDT", "SHORT", "10")
    wallet = Decimal((await lab.call("GET", "/sim/health"))["wallet"])
    await lab.call("POST", "/sim/transfer", amount=str(180 - wallet))  # they need 160: 0.4 % of 40 000

    report = await check(lab)

    assert [line.split(" (")[0] for line in sorted(report.closing)] == [
        "ETHUSDT SHORT: LIQUIDATION_RISK",
        "SOLUSDT LONG: LIQUIDATION_RISK",
    ]
    assert (await closed(lab, "SOLUSDT"))["outcome"] == Outcome.CLOSED_FLAT
    assert (await closed(lab, "ETHUSDT"))["outcome"] == Outcome.CLOSED_FLAT


async def test_only_the_side_that_is_beyond_its_bound_is_closed_in_hedge_mode(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "10")
    await hedge_lab.open("SOLUSDT", "SHORT", "4")
    await hedge_lab.call("POST", "/sim/price", symbol="SOLUSDT", price="145")

    assert len((await check(hedge_lab)).closing) == 1

    assert (await closed(hedge_lab, "SOLUSDT"))["outcome"] == Outcome.CLOSED_FLAT
    assert await hedge_lab.position("SOLUSDT", "LONG") == 0
    assert await hedge_lab.position("SOLUSDT", "SHORT") == -4


async def test_could_not_read_is_a_failed_run_and_never_no_positions(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", call="GET /fapi/v3/positionRisk", code=-1008, msg="overloaded", times=3)

    with pytest.raises(WorkflowFailureError) as failed:
        await check(lab)

    assert "the account cannot be read" in str(failed.value.cause)


async def test_r63_a_worker_of_another_account_does_not_look_for_this_one(lab: Lab) -> None:
    handle = await lab.client.start_workflow(
        SAFETY_WORKFLOW, SafetyRequest(account="other"), id=f"safety-{uuid4().hex}", task_queue=lab.account
    )

    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()

    assert f"is for account {lab.account}" in str(failed.value.cause)


async def test_an_age_that_cannot_be_read_fails_the_run_and_holds_back_no_other_rule(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.call("POST", "/sim/price", symbol="SOLUSDT", price="140")
    await lab.fault("error", call="GET /fapi/v1/userTrades", code=-1008, msg="overloaded", times=1)

    with pytest.raises(WorkflowFailureError) as failed:
        await check(lab)

    assert "SOLUSDT LONG: its age is unknown" in str(failed.value.cause)
    assert (await closed(lab, "SOLUSDT"))["outcome"] == Outcome.CLOSED_FLAT


async def test_a_margin_that_cannot_be_read_fails_the_run_and_holds_back_no_other_rule(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.open("ETHUSDT", "LONG", "1")
    await lab.call("POST", "/sim/price", symbol="SOLUSDT", price="140")
    await lab.fault("error", call="GET /fapi/v1/accountConfig", code=-1008, msg="overloaded", times=-1)

    with pytest.raises(WorkflowFailureError) as failed:
        await check(lab)

    assert "ETHUSDT LONG: its margin is unknown" in str(failed.value.cause)
    assert (await closed(lab, "SOLUSDT"))["outcome"] == Outcome.CLOSED_FLAT
    assert await lab.position("ETHUSDT") == 1


async def test_a_close_that_is_under_way_for_the_same_reason_is_not_asked_again(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.call("POST", "/sim/price", symbol="SOLUSDT", price="140")
    await lab.fault("error", code=-1008, msg="overloaded", times=3)

    first = await check(lab)
    second = await check(lab)

    assert first.closing[0].endswith(": started")
    assert second.closing[0].endswith(": running")
    assert (await closed(lab, "SOLUSDT"))["outcome"] == Outcome.CLOSED_FLAT
    assert len(await lab.requests("SOLUSDT")) == 4


async def test_a_weaker_close_that_is_under_way_goes_on_as_a_whole_one(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.call("POST", "/sim/price", symbol="SOLUSDT", price="140")
    await lab.fault("executed_delay", delay_ms=700)
    entry = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await lab.until("SOLUSDT", phase="place")

    report = await check(lab)

    assert report.closing[0].endswith(": joined")
    assert Decimal((await lab.result(entry))["filled_qty"]) == 5
    await lab.handle("SOLUSDT").result()
    assert await lab.position("SOLUSDT") == 0
    assert len(await lab.requests("SOLUSDT")) == 2


async def test_in_shadow_mode_it_is_suggested_once(shadow_lab: Lab) -> None:
    await shadow_lab.open("SOLUSDT", "LONG", "10")
    await shadow_lab.call("POST", "/sim/price", symbol="SOLUSDT", price="140")

    assert (await check(shadow_lab)).closing[0].endswith(": started")
    await shadow_lab.handle("SOLUSDT").result()
    assert (await check(shadow_lab)).closing[0].endswith(": pointless")

    assert await shadow_lab.position("SOLUSDT") == 10
    assert len(await shadow_lab.stream("quantum:stream:harvest.suggestions")) == 1
