"""Our idea of the exchange's counter against the counter itself: never over the limit, and nothing wasted."""

import heapq
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.window import EDGE_MS, Window

SPAN = 10_000


def test_it_counts_what_leaves_and_begins_anew() -> None:
    window = Window(SPAN, 3)
    for _ in range(3):
        window.take(100, 1)
    assert (window.left(100), window.left(SPAN - 1)) == (0, 0)
    assert window.turns_in_ms(100) == SPAN - 100 + EDGE_MS
    assert window.left(SPAN + EDGE_MS) == 0  # none of the three was answered: each may arrive yet


def test_what_others_send_is_learned_from_an_answer() -> None:
    window = Window(SPAN, 10)
    taken = window.take(1_000, 1)
    window.answered(taken, 1_020, told=8)
    assert window.left(1_020) == 2


def test_a_count_that_is_older_than_what_we_know_changes_nothing() -> None:
    window = Window(SPAN, 10)
    first, second = window.take(1_000, 1), window.take(1_000, 1)
    window.answered(second, 1_020, told=2)
    window.answered(first, 1_021, told=1)
    assert window.used(1_021) == 2


def test_what_is_refused_without_a_count_gives_its_place_back() -> None:
    window = Window(SPAN, 1)
    window.released(window.take(1_000, 1), 1_020)
    assert window.left(1_020) == 1


def test_a_count_of_the_interval_before_does_not_fill_the_next() -> None:
    window = Window(SPAN, 10)
    taken = window.take(SPAN - 500, 1)
    window.answered(taken, SPAN + 200, told=10)
    assert window.left(SPAN + 200) == 9  # its own place only: it may have arrived late


def test_what_leaves_at_the_boundary_counts_on_both_sides() -> None:
    window = Window(SPAN, 10)
    for instant in (SPAN - 10, SPAN + 10):
        window.answered(window.take(instant, 1), instant + 5, told=None)
    assert window.used(SPAN + 20) == 2
    assert window.used(SPAN + EDGE_MS) == 2


@given(
    seed=st.integers(0, 2**32),
    limit=st.integers(1, 30),
    clock_error=st.integers(-EDGE_MS + 1, EDGE_MS - 1),
    latency=st.integers(0, 400),
    demand=st.integers(1, 80),
)
def test_the_limit_is_never_exceeded_whatever_the_latency_and_our_clocks_error(
    seed: int, limit: int, clock_error: int, latency: int, demand: int
) -> None:
    """A sender that takes every place it sees, for 45 s, against a counter that it reaches some time later."""
    counted = played(Window(SPAN, limit), seed, clock_error, latency, demand)
    assert max(counted.values()) <= limit


@pytest.mark.parametrize("limit", [1, 7, 50, 300])
def test_no_place_is_wasted(limit: int) -> None:
    """As many places as the exchange has are taken in each whole interval, if there is somebody to take them."""
    counted = played(Window(SPAN, limit), 1, 5, 20, limit * 3)
    assert [counted[interval] for interval in (1, 2, 3)] == [limit] * 3


def played(window: Window, seed: int, clock_error: int, latency: int, demand: int) -> Counter[int]:
    """Orders that the exchange counted, by its own intervals. Our clock shows its time plus an error."""
    chance = random.Random(seed)  # noqa: S311 - a game, not a secret
    counted: Counter[int] = Counter()
    flying: list[tuple[int, int, str, object]] = []
    number = 0
    for now in range(0, 45_000, 7):
        while flying and flying[0][0] <= now:
            instant, _, kind, taken = heapq.heappop(flying)
            number += 1
            if kind == "arrives":
                counted[instant // SPAN] += 1
                back = instant + chance.randint(0, latency)
                told = counted[instant // SPAN]
                heapq.heappush(flying, (back, number, "answered", (taken, told)))
            else:
                window.answered(*(taken[0], now + clock_error, taken[1]))  # type: ignore[index]
        for _ in range(chance.randint(0, demand)):
            if window.left(now + clock_error) < 1:
                break
            number += 1
            held = window.take(now + clock_error, 1)
            heapq.heappush(flying, (now + chance.randint(0, latency), number, "arrives", held))
    return counted
