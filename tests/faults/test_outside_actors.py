"""Somebody else trades the same position while it is being closed."""

from decimal import Decimal

from tests.lab import Lab


async def test_a_full_close_follows_a_position_that_grows_meanwhile(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-1008, msg="throttled", times=2)
    entry = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)
    await lab.open("SOLUSDT", "LONG", "5")

    result = await lab.result(entry)

    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.executed("SOLUSDT") == 15
    assert await lab.position("SOLUSDT") == 0


async def test_a_position_reopened_before_we_could_verify_is_a_new_one_and_left_alone(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    reopened = {"do": "position", "symbol": "SOLUSDT", "side": "LONG", "quantity": 5}
    await lab.fault("executed_delay", delay_ms=600, after=[reopened])  # behind our order, before its answer

    result = await lab.close("SOLUSDT")

    assert result["outcome"] == "CLOSED_FLAT"
    assert await lab.executed("SOLUSDT") == 10
    assert await lab.position("SOLUSDT") == 5


async def test_a_lost_order_is_settled_although_somebody_else_trades_meanwhile(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("refused_cut")
    entry = await lab.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    await lab.until("SOLUSDT", attempts=1)
    await lab.open("SOLUSDT", "LONG", "7")

    result = await lab.result(entry)

    assert result["outcome"] == "REDUCED"
    assert await lab.executed("SOLUSDT") == 50
    assert await lab.position("SOLUSDT") == 57


async def test_r65_a_position_that_was_opened_after_the_decision_is_not_closed_by_it(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await lab.close("SOLUSDT", timestamp="2026-01-01T00:00:00Z", intent_id="old")

    assert result["outcome"] in {"SKIPPED_STALE", "ALREADY_FLAT"}
    assert await lab.requests("SOLUSDT") == []
    assert await lab.position("SOLUSDT") == 10


async def test_r39_a_flip_while_closing_leaves_the_new_position_alone(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    await lab.fault("error", code=-2022, msg="ReduceOnly Order is rejected.", times=2)
    entry = await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=1)
    await lab.open("SOLUSDT", "SHORT", "25")

    result = await lab.result(entry)

    assert result["outcome"] == "CLOSED_ELSEWHERE"
    assert await lab.position("SOLUSDT") == Decimal(-15)
    assert await lab.executed("SOLUSDT") == 0


async def test_r56_stops_of_a_closed_position_are_cancelled_and_entries_are_left_alone(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    assert lab.exchange is not None
    client = lab.exchange._client
    for side, reduce_only, price in (("SELL", "true", "400"), ("BUY", "false", "20")):
        await client.futures_create_order(
            symbol="SOLUSDT", side=side, type="LIMIT", timeInForce="GTC", quantity="10", price=price,
            reduceOnly=reduce_only,
        )  # fmt: skip
    await client.futures_create_algo_order(
        algoType="CONDITIONAL", symbol="SOLUSDT", side="SELL", type="STOP_MARKET", triggerPrice="50", quantity="10",
        reduceOnly="true", clientAlgoId="stop-1",
    )  # fmt: skip

    result = await lab.close("SOLUSDT")
    await lab.handle("SOLUSDT").result()

    assert result["outcome"] == "CLOSED_FLAT"
    assert [order.side.value for order in await lab.exchange.open_orders("SOLUSDT")] == ["BUY"]
    assert await lab.exchange.open_algo_orders("SOLUSDT") == ()
