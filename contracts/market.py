"""What the watch knows of a symbol's market."""

from decimal import Decimal

from contracts.snapshot import MarketFacts
from contracts.value import Value


class Candle(Value):
    """One candle that has ended. Prices in quote currency."""

    open_ms: int
    high: Decimal
    low: Decimal
    close: Decimal


class MarketReading(Value):
    """A market state, or why there is none."""

    facts: MarketFacts | None = None
    estimated: bool = False
    """Whether it is our own estimate from candles; nobody publishes one."""
    missing: str = "market_state_missing"
    """Why there is none; says nothing when there is one."""


class FundingFacts(Value):
    """What holding costs next."""

    rate: Decimal
    """Of the next settlement, scaled to eight hours; longs pay a positive one."""
    read_ms: int


class Income(Value):
    """One movement of the wallet."""

    symbol: str
    amount: Decimal
    """Quote currency; negative was paid."""
    time_ms: int
    transaction: str
