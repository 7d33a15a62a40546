"""Small drills on one stack, one kind of strike after the other: nothing lost, doubled, wrong or unreported."""

from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

import pytest

from harvest.drill.amnesia import run_amnesia
from harvest.drill.arena import ONE_WAY, Arena
from harvest.drill.strikes import KINDS, strikes

CLOSES = 6
BLOWS = 4
"""Strikes of a kind in a small drill."""
EVERY_S = 0.3


@pytest.fixture(scope="module")
async def arena(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Arena]:
    """One stack for all of these."""
    async with Arena(tmp_path_factory.mktemp("arena")) as running:
        yield running


@pytest.mark.xdist_group("arena")
@pytest.mark.timeout(240)
@pytest.mark.parametrize("only", list(KINDS))
async def test_under_one_kind_of_strike_every_decision_ends_exactly_once(arena: Arena, only: str) -> None:
    seed = list(KINDS).index(only) + 1
    before = len(arena.forces.struck)
    async with arena.under(islice(strikes(seed, only, EVERY_S), BLOWS)):
        played = await arena.play(ONE_WAY, seed, CLOSES)

    assert len(arena.forces.struck) > before
    assert sum(len(scene.entries) for scene in played) >= CLOSES
    assert (await arena.verdict()).findings == []
    assert await arena.pending() == 0


@pytest.mark.timeout(240)
async def test_after_every_kind_of_amnesia_nothing_is_done_again_and_everything_gets_done(tmp_path: Path) -> None:
    report = await run_amnesia(closes=9, seed=3, folder=tmp_path)

    assert report.verdict.findings == []
    assert report.strikes.keys() == {"temporal", "redis", "temporal+redis"}
    assert report.verdict.decisions >= 9
