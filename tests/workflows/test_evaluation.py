"""What the kernel is told of a position: per unit, and as old as the fill that opened it says."""

from datetime import timedelta
from decimal import Decimal

import pytest

from contracts.snapshot import GenerationFacts, MarketFacts, PositionHints, Snapshot
from tests.activities.samples import NOW, RULES, position
from workflows.evaluation import evaluate_position

D = Decimal
CALM = MarketFacts(sigma=D("0.01"), ts=D("0.1"), p_trend=D("0.4"), p_mr=D("0.3"), p_chop=D("0.3"))


def seen(amount: str, *, age: timedelta = timedelta(hours=1), hints: PositionHints | None = None) -> Snapshot:
    """A position of an entry price of 3000 at 3010, changed a moment ago."""
    opened = NOW - int(age.total_seconds() * 1000)
    subject = position(amount, updated_ms=NOW)
    return Snapshot(
        exchange_time_ms=NOW,
        positions=(subject,),
        subject=subject,
        generation=GenerationFacts(opening_trade_id=1, opened_at_ms=opened, peak_size=subject.size),
        rules=RULES,
        hints=hints or PositionHints(market=CALM, stop_dist_pct=D("0.02")),
    )


@pytest.mark.parametrize("sign", ["", "-"])
def test_r21_r_is_that_of_one_unit_however_large_the_position(sign: str) -> None:
    ratios = {evaluate_position(seen(f"{sign}{size}")).r_net for size in ("0.001", "1", "2500")}

    assert len(ratios) == 1
    assert None not in ratios


def test_r39_the_same_price_is_a_long_ones_profit_and_a_short_ones_loss() -> None:
    long, short = evaluate_position(seen("5")).r_net, evaluate_position(seen("-5")).r_net

    assert long is not None
    assert short is not None
    assert long > short


def test_r44_r84_age_is_counted_from_the_fill_that_opened_the_position() -> None:
    young = evaluate_position(seen("5", age=timedelta(minutes=1))).kill_score
    old = evaluate_position(seen("5", age=timedelta(days=3))).kill_score

    assert young is not None
    assert old is not None
    assert old > young


def test_r44_what_is_missing_is_named_and_r_is_there_all_the_same() -> None:
    evaluation = evaluate_position(seen("5", hints=PositionHints()))

    assert evaluation.r_net is not None
    assert evaluation.kill_score is None
    assert set(evaluation.notes) == {"fallback_stop_used", "market_state_missing"}
