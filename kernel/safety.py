"""The safety net's rules: three bounds that hold whatever anybody else decided (the user's BSC, its numbers kept).

No market state, no score, no profit: only what the exchange itself says of a position.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final

from kernel.decimals import ARITHMETIC, finite, not_negative, positive

_SECONDS_PER_HOUR: Final = Decimal(3600)


class SafetyRule(StrEnum):
    """The bounds, the most urgent first."""

    LIQUIDATION = "liquidation"
    LOSS = "loss"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class SafetyBounds:
    """Where the net begins. Each bound itself is already beyond it."""

    max_loss: Decimal = Decimal("0.03")
    """Of the entry notional, above 0."""
    max_age_seconds: Decimal = Decimal(259_200)
    """72 h, since the fill that opened the position."""
    max_margin_ratio: Decimal = Decimal("0.85")
    """Maintenance margin over margin balance; the exchange liquidates at 1."""


@dataclass(frozen=True, slots=True)
class PositionFacts:
    """A position as the exchange shows it. Quote units; the size unsigned, in the asset."""

    size: Decimal
    entry_price: Decimal
    unrealized_pnl: Decimal
    age_seconds: Decimal | None
    """None while the opening time is not known: that rule is then not answered, the others are."""
    maintenance_margin: Decimal | None
    margin_balance: Decimal | None
    """Of the wallet that answers for it: its own if isolated, else the crossed one with all its profit and loss.
    Both None while they are not known: that rule is then not answered, the others are."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A bound that a position is at or beyond, and the sentence that says so in the original's words."""

    rule: SafetyRule
    reason: str

    @property
    def emergency(self) -> bool:
        """Whether every second counts. Age is no emergency."""
        return self.rule is not SafetyRule.AGE


def breaches(facts: PositionFacts, bounds: SafetyBounds) -> tuple[Breach, ...]:
    """Every bound that is reached, the most urgent first; raises KernelError on numbers that cannot be a position's."""
    with localcontext(ARITHMETIC):
        found = (_liquidation(facts, bounds), _loss(facts, bounds), _age(facts, bounds))
        return tuple(breach for breach in found if breach is not None)


def margin_ratio(maintenance: Decimal, balance: Decimal) -> Decimal | None:
    """Maintenance over balance; None (worse than any number) when nothing is left to answer for it."""
    if not_negative("maintenance_margin", maintenance) == 0:
        return Decimal(0)
    return maintenance / balance if finite("margin_balance", balance) > 0 else None


def _liquidation(facts: PositionFacts, bounds: SafetyBounds) -> Breach | None:
    # The original read a field that the exchange does not send, so its ratio was always 0.
    if facts.maintenance_margin is None or facts.margin_balance is None:
        return None
    ratio = margin_ratio(facts.maintenance_margin, facts.margin_balance)
    if ratio is not None and ratio < bounds.max_margin_ratio:
        return None
    shown = "beyond 1" if ratio is None else f"{ratio:.2f}"
    return Breach(SafetyRule.LIQUIDATION, f"LIQUIDATION_RISK (margin={shown})")


def _loss(facts: PositionFacts, bounds: SafetyBounds) -> Breach | None:
    notional = positive("entry_price", facts.entry_price) * positive("size", facts.size)
    share = finite("unrealized_pnl", facts.unrealized_pnl) / notional
    if share > -bounds.max_loss:
        return None
    return Breach(SafetyRule.LOSS, f"MAX_LOSS_BREACH (pnl={share * 100:.2f}%)")


def _age(facts: PositionFacts, bounds: SafetyBounds) -> Breach | None:
    if facts.age_seconds is None or finite("age_seconds", facts.age_seconds) < bounds.max_age_seconds:
        return None
    return Breach(SafetyRule.AGE, f"MAX_DURATION_BREACH (age={facts.age_seconds / _SECONDS_PER_HOUR:.1f}h)")
