"""Positions for the tests of rules: the base of the user's P2 table, and any change of it."""

from decimal import Decimal
from typing import Any

from kernel.finding import Situation
from kernel.kill_score import MarketState
from kernel.position_view import PositionView
from kernel.rules import situate
from kernel.rules_config import RulesConfig
from kernel.side import Side

CALM = MarketState(Decimal("0.01"), Decimal("0.35"), Decimal("0.5"), Decimal("0.2"), Decimal("0.3"))
FLIPPED = MarketState(Decimal("0.01"), Decimal("0.35"), Decimal("0.1"), Decimal("0.3"), Decimal("0.6"))

_TEXTS = {
    "side", "market", "market_missing", "rungs_taken", "signals",
}  # fmt: skip


def view(mark: str = "100", **changes: Any) -> PositionView:
    """LONG 10 at 100, one hour old, 10x, risk unit 2 %, calm market. Numbers may be given as text."""
    values: dict[str, Any] = {
        "side": Side.LONG,
        "entry_price": Decimal(100),
        "mark_price": Decimal(mark),
        "quantity": Decimal(10),
        "age_seconds": Decimal(3600),
        "peak_price": max(Decimal(mark), Decimal(100)),
        "trough_price": min(Decimal(mark), Decimal(100)),
        "leverage": Decimal(10),
        "stop_dist_pct": Decimal("0.02"),
        "funding_rate": Decimal("0.0001"),
        "liquidation_price": Decimal("1E-9"),
        "market": CALM,
    }
    for name, value in changes.items():
        values[name] = Decimal(value) if isinstance(value, str) and name not in _TEXTS else value
    if values["side"] is Side.SHORT and "liquidation_price" not in changes:
        values["liquidation_price"] = Decimal(1_000_000)
    return PositionView(**values)


def config(**changes: Any) -> RulesConfig:
    """The defaults with some settings changed; numbers may be given as text."""
    known = {name: type(getattr(RulesConfig(), name)) for name in changes}
    values: dict[str, Any] = {
        name: Decimal(value) if known[name] is Decimal else value for name, value in changes.items()
    }
    return RulesConfig(**values)


def situation(seen: PositionView, settings: RulesConfig | None = None) -> Situation:
    """What a rule is given."""
    return situate(seen, settings or RulesConfig())


def numbers(pairs: tuple[tuple[str, Decimal], ...]) -> dict[str, Decimal]:
    """The numbers of a finding or verdict by name."""
    return dict(pairs)
