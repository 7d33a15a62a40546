"""A decision of the watch as one line for people: as it was answered, or as the exchange's ledger has it."""

from dataclasses import dataclass
from decimal import Decimal

from harvest.market_evidence import NOTHING, Made, MarketEvidence
from harvest.market_tape import Decision


@dataclass(frozen=True)
class MarketRow:
    """Everything as text but the time."""

    ms: int
    """From the market's first position."""
    symbol: str
    rule: str
    action: str
    r: str
    kill_score: str
    outcome: str
    closed: str
    """Base units; for a stop where it rests."""
    left: str

    @property
    def line(self) -> str:
        """Where there is no table."""
        happened = f"{self.closed:>7} closed, {self.left} left" if self.left else f"stop at {self.closed}"
        return (
            f"  {self.ms / 1000:5.1f} s  {self.symbol:<9} {self.rule:<22} {self.action:<19} R {self.r:>5}  "
            f"{self.outcome:<11} {happened}"
        )


def row_of_decision(decision: Decision, began_ms: int) -> MarketRow:
    """As we published it, the moment it is known."""
    result = decision.result
    fields = result.fields if result else {}
    left = "" if decision.moves_stop else plain(_number(fields.get("position_amt", "")))
    closed = _number(fields.get("stop_price" if decision.moves_stop else "filled_qty", ""))
    return MarketRow(
        decision.written_ms - began_ms,
        *(decision.symbol, decision.rule, decision.intent["action"]),
        *(short(decision.number("R_net")), short(decision.number("kill_score"))),
        *(result.outcome if result else "", plain(closed), left),
    )


def row_of_evidence(made: Made, seen: MarketEvidence, began_ms: int) -> MarketRow:
    """A close as the exchange's ledger has it; of a stop the exchange's own list comes in another table."""
    fills = seen.fills_of(made)
    closed = sum((fill.quantity for fill in fills), NOTHING) if fills else made.stop
    return MarketRow(
        *(made.written_ms - began_ms, made.symbol, made.rule, made.action, short(made.r), short(made.kill_score)),
        *(made.outcome, plain(closed), plain(fills[-1].after) if fills else ""),
    )


def plain(number: Decimal | None) -> str:
    """All digits that count."""
    return "" if number is None else f"{number.normalize():f}"


def short(number: Decimal | None) -> str:
    """Two digits behind the point."""
    return "" if number is None else f"{number:.2f}"


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
