"""What is known of the scripted market once it is over: decided, answered, executed, resting, paid.

Published by us, told by the exchange; which is which stands with each value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harvest.market_script import Expected

OURS = "hv-"
"""How the client ids of our closing orders begin."""
NOTHING = Decimal(0)


@dataclass(frozen=True)
class FillEvidence:
    """An execution in the exchange's own ledger."""

    symbol: str
    client_order_id: str
    time_ms: int
    quantity: Decimal
    """Base units."""
    before: Decimal
    """Signed base units that were held before it."""
    after: Decimal
    realized_pnl: Decimal
    """USDT, before the commission."""
    commission: Decimal

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "FillEvidence":
        """From a row of the ledger."""
        numbers = ("quantity", "position_before", "position_after", "realized_pnl", "commission")
        return cls(row["symbol"], row["client_order_id"], row["time_ms"], *(Decimal(row[name]) for name in numbers))


@dataclass(frozen=True)
class StopEvidence:
    """A conditional order as the exchange shows it, resting or not."""

    symbol: str
    level: Decimal
    quantity: Decimal
    status: str
    placed_ms: int


@dataclass(frozen=True)
class Made:
    """A decision of the watch with its answer, as we published both."""

    symbol: str
    rule: str
    name: str
    action: str
    reason: str
    written_ms: int
    r: Decimal | None
    kill_score: Decimal | None
    stop: Decimal | None
    """Where the stop rests by our answer; None for a close."""
    outcome: str
    """"" while there is none."""
    client_order_ids: tuple[str, ...]
    realized_pnl: Decimal
    commission: Decimal

    @property
    def key(self) -> tuple[str, str]:
        """Names it within the script."""
        return self.symbol, self.name


@dataclass(frozen=True)
class MarketKill:
    """The worker was killed with one order unanswered, and more came due while nobody watched. Epoch ms."""

    symbol: str
    name: str
    """Of the decision in flight."""
    killed_pid: int
    new_pid: int
    watching_pid: int | None
    """Who says that it watches, at the end."""
    arrived_ms: int
    answer_due_ms: int
    killed_ms: int
    due_ms: Mapping[tuple[str, str], int]
    """When the market made each of the others due."""


@dataclass(frozen=True)
class MarketEvidence:
    """Everything that the scripted market is judged from."""

    expected: tuple[Expected, ...]
    rules: tuple[str, ...]
    """Every rule there is."""
    made: tuple[Made, ...]
    requests: tuple[tuple[str, str], ...]
    """Symbol and client id of each closing order of ours that reached the exchange, answered or not."""
    fills: tuple[FillEvidence, ...]
    """All of the account, whoever traded."""
    stops: tuple[StopEvidence, ...]
    still_open: tuple[str, ...] | None
    """Positions and resting orders at the end; None if they could not be read, which is not the same as none (R35)."""
    wallet_before: Decimal
    wallet_after: Decimal
    funding: Decimal
    """USDT, below zero where it cost."""
    kill: MarketKill | None

    def fills_of(self, made: Made) -> tuple[FillEvidence, ...]:
        """What the exchange executed for a decision."""
        return tuple(
            fill for fill in self.fills if fill.symbol == made.symbol and fill.client_order_id in made.client_order_ids
        )

    @property
    def ours(self) -> tuple[FillEvidence, ...]:
        """What orders of ours executed."""
        return tuple(fill for fill in self.fills if fill.client_order_id.startswith(OURS))

    @property
    def published_pnl(self) -> Decimal:
        """Realised, USDT, by our results."""
        return sum((made.realized_pnl for made in self.made), NOTHING)

    @property
    def published_fees(self) -> Decimal:
        """USDT, by our results."""
        return sum((made.commission for made in self.made), NOTHING)

    @property
    def ledger_pnl(self) -> Decimal:
        """Realised, USDT, by the exchange: of all that was traded."""
        return sum((fill.realized_pnl for fill in self.fills), NOTHING)

    @property
    def ledger_fees(self) -> Decimal:
        """USDT, of our orders, by the exchange."""
        return sum((fill.commission for fill in self.ours), NOTHING)

    @property
    def opening_fees(self) -> Decimal:
        """USDT that whoever opened the positions paid."""
        return sum((fill.commission for fill in self.fills), NOTHING) - self.ledger_fees

    @property
    def wallet_change(self) -> Decimal:
        """USDT."""
        return self.wallet_after - self.wallet_before
