"""The stops that rest for a position: which level they hold, whether a wanted one is tighter, what it replaces.

A stop only ever moves towards the price. It is placed before the one that it replaces is cancelled.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from enum import StrEnum

from kernel.decimals import ARITHMETIC, positive
from kernel.side import Side

_FARTHEST = 2
"""A stop that the price has passed by more than this factor is a wrong number and no stop: a fraction where a price was
meant would close every short (R41)."""


@dataclass(frozen=True, slots=True)
class RestingStop:
    """A stop at the exchange that reduces this position. `quantity` in the asset, None for all there is.

    `own`: placed by us for this very position.
    """

    order_id: int
    trigger: Decimal
    quantity: Decimal | None
    own: bool


class StopMove(StrEnum):
    """What a wanted stop is, compared with what rests and with the price."""

    TIGHTER = "stop_tightened"
    IN_FORCE = "stop_already_there"
    LOOSER = "stop_not_tighter"
    BEYOND = "price_beyond_stop"
    IMPLAUSIBLE = "stop_price_implausible"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Quantities to place at the level, and the stops to cancel once those rest."""

    place: tuple[Decimal, ...]
    cancel: tuple[int, ...]

    @property
    def nothing(self) -> bool:
        """Whether everything is as it should be."""
        return not self.place and not self.cancel


def is_tighter(side: Side, stop: Decimal, than: Decimal | None) -> bool:
    """Whether a stop is reached before another one; any stop is before none."""
    return than is None or (stop - than) * side.sign > 0


def tighter_of(side: Side, one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Of two levels the one that is reached first."""
    if one is None or other is None:
        return other if one is None else one
    return one if is_tighter(side, one, other) else other


def round_stop(side: Side, price: Decimal, tick: Decimal) -> Decimal:
    """The price on the tick grid, towards the market: up for a long, down for a short, so that it protects no less."""
    rounding = ROUND_CEILING if side is Side.LONG else ROUND_FLOOR
    with localcontext(ARITHMETIC):
        step = positive("tick", tick)
        return ((positive("stop", price) / step).to_integral_value(rounding) * step).quantize(step)


def own_level(side: Side, stops: Iterable[RestingStop]) -> Decimal | None:
    """The tightest of our own stops."""
    level: Decimal | None = None
    for stop in stops:
        if stop.own:
            level = tighter_of(side, level, stop.trigger)
    return level


def covering_level(side: Side, size: Decimal, stops: Sequence[RestingStop]) -> Decimal | None:
    """The tightest level by which all of `size` has been closed, whoever placed the stops; None if it never is."""
    covered = Decimal(0)
    for stop in sorted(stops, key=lambda each: each.trigger * side.sign, reverse=True):
        covered += size if stop.quantity is None else stop.quantity
        if covered >= size:
            return stop.trigger
    return None


def level_in_force(side: Side, size: Decimal, stops: Sequence[RestingStop]) -> Decimal | None:
    """What a new stop has to be tighter than: our own tightest, and what covers the whole position."""
    return tighter_of(side, own_level(side, stops), covering_level(side, size, stops))


def judge_move(side: Side, size: Decimal, mark: Decimal, wanted: Decimal, stops: Sequence[RestingStop]) -> StopMove:
    """Compare a wanted stop, on the tick grid, with the mark and with what rests. Total: every input has an answer."""
    if (mark - wanted) * side.sign <= 0:
        farther, nearer = max(mark, wanted), min(mark, wanted)
        return StopMove.IMPLAUSIBLE if farther > _FARTHEST * nearer else StopMove.BEYOND
    level = level_in_force(side, size, stops)
    if is_tighter(side, wanted, level):
        return StopMove.TIGHTER
    return StopMove.IN_FORCE if wanted == level else StopMove.LOOSER


def arrange(
    side: Side, level: Decimal, pieces: Sequence[Decimal], stops: Sequence[RestingStop], *, replace_others: bool
) -> Arrangement:
    """What leads to exactly `pieces` of ours at `level`. Never cancels a stop of ours that is tighter than it.

    `replace_others`: stops of others that are no tighter go too, since this one takes their place.
    """
    missing = Counter(pieces)
    cancel: list[int] = []
    for stop in stops:
        if stop.own and stop.trigger == level and stop.quantity is not None and missing[stop.quantity] > 0:
            missing[stop.quantity] -= 1
        elif (stop.own or replace_others) and not is_tighter(side, stop.trigger, level):
            cancel.append(stop.order_id)
    return Arrangement(tuple(missing.elements()), tuple(cancel))
