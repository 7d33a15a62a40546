"""The exchange takes a client order id again once its order is final, and shows only one of the two (group 5)."""

import pytest

from kernel.identity import client_order_id
from tests.faults.scene import FULL, Scene, ended, ending, expected, play, struck, trade
from tests.lab import Lab

REFUSED_AS_OPEN = {"kind": "refusal", "code": -4116}
SCENES = (
    Scene("said to be open, and is not", ended("REDUCED", 50, 50, sent=2), (REFUSED_AS_OPEN,)),
    Scene("repeated by an edge", ended("CLOSED_FLAT", 0, 100, sent=2), ({"kind": "executed_twice"},), FULL),
    Scene("a part of it repeated", ended("REDUCED", 0, 50, 50, sent=2, filled=50), ({"kind": "executed_twice"},)),
)


async def test_an_order_that_reached_the_exchange_twice_is_one_order_of_ours(lab: Lab) -> None:
    assert await play(lab, *SCENES) == expected(*SCENES)


@pytest.mark.parametrize("shown", ["oldest_namesake", "meanwhile"])
async def test_r46_another_order_under_our_orders_name_is_not_taken_for_it(lab: Lab, shown: str) -> None:
    opened = await lab.call("POST", "/sim/position", symbol="SOLUSDT", side="LONG", quantity="100")
    name = client_order_id(opened["trade_ids"][0], "p50", 1)
    twin = {"symbol": "SOLUSDT", **trade("-10"), "client_order_id": name}
    await lab.fault("executed_cut", before=[twin])
    await lab.fault(shown, call="GET /fapi/v1/order", client_order_id_prefix=name, times=-1)

    result = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")

    assert await ending(lab, "SOLUSDT", result) == ended("REDUCED", 40, 50, sent=1)
    assert {row["kind"] for row in await struck(lab)} == {"executed_cut", shown}
