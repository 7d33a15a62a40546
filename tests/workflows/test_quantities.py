"""Partial closes by quantity, of producers that give no id."""

from decimal import Decimal

from tests.lab import Lab


async def test_two_different_quantities_are_two_decisions(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")

    first = await lab.close("SOLUSDT", "PARTIAL_CLOSE", quantity="3")
    second = await lab.close("SOLUSDT", "PARTIAL_CLOSE", quantity="5")

    assert (first["outcome"], second["outcome"]) == ("REDUCED", "REDUCED")
    assert await lab.position("SOLUSDT") == 92


async def test_r68_the_same_quantity_again_is_the_same_decision_however_it_is_written(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")

    first = await lab.close("SOLUSDT", "PARTIAL_CLOSE", quantity="3")
    await lab.handle("SOLUSDT").result()
    again = await lab.close("SOLUSDT", "PARTIAL_CLOSE", quantity="3.00")

    assert (first["outcome"], again["outcome"]) == ("REDUCED", "ALREADY_DONE")
    assert await lab.position("SOLUSDT") == 97


async def test_a_small_quantity_after_an_abandoned_full_close_closes_the_small_quantity(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("partial_fill", fraction="0.4")
    await lab.fault("error", code=-1008, msg="overloaded", times=-1)
    await lab.send("SOLUSDT")
    await lab.until("SOLUSDT", attempts=2)
    await lab.handle("SOLUSDT").terminate("an operator changed his mind")
    await lab.call("DELETE", "/sim/faults")

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", quantity="3")

    assert Decimal(result["filled_qty"]) == 3
    assert await lab.position("SOLUSDT") == 57


async def test_a_quantity_larger_than_the_position_closes_the_position_and_opens_nothing(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "2")

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", quantity="5")

    assert Decimal(result["filled_qty"]) == 2
    assert await lab.position("SOLUSDT") == 0
