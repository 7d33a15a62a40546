"""From a verdict to what is written now: what is due, under which name, and what is remembered of it.

What was written is not what was done. A close is written again, under the same name, until the position is gone; a
part until an order of ours shows that it was taken; a stop until the exchange shows it. The pauses double.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from activities.watch_identity import RUNGS
from activities.watch_view import tighter
from contracts.order import PositionSide
from contracts.watch import Asked, PositionMemory
from kernel.finding import ALL, ExitAction
from kernel.rules import Verdict

CLOSE_PAUSE_MS: Final = (5_000, 60_000)
"""Between two writings of a close: the first pause and the longest."""
PART_PAUSE_MS: Final = (30_000, 300_000)
STOP_PAUSE_MS: Final = (30_000, 300_000)
BETWEEN_STOPS_MS: Final = 10_000
"""A stop that trails is not moved more often."""
_DOUBLINGS: Final = 10
_BESIDE: Final = Decimal("0.001")
"""Of the price: no tick is larger, and a stop that differs by less is the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One decision to write."""

    name: str
    action: ExitAction
    fraction: Decimal | None = None
    """Of the current size; None where a quantity or a stop is meant."""
    quantity: Decimal | None = None
    new_stop: Decimal | None = None


def waiting_rungs(memory: PositionMemory, now_ms: int, *, once: bool) -> frozenset[str]:
    """Rungs that were asked for and are not to be asked for again yet."""
    return frozenset(
        name
        for name, asked in memory.asked.items()
        if name in RUNGS and not is_due(asked, PART_PAUSE_MS, now_ms, once=once)
    )


def is_due(asked: Asked | None, pause: tuple[int, int], now_ms: int, *, once: bool) -> bool:
    """Whether a decision is to be written now. ``once``: a suggestion that was made need not be made again."""
    if asked is None:
        return True
    first, most = pause
    wait = min(most, first * 2 ** min(asked.times - 1, _DOUBLINGS))
    return not once and now_ms - asked.last_ms >= wait


def decide(
    verdict: Verdict, side: PositionSide, memory: PositionMemory, now_ms: int, *, once: bool
) -> tuple[tuple[Wanted, ...], PositionMemory]:
    """What to write now, and the memory of having written it."""
    wanted: list[Wanted] = []
    if verdict.fraction == ALL:
        close = Wanted(verdict.rung or verdict.rule, verdict.action, fraction=ALL)
        if is_due(memory.asked.get(close.name), CLOSE_PAUSE_MS, now_ms, once=once):
            wanted.append(close)
    elif verdict.fraction > 0:
        part = _part(verdict)
        if is_due(memory.asked.get(part.name), PART_PAUSE_MS, now_ms, once=once):
            wanted.append(part)
    stop, memory = _stop(verdict, side, memory, now_ms, once=once)
    wanted += [stop] if stop else []
    return tuple(wanted), _remembering(memory, wanted, now_ms)


def _part(verdict: Verdict) -> Wanted:
    """A ladder's share is of the original size, so it goes as a quantity; a tranche's is of the current one."""
    name = verdict.rung or verdict.rule
    if verdict.action is ExitAction.PARTIAL_CLOSE and verdict.rule == "ladder":
        return Wanted(name, verdict.action, quantity=verdict.quantity)
    return Wanted(name, verdict.action, fraction=verdict.fraction)


def _stop(
    verdict: Verdict, side: PositionSide, memory: PositionMemory, now_ms: int, *, once: bool
) -> tuple[Wanted | None, PositionMemory]:
    latest = memory.asked.get(stop_name(memory))
    if verdict.new_stop is not None and tighter(side, verdict.new_stop, memory.stop_asked):
        if latest is not None and now_ms - latest.last_ms < BETWEEN_STOPS_MS:
            return None, memory
        moved = {"stop_asked": verdict.new_stop, "stops_asked": memory.stops_asked + 1}
        asked = {name: each for name, each in memory.asked.items() if name != stop_name(memory)}
        memory = memory.model_copy(update={**moved, "asked": asked})
        return Wanted(stop_name(memory), _action(verdict), new_stop=verdict.new_stop), memory
    read_since = latest is not None and memory.stops_read_ms > latest.last_ms
    if (
        verdict.fraction != ALL
        and stop_is_missing(memory, side)
        and read_since
        and is_due(latest, STOP_PAUSE_MS, now_ms, once=once)
    ):
        return Wanted(stop_name(memory), _action(verdict), new_stop=memory.stop_asked), memory
    return None, memory


def _action(verdict: Verdict) -> ExitAction:
    return verdict.stop_action or ExitAction.MOVE_SL_TRAIL


def stop_is_missing(memory: PositionMemory, side: PositionSide) -> bool:
    """Whether the exchange has not shown the stop that was asked for. It may rest on the tick beside it."""
    asked, shown = memory.stop_asked, memory.stop
    if asked is None or (shown is not None and abs(asked - shown) <= _BESIDE * asked):
        return False
    return tighter(side, asked, shown)


def stop_name(memory: PositionMemory) -> str:
    """The stop that was asked for last; each tighter one is another decision."""
    return f"stop{memory.stops_asked}"


def _remembering(memory: PositionMemory, wanted: list[Wanted], now_ms: int) -> PositionMemory:
    if not wanted:
        return memory
    asked = dict(memory.asked)
    for each in wanted:
        before = asked.get(each.name)
        asked[each.name] = Asked(times=before.times + 1 if before else 1, last_ms=now_ms)
    return memory.model_copy(update={"asked": asked})
