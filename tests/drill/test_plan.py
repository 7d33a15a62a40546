"""A seed is a drill: the same decisions and the same schedule, whoever runs it."""

from decimal import Decimal
from itertools import islice

import pytest

from contracts.errors import HarvestError
from harvest.drill.scenes import STEP, Say, scene, taken
from harvest.drill.strikes import KINDS, strikes

D = Decimal


def test_the_same_seed_makes_the_same_scenes_and_another_seed_others() -> None:
    first, again, other = ([scene(seed, number, None) for number in range(50)] for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_the_same_seed_makes_the_same_strikes_in_order() -> None:
    first, again = (list(islice(strikes(7, None, 0.5), 200)) for _ in range(2))

    assert first == again
    assert [strike.at_s for strike in first] == sorted(strike.at_s for strike in first)
    assert len({strike.kind for strike in first}) > 15


@pytest.mark.parametrize("only", list(KINDS))
def test_only_one_kind_of_strike_when_one_is_asked_for(only: str) -> None:
    kinds = {draw(__import__("random").Random(n)).kind for draw in KINDS[only] for n in range(20)}

    assert {strike.kind for strike in islice(strikes(1, only, 0.5), 60)} <= kinds


def test_an_unknown_strike_is_refused_with_the_list_of_known_ones() -> None:
    with pytest.raises(HarvestError, match="kill_worker"):
        strikes(1, "earthquake", 0.5)


@pytest.mark.parametrize("side", [None, "LONG", "SHORT"])
def test_what_a_scene_expects_adds_up(side: str | None) -> None:
    for number in range(300):
        drawn = scene(3, number, side)
        assert side in (None, drawn.side)
        assert drawn.size % STEP == 0
        if drawn.executed is not None:
            assert drawn.remaining == (drawn.size - drawn.executed,)
        if drawn.rungs is not None:
            assert sum(drawn.rungs) == drawn.executed
        for say in drawn.says:
            assert not say.understood or ("side" in say.fields) == (side is not None)


def test_a_ladder_takes_fractions_of_what_is_left() -> None:
    ladder = next(drawn for number in range(200) if (drawn := scene(1, number, None)).kind == "ladder")

    first = taken(ladder.size, D("0.25"))
    second = taken(ladder.size - first, D("0.5"))
    assert ladder.rungs is not None
    assert ladder.rungs[:2] == (first, second)
    assert all(isinstance(step, Say) for step in ladder.steps)
