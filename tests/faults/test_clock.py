"""The exchange's clock is not ours: it jumps both ways, and runs away (group 10)."""

import pytest

from tests.faults.scene import ended, ending
from tests.lab import Lab


@pytest.mark.parametrize("skew_ms", [30_000, -30_000])
async def test_r60_a_clock_that_jumped_is_read_again_and_the_close_goes_on(lab: Lab, skew_ms: int) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.open("ETHUSDT", "SHORT", "100")
    await lab.fault("meanwhile", symbol="SOLUSDT", before=[{"do": "clock", "skew_ms": skew_ms}])

    under_way = await lab.close("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    since = await lab.close("ETHUSDT")

    codes = [request["code"] for request in await lab.requests("SOLUSDT")]
    assert (-5028 in codes) == (skew_ms > 0)
    assert await ending(lab, "SOLUSDT", under_way) == ended("REDUCED", 50, 50, sent=1)
    assert await ending(lab, "ETHUSDT", since) == ended("CLOSED_FLAT", 0, 100, sent=1)


@pytest.mark.parametrize("drift", [150, -150])
async def test_r60_a_clock_that_runs_away_does_not_keep_a_close_from_ending(lab: Lab, drift: int) -> None:
    await lab.open("SOLUSDT", "LONG", "100")
    await lab.open("ETHUSDT", "SHORT", "100")
    await lab.call("POST", "/sim/clock", skew_ms=0, drift_ms_per_s=drift)
    await lab.fault("refused_cut", symbol="ETHUSDT")  # whose fate takes seconds to find out

    first = await lab.close("SOLUSDT")
    second = await lab.close("ETHUSDT")

    assert await ending(lab, "SOLUSDT", first) == ended("CLOSED_FLAT", 0, 100, sent=1)
    assert await ending(lab, "ETHUSDT", second) == ended("CLOSED_FLAT", 0, 100, sent=2)
