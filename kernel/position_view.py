"""One open position as the rules see it: everything they may know, measured by somebody else."""

from dataclasses import dataclass
from decimal import Decimal

from kernel.decimals import finite, not_negative, positive
from kernel.errors import KernelError
from kernel.kill_score import MarketState
from kernel.side import Side


@dataclass(frozen=True, slots=True)
class ExitSignals:
    """What the hold/exit evaluator asks of others. None is "nobody knows", which is not "no".

    `r_history`: gross R of the last evaluations, oldest first.
    """

    regime_changed: bool | None = None
    volatility_expanding: bool | None = None
    confidence_lost: bool | None = None
    r_history: tuple[Decimal, ...] = ()

    def __post_init__(self) -> None:
        for r in self.r_history:
            finite("r_history", r)


NO_SIGNALS = ExitSignals()


@dataclass(frozen=True, slots=True)
class PositionView:
    """Prices in quote currency, quantities unsigned in the asset, age in seconds since the true opening.

    Args:
        peak_price: highest mark since opening.
        trough_price: lowest mark since opening.
        stop: the stop in force, None without one.
        stop_dist_pct: the risk unit recorded for this position, as a fraction of entry; None if there is none.
        peak_quantity: the largest size this position had; None means the current one.
        fees_paid: of what is still open, in quote currency.
        funding_paid: likewise; negative where it was received.
        funding_rate: of the next settlement, per eight hours; None if unknown.
        rungs_taken: names of the rungs that were taken, whatever became of them since.
        market: None when there is neither a market state nor an estimate; then `market_missing` says why.
        market_estimated: whether it is our own estimate; verdicts say so.
    """

    side: Side
    entry_price: Decimal
    mark_price: Decimal
    quantity: Decimal
    age_seconds: Decimal
    peak_price: Decimal
    trough_price: Decimal
    leverage: Decimal = Decimal(1)
    liquidation_price: Decimal | None = None
    stop: Decimal | None = None
    take_profit: Decimal | None = None
    stop_dist_pct: Decimal | None = None
    peak_quantity: Decimal | None = None
    fees_paid: Decimal = Decimal(0)
    funding_paid: Decimal = Decimal(0)
    funding_rate: Decimal | None = None
    rungs_taken: frozenset[str] = frozenset()
    market: MarketState | None = None
    market_missing: str = "market_state_missing"
    market_estimated: bool = False
    signals: ExitSignals = NO_SIGNALS

    def __post_init__(self) -> None:
        for name in ("entry_price", "mark_price", "quantity", "peak_price", "trough_price", "leverage"):
            positive(name, getattr(self, name))
        for name in ("liquidation_price", "stop", "take_profit", "stop_dist_pct", "peak_quantity"):
            if getattr(self, name) is not None:
                positive(name, getattr(self, name))
        not_negative("age_seconds", self.age_seconds)
        finite("fees_paid", self.fees_paid)
        finite("funding_paid", self.funding_paid)
        if self.funding_rate is not None:
            finite("funding_rate", self.funding_rate)
        if self.stop_dist_pct is not None and self.stop_dist_pct >= 1:
            raise KernelError(
                f"stop_dist_pct is {self.stop_dist_pct}: it must be a fraction (2 % is 0.02)", "stop_dist_pct"
            )

    @property
    def profit_per_unit(self) -> Decimal:
        """Price profit per unit of the asset (R21)."""
        return (self.mark_price - self.entry_price) * self.side.sign

    @property
    def extreme_price(self) -> Decimal:
        """The best mark so far: the peak of a long, the trough of a short; the mark itself where it is better."""
        if self.side is Side.LONG:
            return max(self.peak_price, self.mark_price)
        return min(self.trough_price, self.mark_price)

    @property
    def original_quantity(self) -> Decimal:
        """The largest size known, never below the current one."""
        return max(self.peak_quantity or self.quantity, self.quantity)

    def beyond(self, price: Decimal) -> bool:
        """Whether the mark has reached `price` on the losing side of it: at or below for a long."""
        return (self.mark_price - price) * self.side.sign <= 0

    def tightens(self, stop: Decimal) -> bool:
        """Whether `stop` is strictly tighter than the stop in force."""
        return self.stop is None or (stop - self.stop) * self.side.sign > 0
