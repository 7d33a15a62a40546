import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.identity import OrderKey, client_order_id, generation_code, parse_client_order_id, plan_id, rung_of

D = Decimal

fractions = st.decimals("0.0000001", 1).filter(lambda value: 0 < value <= 1)
generations = st.integers(0, 2**63)
rungs = st.one_of(
    fractions.map(lambda value: rung_of(None, value)), st.text(min_size=1).map(lambda t: rung_of(t, None))
)


@pytest.mark.parametrize(
    ("trade_id", "code"), [(0, "0"), (35, "z"), (36, "10"), (1_234_567_890, "kf12oi"), (2**63, "1y2p0ij32e8e8")]
)
def test_generation_code_is_base_36(trade_id: int, code: str) -> None:
    assert generation_code(trade_id) == code
    assert int(code, 36) == trade_id


@pytest.mark.parametrize(
    ("fraction", "rung"),
    [
        (None, "full"),
        ("1", "full"),
        ("1.000", "full"),
        ("0.25", "p25"),
        ("0.2500", "p25"),
        ("5E-1", "p50"),
        ("0.75", "p75"),
        ("0.33", "f330"),
        ("0.7", "f700"),
        ("0.001", "f1"),
        ("0.999", "f999"),
    ],
)
def test_rung_names_the_fraction(fraction: str | None, rung: str) -> None:
    assert rung_of(None, None if fraction is None else D(fraction)) == rung
    assert rung_of("  ", None if fraction is None else D(fraction)) == rung


@given(first=fractions, second=fractions)
def test_r68_different_fractions_never_share_a_rung(first: Decimal, second: Decimal) -> None:
    assert (rung_of(None, first) == rung_of(None, second)) == (first == second)


def test_a_fraction_finer_than_a_context_is_not_rounded_into_another() -> None:
    nearly_all = D("0." + "9" * 40)

    assert rung_of(None, nearly_all) != "full"
    assert re.fullmatch(r"g[0-9a-z]{7}", rung_of(None, nearly_all))
    assert rung_of(None, nearly_all) != rung_of(None, D("0." + "9" * 41))


def test_r01_the_producers_own_id_makes_the_rung_whatever_the_fraction() -> None:
    first = rung_of("6f2c-11", D("0.25"))

    assert re.fullmatch(r"i[0-9a-z]{7}", first)
    assert rung_of(" 6f2c-11 ", None) == first
    assert rung_of("6f2c-12", D("0.25")) != first


@pytest.mark.parametrize("fraction", ["0", "-0.25", "1.001", "NaN", "Infinity"])
def test_a_fraction_outside_its_range_has_no_rung(fraction: str) -> None:
    with pytest.raises(KernelError):
        rung_of(None, D(fraction))


def test_a_fraction_without_end_is_refused_and_does_not_break_a_workflow() -> None:
    """Python converts no more than 4300 digits, with a ValueError of its own."""
    for endless in (D("0." + "3" * 5000), D("0." + "3" * 101)):
        with pytest.raises(KernelError, match="digits"):
            rung_of(None, endless)
    assert rung_of(None, D("1." + "0" * 5000)) == "full"
    assert rung_of(None, D("1E-999999")).startswith("g")


def test_counts_beyond_any_count_are_refused_by_our_own_error() -> None:
    endless: Any = 10**5000

    tries: list[Callable[[], str]] = [
        lambda: generation_code(endless),
        lambda: generation_code(-endless),
        lambda: client_order_id(1, "full", endless),
        lambda: client_order_id(1, "full", 1, endless),
        lambda: rung_of(None, endless),
    ]
    for refused in tries:
        with pytest.raises(KernelError, match="beyond any count"):
            refused()


def test_an_id_that_is_no_text_is_refused_by_our_own_error() -> None:
    with pytest.raises(KernelError, match="Unicode"):
        rung_of("\ud800", None)
    with pytest.raises(KernelError, match="Unicode"):
        plan_id("main", "\ud800", 1, "full")


