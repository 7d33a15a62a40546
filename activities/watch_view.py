"""What the watch knows of a position, as the rules want to see it."""

from dataclasses import dataclass, replace
from decimal import Decimal

from activities.watch_hints import SymbolHints
from activities.watch_stops import recorded, tightest
from contracts.market import FundingFacts, MarketReading
from contracts.order import PositionSide
from contracts.snapshot import Position
from contracts.watch import HeldPosition, PositionMemory
from kernel.errors import KernelError
from kernel.kill_score import MarketState
from kernel.position_view import PositionView
from kernel.rules import risk_distance
from kernel.rules_config import RulesConfig
from kernel.side import Side


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that one evaluation of one position rests on."""

    held: HeldPosition
    memory: PositionMemory
    hints: SymbolHints
    market: MarketReading
    funding: FundingFacts | None
    rules: RulesConfig
    rungs: frozenset[str]
    """Taken, or asked for and not to be asked again yet."""
    now_ms: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A view, what was missing for it, and the memory with what is remembered from first sight on."""

    view: PositionView
    notes: tuple[str, ...]
    memory: PositionMemory


def see(known: Known) -> Seen:
    """The view of a position.

    Raises:
        KernelError: the exchange's numbers are no position.
    """
    bare = _bare(known)
    memory = known.memory
    if not memory.risk_seen and memory.stops_read_ms:
        memory = memory.model_copy(update={"risk_seen": True, "risk_distance": risk_distance(bare)})
    if memory.risk_seen:
        # A stop that has moved is no measure of the risk once taken: the fallback stays, too.
        distance = memory.risk_distance or known.rules.theta.fallback_stop_pct
        bare = replace(bare, stop_dist_pct=distance)
    return Seen(bare, _notes(known, memory), memory)


def _bare(known: Known) -> PositionView:
    held, memory, position = known.held, known.memory, known.held.position
    stop, take_profit, _ = recorded(position, known.hints.record)
    market, missing = _market(known.market)
    return PositionView(
        side=Side(position.side.value),
        entry_price=position.entry_price,
        mark_price=position.mark_price,
        quantity=position.size,
        age_seconds=Decimal(max(0, known.now_ms - memory.opened_at_ms)) / 1000,
        peak_price=memory.peak_price,
        trough_price=memory.trough_price,
        leverage=held.leverage or Decimal(1),
        liquidation_price=_possible(position.liquidation_price),
        stop=tightest(position.side, [memory.stop, memory.stop_asked, stop]),
        take_profit=take_profit,
        stop_dist_pct=known.hints.stop_dist_pct,
        peak_quantity=memory.peak_quantity,
        fees_paid=memory.fees_paid,
        funding_paid=memory.funding_paid,
        funding_rate=known.funding.rate if known.funding else None,
        rungs_taken=known.rungs,
        market=market,
        market_missing=missing,
        market_estimated=known.market.estimated,
    )


def _possible(liquidation: Decimal | None) -> Decimal | None:
    """The exchange writes 0, or less, where a position cannot be liquidated."""
    return liquidation if liquidation is not None and liquidation > 0 else None


def _market(reading: MarketReading) -> tuple[MarketState | None, str]:
    facts = reading.facts
    if facts is None:
        return None, reading.missing
    try:
        return MarketState(facts.sigma, facts.ts, facts.p_trend, facts.p_mr, facts.p_chop), ""
    except KernelError as odd:
        return None, f"market_state_invalid:{odd.field or 'unknown'}"


def _notes(known: Known, memory: PositionMemory) -> tuple[str, ...]:
    """What an evaluation had to do without, or with something in its place (R50)."""
    _, _, stranger = recorded(known.held.position, known.hints.record)
    told = (
        ("fallback_stop_used", memory.risk_seen and memory.risk_distance is None),
        ("stops_not_read_yet", not memory.stops_read_ms),
        ("extremes_not_read_yet", not memory.complete),
        ("fees_in_another_coin", not memory.fees_known),
        ("leverage_unknown", known.held.leverage is None),
        ("record_of_another_position", stranger),
        ("opening_older_than_trades", memory.generation == 0),
    )
    return (*(note for note, holds in told if holds), *known.hints.notes)


def with_extremes(memory: PositionMemory, position: Position) -> PositionMemory:
    """The mark of this moment counts among the extremes."""
    peak, trough = max(memory.peak_price, position.mark_price), min(memory.trough_price, position.mark_price)
    largest = max(memory.peak_quantity, position.size)
    if (peak, trough, largest) == (memory.peak_price, memory.trough_price, memory.peak_quantity):
        return memory
    return memory.model_copy(update={"peak_price": peak, "trough_price": trough, "peak_quantity": largest})


def tighter(side: PositionSide, stop: Decimal, than: Decimal | None) -> bool:
    """Whether a stop is reached before another."""
    return than is None or (stop > than if side is PositionSide.LONG else stop < than)
