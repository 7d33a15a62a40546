"""What differs between accounts and changes over time: fields, oversize orders, steps, the largest order (group 13)."""

from decimal import Decimal

from tests.faults.scene import FULL, ORDER, Fault, Scene, between, ended, ending, expected, play, struck, trade
from tests.lab import Lab

LOOK_UP = "GET /fapi/v1/order"
WITHOUT: Fault = {"kind": "extra_fields", "drop": ["avgPrice", "cumQuote"], "times": -1}
COARSE: Fault = {"do": "symbol", "tick": "0.01", "step": "10"}
REFUSES: Fault = {"do": "behaviour", "oversize_reduce_only": "refuse"}


async def test_the_price_of_a_close_is_that_of_its_fills_whatever_the_answers_leave_out(lab: Lab) -> None:
    whole = Scene(
        "there", ended("REDUCED", 50, 50, sent=1), (between({"do": "behaviour", "legacy_order_fields": True}),)
    )
    assert await play(lab, whole) == expected(whole)
    await lab.call("DELETE", "/sim/faults")
    await lab.fault("executed_cut", skip=1)
    for call in (ORDER, LOOK_UP):
        await lab.call("POST", "/sim/faults", call=call, **WITHOUT)

    answered = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.2")
    result = await lab.close("SOLUSDT")

    assert [row["kind"] for row in await struck(lab) if row["call"] == ORDER] == [
        "meanwhile",
        "extra_fields",
        "executed_cut",
    ]
    assert await ending(lab, "SOLUSDT", result) == ended("CLOSED_FLAT", 0, 50, 10, 40, sent=3, filled=40)
    fills = (await lab.call("GET", "/sim/ledger", symbol="SOLUSDT"))["fills"]
    said = [Decimal(each["avg_price"]) for each in (answered, result)]
    assert said == [Decimal(fill["price"]) for fill in fills[-2:]]


SCENES = (
    Scene(
        "more than there is, refused",
        ended("CLOSED_FLAT", 0, 70, sent=2),
        (between(REFUSES, trade("-30")),),
        FULL,
    ),
    Scene(
        "a coarser step",
        ended("REDUCED", 60, 40, sent=2),
        (between(COARSE | {"price": "1"}),),
        ("PARTIAL_CLOSE", "0.45"),
    ),
)


async def test_a_quantity_that_no_longer_fits_is_made_to_fit(lab: Lab) -> None:
    assert await play(lab, *SCENES) == expected(*SCENES)


async def test_what_is_larger_than_the_largest_order_is_split_and_lost_pieces_are_found(lab: Lab) -> None:
    await lab.open("TESTUSDT", "LONG", "12.34")
    await lab.fault("executed_cut", symbol="TESTUSDT", skip=1)

    result = await lab.close("TESTUSDT")

    end = await ending(lab, "TESTUSDT", result)
    assert (end.outcome, end.left, sum(end.executions)) == ("CLOSED_FLAT", Decimal(0), Decimal("12.34"))
    assert max(end.executions) <= 5
    assert len(end.executions) == end.sent
