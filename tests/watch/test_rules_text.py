"""Rules as operators write them."""

from decimal import Decimal

import pytest

from activities.watch_config import DEFAULT, WatchConfig
from activities.watch_rules import parse_rules, version_of
from kernel.errors import KernelError
from kernel.rules_config import Harvest, LadderStep, RulesConfig, Trailing

QUARTERS = tuple(LadderStep(Decimal(r), Decimal("0.25")) for r in ("0.5", "1.0"))


def test_nothing_written_is_the_default() -> None:
    assert parse_rules({}) == parse_rules({"min_r": ""}) == RulesConfig()


def test_the_originals_own_names_are_understood() -> None:
    rules = parse_rules({"min_r": "0.7", "set_be_at_r": "0.5", "trail_atr_mult": "3"})

    assert (rules.min_r, rules.theta.lock_R) == (Decimal("0.7"), Decimal("0.5"))
    assert rules.trail_risk_units == 3


@pytest.mark.parametrize(
    "text", ["0.5:0.25, 1.0:0.25", "[[0.5, 0.25], [1.0, 0.25]]", '[{"r": "0.5", "fraction": 0.25}, [1.0, "0.25"]]']
)
def test_who_writes_a_ladder_climbs_it(text: str) -> None:
    rules = parse_rules({"ladder": text})

    assert (rules.harvest, rules.ladder) == (Harvest.R_LADDER, QUARTERS)
    assert parse_rules({"ladder": text, "harvest": "off"}).harvest is Harvest.OFF


def test_words_switches_and_kernel_parameters() -> None:
    written = {
        "trailing": "P1",
        "profit_lock": "0",
        "max_hold_seconds": "off",
        "theta.T1_R": "1.8",
        "stops.k_sl_mr": "1",
    }
    rules = parse_rules(written)

    assert (rules.trailing, rules.profit_lock, rules.max_hold_seconds) == (Trailing.P1, False, None)
    assert (rules.theta.T1_R, rules.stops.k_sl_mr) == (Decimal("1.8"), Decimal(1))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"minr": "1"}, "minr is no setting"),
        ({"min_r": "much"}, "min_r is 'much': a number was expected"),
        ({"min_r": "NaN"}, "min_r is 'NaN': a number was expected"),
        ({"harvest": "all"}, "harvest is 'all': one of tranches, lsf, r_ladder, off was expected"),
        ({"profit_lock": "maybe"}, "profit_lock is 'maybe': true or false was expected"),
        ({"ladder": "0.5"}, "ladder is '0.5': steps were expected"),
        ({"ladder": "0.5:25"}, "ladder.fraction"),
        ({"ladder": "1:0.5,0.5:0.5"}, "ladder must rise"),
        ({"emergency_r": "1.5"}, "emergency_r must be below 0"),
        ({"theta.T1_R": "5"}, "theta.T2_R is below T1_R"),
        ({"set_be_at_r": "1", "theta.lock_R": "2"}, "say different things"),
    ],
)
def test_a_mistake_is_named(written: dict[str, str], says: str) -> None:
    with pytest.raises(KernelError, match=says):
        parse_rules(written)


def test_a_version_names_the_content_and_not_its_spelling() -> None:
    assert version_of(parse_rules({"min_r": "0.50"})) == version_of(RulesConfig()) == DEFAULT.state.version
    assert version_of(parse_rules({"min_r": "0.51"})) != DEFAULT.state.version


def test_a_mistake_keeps_what_was_good_last_over_a_restart_too() -> None:
    first = WatchConfig()
    good = first.adopt("ETHUSDT", {"min_r": "3"})
    second = WatchConfig()
    for symbol, written in first.unsaved().items():
        second.restore(symbol, written)

    for config in (first, second):
        kept = config.adopt("ETHUSDT", {"min_r": "x"})
        assert (kept.rules, kept.state.version) == (good.rules, good.state.version)
        assert "the last good rules hold" in kept.state.problem
    assert "the default rules hold" in WatchConfig().adopt("ETHUSDT", {"min_r": "x"}).state.problem