def test_r02_no_float_enters_an_identity() -> None:
    real: Any = 0.25
    not_whole: list[Any] = [0.25, 1.0, True, D(1), "1"]

    with pytest.raises(KernelError, match="R02"):
        rung_of(None, real)
    for bad in not_whole:
        with pytest.raises(KernelError, match="generation"):
            generation_code(bad)
        with pytest.raises(KernelError, match="generation"):
            plan_id("main", "ETHUSDT", bad, "full")
        with pytest.raises(KernelError, match="attempt"):
            client_order_id(1, "full", bad)
        with pytest.raises(KernelError, match="pieces_after"):
            client_order_id(1, "full", 1, bad)


def test_r03_identities_of_yesterday_are_those_of_today() -> None:
    # Written down once: an order sent before an upgrade must be found after it.
    assert client_order_id(1_234_567_890, "full", 1) == "hv-kf12oi-full-1"
    assert client_order_id(1_234_567_890, "p25", 2, 3) == "hv-kf12oi-p25-2-3"
    assert rung_of("intent-1", None) == "ihmc8mjc"
    assert rung_of(None, D("0.3333")) == "gai1swov"
    assert plan_id("main", "ETHUSDT", 1_234_567_890, "full") == "73b0901b5899d60e"


@given(generation=generations, rung=rungs, attempt=st.integers(1, 999), pieces=st.none() | st.integers(0, 999))
def test_order_ids_survive_the_round_trip_and_the_exchanges_rules(
    generation: int, rung: str, attempt: int, pieces: int | None
) -> None:
    text = client_order_id(generation, rung, attempt, pieces)

    assert re.fullmatch(r"[a-z0-9-]{1,36}", text)
    assert parse_client_order_id(text) == OrderKey(generation, rung, attempt, pieces)


keys = st.tuples(st.integers(0, 99), st.sampled_from(["full", "p25", "f1", "f11"]), st.integers(1, 20))


@given(first=keys, second=keys)
def test_two_different_orders_never_share_an_id(first: tuple[int, str, int], second: tuple[int, str, int]) -> None:
    assume(first != second)

    assert client_order_id(*first) != client_order_id(*second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x-Cb7ytekJabc",
        "web_123",
        "hv-",
        "hv-1-full",
        "hv-1-full-0",
        "hv-1-full-01",
        "hv-01-full-1",
        "hv-1-full-1-",
        "hv-1-full-1-2-3",
        "HV-1-full-1",
        "hv-1-full-1\n",
        "hv-1-" + "a" * 40 + "-1",
    ],
)
def test_a_foreign_order_is_not_ours(text: str) -> None:
    assert parse_client_order_id(text) is None


@pytest.mark.parametrize("rung", ["", "p-25", "FULL", "é", "a" * 40])
def test_a_bad_rung_makes_no_order_id(rung: str) -> None:
    with pytest.raises(KernelError) as caught:
        client_order_id(1, rung, 1)

    assert caught.value.field == "rung"


@pytest.mark.parametrize(("attempt", "pieces"), [(0, None), (-1, None), (1, -1)])
def test_counts_start_where_they_start(attempt: int, pieces: int | None) -> None:
    with pytest.raises(KernelError):
        client_order_id(1, "full", attempt, pieces)


def test_plan_ids_are_joined_without_ambiguity() -> None:
    ids = {
        plan_id("main", "ETHUSDT", 1, "full"),
        plan_id("mainE", "THUSDT", 1, "full"),
        plan_id("main", "ETHUSDT", 2, "full"),
        plan_id("main", "ETHUSDT", 1, "p25"),
        plan_id("main", "ETHUSDT", int("1f", 36), "ull"),
    }

    assert len(ids) == 5
    assert all(re.fullmatch(r"[0-9a-f]{16}", text) for text in ids)
