"""What is written when: once for what shows, again for what does not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from activities.watch_decisions import CLOSE_PAUSE_MS, PART_PAUSE_MS, decide, waiting_rungs
from activities.watch_identity import RUNGS, intent_id, rungs_taken_by
from contracts.order import OrderSide, OrderState, PositionSide
from contracts.watch import PositionMemory
from kernel.finding import ExitAction
from kernel.identity import client_order_id, rung_of
from kernel.rules import Verdict

NOW = 1_800_000_000_000
MEMORY = PositionMemory(
    generation=7,
    opened_at_ms=NOW,
    changed_ms=NOW,
    entry_price=Decimal(100),
    peak_price=Decimal(100),
    trough_price=Decimal(100),
    peak_quantity=Decimal(10),
)
HOLD = Verdict(
    action=ExitAction.NONE,
    fraction=Decimal(0),
    quantity=Decimal(0),
    rung=None,
    new_stop=None,
    stop_action=None,
    rule="none",
    reason="hold",
    codes=(),
    hold_score=5,
    exit_score=0,
    emergency=False,
    numbers=(),
    notes=(),
    r_net=Decimal(0),
    kill_score=None,
)
CLOSE = replace(HOLD, action=ExitAction.CLOSE, fraction=Decimal(1), quantity=Decimal(10), rule="emergency_stop")
TRANCHE = replace(HOLD, action=ExitAction.PARTIAL_25, fraction=Decimal("0.25"), rung="p25", rule="tranche")


def moved(stop: str) -> Verdict:
    return replace(HOLD, new_stop=Decimal(stop), stop_action=ExitAction.MOVE_SL_TRAIL, rule="trailing")


def written(
    verdict: Verdict, memory: PositionMemory, at_ms: int, *, once: bool = False
) -> tuple[list[str], PositionMemory]:
    wanted, memory = decide(verdict, PositionSide.LONG, memory, at_ms, once=once)
    return [each.name for each in wanted], memory


def test_a_close_is_written_again_under_its_name_until_the_position_is_gone() -> None:
    memory, times = MEMORY, []
    for second in range(60):
        names, memory = written(CLOSE, memory, NOW + second * 1000)
        times += [second for name in names if name == "emergency_stop"]

    first = CLOSE_PAUSE_MS[0] // 1000
    assert times == [0, first, 3 * first, 7 * first]


def test_a_part_waits_for_its_order_to_show_and_is_asked_for_again_if_none_does() -> None:
    names, memory = written(TRANCHE, MEMORY, NOW)
    later = NOW + PART_PAUSE_MS[0]

    assert names == ["p25"]
    assert waiting_rungs(memory, later - 1, once=False) == {"p25"}
    assert waiting_rungs(memory, later, once=False) == frozenset()
    assert written(TRANCHE, memory, later)[0] == ["p25"]


def test_a_suggestion_is_made_once() -> None:
    for verdict, name in ((CLOSE, "emergency_stop"), (TRANCHE, "p25"), (moved("99"), "stop1")):
        names, memory = written(verdict, MEMORY, NOW, once=True)
        assert names == [name]
        assert written(verdict, memory, NOW + 10**9, once=True)[0] == []


def test_a_part_and_a_stop_are_two_decisions() -> None:
    both = replace(TRANCHE, new_stop=Decimal(99), stop_action=ExitAction.MOVE_SL_TRAIL)

    assert written(both, MEMORY, NOW)[0] == ["p25", "stop1"]


def test_a_stop_only_tightens_and_each_is_another_decision() -> None:
    names, memory = written(moved("99"), MEMORY, NOW)
    assert names == ["stop1"]
    assert written(moved("99"), memory, NOW + 60_000)[0] == []
    assert written(moved("98"), memory, NOW + 60_000)[0] == []
    assert written(moved("99.5"), memory, NOW + 1000)[0] == []

    names, memory = written(moved("99.5"), memory, NOW + 60_000)

    assert (names, memory.stop_asked, list(memory.asked)) == (["stop2"], Decimal("99.5"), ["stop2"])


@pytest.mark.parametrize(("shown", "again"), [(None, True), (Decimal(98), True), (Decimal(99), False)])
def test_a_stop_that_the_exchange_does_not_show_is_asked_for_again(shown: Decimal | None, again: bool) -> None:
    _, memory = written(moved("99"), MEMORY, NOW)
    read = memory.model_copy(update={"stop": shown, "stops_read_ms": NOW + 20_000})

    assert written(HOLD, memory, NOW + 60_000)[0] == []
    assert written(HOLD, read, NOW + 60_000)[0] == (["stop1"] if again else [])


def order(identity: str, executed: str = "1") -> OrderState:
    return OrderState(
        order_id=1,
        client_order_id=identity,
        status="FILLED",
        side=OrderSide.SELL,
        position_side=PositionSide.BOTH,
        original_quantity=Decimal(1),
        executed_quantity=Decimal(executed),
    )


def test_every_rung_is_recognised_by_the_name_of_its_order() -> None:
    key = "ETHUSDT:LONG"
    orders = [order(client_order_id(7, rung_of(intent_id("main", key, 7, rung), None), attempt=1)) for rung in RUNGS]

    assert rungs_taken_by(orders, "main", key, 7) == list(RUNGS)
    assert rungs_taken_by(orders, "main", key, 8) == []
    assert rungs_taken_by(orders, "other", key, 7) == []
    assert rungs_taken_by([order("hv-7-p50-1"), order("somebody"), order("hv-7-p75-1", "0")], "main", key, 7) == ["p50"]
