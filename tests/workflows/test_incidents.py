"""Incidents of the original system, played through everything."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.lab import Lab

FREEZE = "quantum:harvest:freeze"


def ago(seconds: int) -> str:
    """A moment as producers write it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


async def test_r04_a_decision_that_did_not_execute_may_come_again_and_one_that_did_may_not(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.redis.set(FREEZE, "ops: maintenance")

    frozen = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5", plan_id="9f3ab0c1d2e4f567")
    await lab.redis.delete(FREEZE)
    again = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5", plan_id="9f3ab0c1d2e4f567")
    once_more = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5", plan_id="9f3ab0c1d2e4f567")

    assert (frozen["outcome"], again["outcome"]) == ("BLOCKED", "REDUCED")
    assert once_more["executed"] == "false"
    assert await lab.position("SOLUSDT") == 50


async def test_r05_r06_decisions_about_one_symbol_in_one_batch_never_close_more_than_they_say(lab: Lab) -> None:
    await lab.open("ACTUSDT", "LONG", "1000")
    await lab.stop()
    entries = [
        await lab.send("ACTUSDT", "PARTIAL_CLOSE", quantity=quantity) for quantity in ("100", "100", "250", "100")
    ]

    await lab.start()  # all of them come with the first read
    results = [await lab.result(entry) for entry in entries]

    sent = [Decimal(request["params"]["quantity"]) for request in await lab.requests("ACTUSDT")]
    assert sorted(sent) == [Decimal(100), Decimal(250)]
    assert [result["executed"] for result in results].count("true") == 2
    assert await lab.position("ACTUSDT") == 650


async def test_r15_r65_a_new_group_finds_old_decisions_and_closes_nothing_by_them(lab: Lab) -> None:
    await lab.stop()
    assert lab.settings is not None
    lab.settings = lab.settings.model_copy(update={"max_intent_age": timedelta(seconds=1)})
    await lab.redis.flushdb()
    await lab.open("SOLUSDT", "LONG", "100")
    old = [await lab.send("SOLUSDT", timestamp=ago(seconds=3)) for _ in range(3)]

    await lab.start()
    result = await lab.result(old[-1])  # it was looked at by itself, the others only counted

    assert (result["outcome"], result["decisive"]) == ("SKIPPED_STALE", "intent_too_old")
    assert await lab.requests("SOLUSDT") == []
    assert await lab.position("SOLUSDT") == 100


async def test_r65_a_decision_that_is_older_than_the_position_does_not_close_it_however_young(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await lab.close("SOLUSDT", timestamp=ago(seconds=20))

    assert (result["outcome"], result["decisive"]) == ("SKIPPED_STALE", "decision_predates_position")
    assert await lab.requests("SOLUSDT") == []
    assert await lab.position("SOLUSDT") == 10


async def test_r42_a_hold_is_answered_as_one_and_is_no_failure(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")

    result = await lab.close("SOLUSDT", "HOLD")

    assert (result["outcome"], result["decision"], result["error"]) == ("SKIPPED", "SKIP", "")
    assert await lab.dead() == []
    assert await lab.requests("SOLUSDT") == []


async def test_r54_a_position_worth_less_than_the_smallest_notional_is_closed_whole(lab: Lab) -> None:
    await lab.open("BTCUSDT", "LONG", "0.003")
    await lab.call("POST", "/sim/price", symbol="BTCUSDT", price="9000")  # 27 USDT, where 50 are the least

    part = await lab.close("BTCUSDT", "PARTIAL_CLOSE", percentage="0.5")
    rest = await lab.close("BTCUSDT")

    assert [part["outcome"], rest["outcome"]] == ["REDUCED", "CLOSED_FLAT"]
    assert [Decimal(answer["filled_qty"]) for answer in (part, rest)] == [Decimal("0.001"), Decimal("0.002")]


async def test_r43_price_and_profit_are_the_exchanges_whatever_the_producer_claims(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "10")
    entry = Decimal((await lab.call("GET", "/sim/positions"))[0]["entry_price"])

    result = await lab.close("SOLUSDT", entry_price="1", exit_price="999", pnl_usd="123456", R_net="9")

    assert Decimal(result["entry_price"]) == entry
    assert abs(Decimal(result["net_pnl"])) < 100
    assert Decimal(result["R_net"]) < 1
