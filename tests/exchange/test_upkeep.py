"""The background chore: goes on after failures, ends with its owner, and never dies unseen."""

import asyncio

import pytest

from contracts.errors import ExchangeUnavailable
from exchange.upkeep import Upkeep


async def test_it_repeats_and_stops() -> None:
    runs: list[int] = []

    async def chore() -> None:
        runs.append(len(runs))

    upkeep = Upkeep(chore, every_s=0.01, retry_s=60)
    upkeep.start()
    await asyncio.sleep(0.1)
    await upkeep.stop()
    done = len(runs)
    await asyncio.sleep(0.05)
    assert 3 <= done == len(runs)


async def test_a_failure_is_tried_again_sooner() -> None:
    runs: list[int] = []

    async def chore() -> None:
        runs.append(len(runs))
        raise ExchangeUnavailable("away")

    upkeep = Upkeep(chore, every_s=60, retry_s=0.01)
    upkeep.start()
    await asyncio.sleep(0.1)
    await upkeep.stop()
    assert len(runs) >= 3


async def test_a_defect_is_not_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    async def chore() -> None:
        raise TypeError("a defect")

    upkeep = Upkeep(chore, every_s=60, retry_s=60)
    upkeep.start()
    await asyncio.sleep(0.02)
    assert "a defect" in "".join(capsys.readouterr())
    with pytest.raises(TypeError):
        await upkeep.stop()


async def test_stop_without_start() -> None:
    await Upkeep(asyncio.Event().wait, every_s=1, retry_s=1).stop()  # type: ignore[arg-type]
