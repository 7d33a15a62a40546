"""The account or the symbol is not what the worker, or the producer, believes it to be (R55)."""

from decimal import Decimal

from tests.lab import Lab


async def test_r55_an_account_switched_to_one_way_while_the_worker_runs_is_closed_all_the_same(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "LONG", "100")
    before = await hedge_lab.close("SOLUSDT")
    await hedge_lab.call("POST", "/sim/mode", hedge=False)
    await hedge_lab.open("SOLUSDT", "LONG", "60")

    after = await hedge_lab.close("SOLUSDT", "EMERGENCY_CLOSE")

    assert (before["outcome"], after["outcome"]) == ("CLOSED_FLAT", "CLOSED_FLAT")
    assert Decimal(after["filled_qty"]) == 60
    assert await hedge_lab.position("SOLUSDT") == 0
    assert [row["params"]["positionSide"] for row in await hedge_lab.requests("SOLUSDT")] == ["LONG", "BOTH"]


async def test_r55_an_account_switched_to_one_way_with_an_open_position_is_closed_all_the_same(hedge_lab: Lab) -> None:
    await hedge_lab.open("SOLUSDT", "SHORT", "100")
    await hedge_lab.close("SOLUSDT", "PARTIAL_25")  # the mode is known now
    await hedge_lab.call("POST", "/sim/mode", hedge=False)

    result = await hedge_lab.close("SOLUSDT")

    assert (result["outcome"], Decimal(result["filled_qty"])) == ("CLOSED_FLAT", Decimal(75))
    assert await hedge_lab.position("SOLUSDT") == 0


async def test_a_symbol_that_the_exchange_does_not_have_is_answered_and_the_workflow_ends(lab: Lab) -> None:
    entry = await lab.send("NOSUCHUSDT")

    result = await lab.result(entry)

    await lab.handle("NOSUCHUSDT").result()
    assert (result["outcome"], result["decisive"]) == ("BLOCKED", "unknown_symbol")
    assert len(await lab.results(entry)) == 1
    assert await lab.requests("NOSUCHUSDT") == []


async def test_decisions_that_wait_behind_one_about_an_unknown_symbol_are_answered_too(lab: Lab) -> None:
    entries = [await lab.send("NOSUCHUSDT", action) for action in ("CLOSE", "CLOSE", "PARTIAL_25", "EMERGENCY_CLOSE")]

    outcomes = {(await lab.result(entry))["outcome"] for entry in entries}

    await lab.handle("NOSUCHUSDT").result()
    assert outcomes == {"BLOCKED"}
