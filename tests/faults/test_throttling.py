"""Told to slow down: 429 and 418, order counts, and overload that spares what reduces (group 9)."""

import aiohttp
import pytest

from tests.faults.scene import FULL, ORDER, POSITION, Scene, ended, ending, expected, play, struck
from tests.lab import Lab

COUNTS: dict[str, object] = {"kind": "refusal", "code": -1015, "retry_after_s": 1}
OVERLOAD: dict[str, object] = {"kind": "refusal", "code": -1008}


@pytest.mark.parametrize("call", [ORDER, POSITION, "*"])
async def test_whoever_is_told_to_wait_waits_closes_once_and_is_not_banned(lab: Lab, call: str) -> None:
    in_flight = 8  # what the one look of a decision reads at the same time
    await lab.fault("rate_limited", call=call, retry_after_s=2, tolerance=in_flight)
    scene = Scene("429", ended("CLOSED_FLAT", 0, 100, sent=2 if call == ORDER else 1), (), FULL)

    assert await play(lab, scene) == expected(scene)

    injected = await struck(lab)
    assert {row["kind"] for row in injected} == {"rate_limited"}
    executed = (await lab.call("GET", "/sim/ledger", symbol="SOLUSDT"))["fills"][-1]
    assert executed["monotonic_us"] - injected[0]["monotonic_us"] >= 2_000_000


async def test_a_ban_is_sat_out(lab: Lab) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.fault("rate_limited", call="*", retry_after_s=2, tolerance=0, ban_s=2)
    async with aiohttp.ClientSession(lab.simulator.url) as somebody_else:
        statuses = [(await somebody_else.get("/fapi/v1/ping")).status for _ in range(2)]
    assert statuses == [429, 418]  # at our address, who does not listen

    result = await lab.close("SOLUSDT")

    assert await ending(lab, "SOLUSDT", result) == ended("CLOSED_FLAT", 0, 100, sent=1)
    injected = await struck(lab)
    executed = (await lab.call("GET", "/sim/ledger", symbol="SOLUSDT"))["fills"][-1]
    assert executed["monotonic_us"] - injected[1]["monotonic_us"] >= 2_000_000
    assert len(injected) <= 10  # what was in flight when we were told, and nothing since


SCENES = (
    Scene("order counts", ended("CLOSED_FLAT", 0, 100, sent=2), (COUNTS,), FULL),
    Scene("overload spares us", ended("REDUCED", 50, 50, sent=1), (OVERLOAD | {"only": "opening", "times": -1},)),
    Scene("overload all the same", ended("REDUCED", 50, 50, sent=3), (OVERLOAD | {"times": 2},)),
)


async def test_orders_that_are_too_many_or_too_much_are_sent_later(lab: Lab) -> None:
    assert await play(lab, *SCENES) == expected(*SCENES)
    assert [row["kind"] for row in await struck(lab)] == ["refusal"] * 3
