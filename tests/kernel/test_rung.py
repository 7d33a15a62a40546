from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import KernelError
from kernel.rung import OwnOrder, RungProgress, remaining, rung_progress
from kernel.sizing import LotRules, size_orders

D = Decimal


def order(
    attempt: int, original: str, executed: str, pieces_after: int | None = None, *, final: bool = True
) -> OwnOrder:
    return OwnOrder(attempt, pieces_after, D(original), D(executed), final)


def test_a_rung_that_never_began() -> None:
    progress = rung_progress([], D(120))

    assert progress == RungProgress(None, D(0), 1, unfinished=False)
    with pytest.raises(KernelError):
        remaining(progress, D(5))


def test_one_order_done() -> None:
    progress = rung_progress([order(1, "25", "25")], D(120))

    assert progress == RungProgress(D(25), D(25), 2, unfinished=False)
    assert remaining(progress, D(75)) == 0


def test_r68_a_rung_is_finished_not_begun_again_after_amnesia() -> None:
    progress = rung_progress([order(1, "25", "10")], D(120))

    assert remaining(progress, D(90)) == D(15)
    assert progress.next_attempt == 2


def test_later_attempts_count_as_executed_and_not_as_more_to_do() -> None:
    progress = rung_progress([order(2, "15", "15"), order(1, "25", "10")], D(120))

    assert (progress.total, progress.executed, progress.next_attempt) == (D(25), D(25), 3)


def test_the_lowest_attempt_known_sets_the_total_when_the_first_is_gone() -> None:
    # An order that was cancelled without a fill disappears from the exchange after three days.
    assert rung_progress([order(3, "25", "5"), order(4, "20", "0")], D(120)).total == D(25)


def test_all_pieces_of_an_attempt_are_added_up() -> None:
    pieces = [order(1, "60.5", "60.5", 2), order(1, "120", "120", 1), order(1, "120", "0", 0)]

    progress = rung_progress(pieces, D(120))

    assert (progress.total, progress.executed) == (D("300.5"), D("180.5"))


def test_pieces_that_never_reached_the_exchange_are_told_by_the_first() -> None:
    progress = rung_progress([order(1, "60.5", "60.5", 2)], D(120))

    assert progress.total == D("300.5")
    assert remaining(progress, D(1000)) == D(240)


def test_an_order_still_working_is_seen() -> None:
    assert rung_progress([order(1, "25", "10", final=False)], D(120)).unfinished
    assert not rung_progress([order(1, "25", "10")], D(120)).unfinished


def test_what_remains_never_exceeds_the_position_and_is_never_negative() -> None:
    assert remaining(rung_progress([order(1, "25", "10")], D(120)), D(3)) == D(3)
    assert remaining(rung_progress([order(1, "25", "25"), order(2, "1", "1")], D(120)), D(3)) == D(0)


@given(amount=st.decimals("0.001", 900, places=3), data=st.data())
def test_the_total_is_known_from_whatever_was_sent_before_the_crash(amount: Decimal, data: st.DataObject) -> None:
    lots = LotRules(D("0.001"), D(1000), D("0.001"), D("0.001"), D(120), D("0.001"))
    pieces = size_orders(amount, D(0), lots).quantities
    sent = data.draw(st.integers(1, len(pieces)))
    orders = [
        OwnOrder(1, len(pieces) - 1 - n, piece, data.draw(st.decimals(0, piece, places=3)), final=True)
        for n, piece in enumerate(pieces[:sent])
    ]
    executed = sum((one.executed for one in orders), D(0))

    progress = rung_progress(data.draw(st.permutations(orders)), D(120))

    assert progress.total == amount
    assert remaining(progress, amount - executed) == amount - executed


@given(
    pieces=st.integers(1, 6),
    lost=st.sets(st.integers(0, 5)),
    full=st.integers(10, 20),
)
def test_no_loss_of_reads_ever_makes_a_rung_larger(pieces: int, lost: set[int], full: int) -> None:
    originals = [D(7)] + [D(full)] * (pieces - 1)
    known = [
        OwnOrder(1, pieces - 1 - n, original, D(0), final=True) for n, original in enumerate(originals) if n not in lost
    ]

    total = rung_progress(known, D(full)).total

    assert (total or D(0)) <= sum(originals) + (full - 7 if 0 in lost and known else 0)
