"""What flattening knows of each position, and which one goes first."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from contracts.flatten import FlattenLine, Handed, HandedOver, LineState
from contracts.result import Outcome
from contracts.snapshot import Position

NOWHERE: Final = Decimal("Infinity")


def most_urgent_first(positions: Sequence[Position]) -> list[Position]:
    """The nearest to its liquidation first; those that have none, by size in quote units."""
    return sorted(positions, key=lambda position: (_distance(position), -position.size * position.mark_price))


def _distance(position: Position) -> Decimal:
    """From mark to liquidation, as a fraction of the mark."""
    if not position.liquidation_price or not position.mark_price:
        return NOWHERE
    return abs(position.mark_price - position.liquidation_price) / position.mark_price


def seen(lines: Mapping[str, FlattenLine], positions: Sequence[Position]) -> dict[str, FlattenLine]:
    """The lines after one read: what is there is open again, what is gone is flat. In the order of first sight."""
    shown = {f"{position.symbol} {position.side}": position for position in most_urgent_first(positions)}
    after = {name: _after(line, shown.get(name)) for name, line in lines.items()}
    for name, position in shown.items():
        after.setdefault(name, FlattenLine(symbol=position.symbol, side=position.side, amount=position.amount))
    return after


def _after(line: FlattenLine, position: Position | None) -> FlattenLine:
    if position is None:
        return line.model_copy(update={"state": LineState.FLAT})
    gone_before = line.state is LineState.FLAT  # opened anew while we were closing
    changed = position.amount != line.amount and line.state is LineState.DUST
    state = LineState.OPEN if gone_before or changed else line.state
    return line.model_copy(update={"state": state, "amount": position.amount})


def handed(line: FlattenLine, answer: HandedOver) -> FlattenLine:
    """A line after its position was given to its close."""
    if answer.how is Handed.POINTLESS:
        return line.model_copy(update={"state": LineState.DUST, "outcome": answer.outcome})
    if answer.how is not Handed.STARTED:
        return line.model_copy(update={"state": LineState.CLOSING})
    again = line.tries > 0 and answer.outcome not in (None, Outcome.CLOSED_FLAT)
    state = LineState.STUCK if again else LineState.CLOSING
    return line.model_copy(update={"state": state, "tries": line.tries + 1, "outcome": answer.outcome or line.outcome})
