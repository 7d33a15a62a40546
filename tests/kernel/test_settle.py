from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.settle import Look, Settlement, SettleRules, SettleStep, settle

D = Decimal
SIGNED, WINDOW = 1_000_000, 5_000
FENCE = SIGNED + WINDOW + 2_000
BEFORE = D(10)


def clean(time_ms: int) -> Look:
    return Look(time_ms, order_found=False, unexplained_trades=False, position_size=BEFORE)


def judge(*looks: Look, rules: SettleRules | None = None) -> SettleStep:
    return settle(SIGNED, WINDOW, BEFORE, looks, rules or SettleRules())


def past_fence(*after_ms: int) -> list[Look]:
    return [clean(FENCE + ms) for ms in after_ms]


def test_an_order_seen_once_is_found_at_any_time() -> None:
    seen = replace(clean(SIGNED + 50), order_found=True)

    assert judge(seen).settlement is Settlement.FOUND
    assert judge(seen, *past_fence(1, 501, 1001)).settlement is Settlement.FOUND


def test_r46_three_spaced_clean_looks_past_the_fence_prove_absence() -> None:
    assert judge(*past_fence(1, 501, 1001)) == SettleStep(Settlement.NEVER_EXECUTED, 0, "absent_past_fence")


@pytest.mark.parametrize(
    "looks",
    [
        past_fence(1, 501),
        past_fence(0, 501, 1001),
        past_fence(1, 500, 1001),
        past_fence(1, 501, 1000),
        [clean(SIGNED + 100), *past_fence(1, 501)],
        [*past_fence(1, 501), replace(clean(FENCE + 1001), unexplained_trades=True)],
        [*past_fence(1, 501), replace(clean(FENCE + 1001), position_size=D(9))],
        [*past_fence(1), replace(clean(FENCE + 501), position_size=D(9)), *past_fence(1001, 1501)],
        past_fence(1, 1001, 501),
    ],
)
def test_r46_less_than_that_proves_nothing(looks: list[Look]) -> None:
    step = judge(*looks)

    assert step.settlement is Settlement.KEEP_LOOKING
    assert step.wait_ms > 0


def test_a_disagreement_is_told() -> None:
    traded = replace(clean(FENCE + 1), unexplained_trades=True)
    moved = replace(clean(SIGNED + 1), position_size=D(9))

    assert judge(traded).reason == "unexplained_trades"
    assert judge(moved).reason == "position_differs"
    assert judge(clean(SIGNED + 1)).reason == "before_fence"
    assert judge(clean(FENCE + 1)).reason == "more_clean_looks_needed"


def test_clean_looks_after_a_disagreement_prove_absence_again() -> None:
    moved = replace(clean(FENCE + 1), position_size=D(9))

    assert judge(moved, *past_fence(501, 1001, 1501)).settlement is Settlement.NEVER_EXECUTED


def test_early_looks_back_off_and_one_meets_the_fence() -> None:
    looks: list[Look] = []
    waits = []
    now = SIGNED
    for _ in range(14):
        step = judge(*looks)
        waits.append(step.wait_ms)
        now += step.wait_ms
        looks.append(clean(now))

    assert waits == [0, 100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000, 501, 500, 500, 0]
    assert looks[10].exchange_time_ms == FENCE + 1


def test_a_look_exactly_at_the_fence_is_not_past_it() -> None:
    assert judge(clean(FENCE)).wait_ms == 1
    assert judge(clean(FENCE + 1)).wait_ms == SettleRules().spacing_ms


def test_r46_a_paused_reader_never_hurries_the_fence() -> None:
    many = [clean(FENCE - 5_000 + 500 * n) for n in range(11)]

    assert many[-1].exchange_time_ms == FENCE
    assert judge(*many).settlement is Settlement.KEEP_LOOKING


def test_r60_looks_a_little_too_close_together_delay_the_proof_and_do_not_prevent_it() -> None:
    slow_clock = past_fence(1, 451, 901, 1351, 1801)  # the exchange's clock runs a tenth slower than ours

    assert judge(*slow_clock[:-1]).settlement is Settlement.KEEP_LOOKING
    assert judge(*slow_clock).settlement is Settlement.NEVER_EXECUTED


def test_r46_a_disagreement_between_clean_looks_begins_the_proof_anew() -> None:
    odd = replace(clean(FENCE + 700), unexplained_trades=True)

    assert judge(*past_fence(1, 600), odd, *past_fence(1200, 1700)).settlement is Settlement.KEEP_LOOKING
    assert judge(*past_fence(1, 600), odd, *past_fence(1200, 1700, 2200)).settlement is Settlement.NEVER_EXECUTED


@pytest.mark.parametrize("rules", [{"clean_looks": 0}, {"margin_ms": -1}, {"spacing_ms": -1}])
def test_rules_that_prove_nothing_are_refused(rules: dict[str, int]) -> None:
    with pytest.raises(KernelError):
        SettleRules(**rules)


looks_of_all_sorts = st.builds(
    Look,
    exchange_time_ms=st.integers(SIGNED, FENCE + 4_000),
    order_found=st.sampled_from([False, False, False, True]),
    unexplained_trades=st.sampled_from([False, False, False, True]),
    position_size=st.sampled_from([BEFORE, BEFORE, BEFORE, D(9)]),
)


@given(looks=st.lists(looks_of_all_sorts, max_size=8), wanted=st.integers(1, 3), spacing=st.sampled_from([0, 1, 500]))
def test_r46_absence_is_never_said_before_the_fence_or_against_a_look(
    looks: list[Look], wanted: int, spacing: int
) -> None:
    looks = sorted(looks, key=lambda look: look.exchange_time_ms)

    step = judge(*looks, rules=SettleRules(clean_looks=wanted, spacing_ms=spacing))

    if step.settlement is Settlement.NEVER_EXECUTED:
        odd = [number for number, look in enumerate(looks) if look.unexplained_trades or look.position_size != BEFORE]
        since = [look for look in looks[max(odd, default=-1) + 1 :] if look.exchange_time_ms > FENCE]
        assert len(since) >= wanted
        assert since[-1].exchange_time_ms - since[0].exchange_time_ms >= (wanted - 1) * spacing
        assert not any(look.order_found for look in looks)
    assert (step.settlement is Settlement.FOUND) == any(look.order_found for look in looks)


@given(first=st.integers(1, 10_000), gaps=st.lists(st.integers(500, 5_000), min_size=2, max_size=6))
def test_settling_ends_when_the_exchange_keeps_agreeing(first: int, gaps: list[int]) -> None:
    times = [FENCE + first]
    for gap in gaps:
        times.append(times[-1] + gap)

    assert judge(*map(clean, times)).settlement is Settlement.NEVER_EXECUTED
