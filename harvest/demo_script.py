"""What happens in the demo: positions that somebody opened, decisions that somebody made, and what must come of them.

The decisions are written as the user's producers write them, in each of their dialects.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from contracts.result import Outcome
from harvest.close_record import DEAD_LETTER

Wire = Mapping[str, str]

AEVO_SIZE = Decimal("64606.4")
AEVO_ENTRY = Decimal("0.0294289434484")


@dataclass(frozen=True)
class Opening:
    """A position that somebody opens before the decision."""

    side: str
    """LONG or SHORT."""
    quantity: Decimal
    entry_price: Decimal | None = None
    """Quote per base unit; None: the market's."""


@dataclass(frozen=True)
class Scene:
    """One decision and what must come of it."""

    symbol: str
    title: str
    wire: Callable[[datetime], Wire]
    """The stream entry for a decision that is made now."""
    expect: str
    """The outcome, or :data:`DEAD_LETTER`."""
    opening: Opening | None = None
    closes: Decimal = Decimal(0)
    """Base units that must be closed; 0: no order may be sent."""
    leaves: Decimal = Decimal(0)
    """Signed base units that must remain."""
    times: int = 1
    """How often the same entry is added."""


def autonomous_exit(now: datetime) -> Wire:
    """The original producer's entry: flat, no id, no quantity, no side."""
    return {
        "intent_type": "AUTONOMOUS_EXIT",
        "symbol": "AEVOUSDT",
        "action": "CLOSE",
        "percentage": "1.0",
        "reason": "emergency_stop_loss (R=-2.21)",
        "hold_score": "0",
        "exit_score": "10",
        "R_net": "-2.206903666539917",
        "pnl_usd": "-83.91963460861086",
        "entry_price": str(AEVO_ENTRY),
        "exit_price": "0.028130006584426603",
        "timestamp": iso_seconds(now),
    }


def iso_seconds(now: datetime) -> str:
    """As the producer writes it, without fractions."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _close(symbol: str, reason: str) -> Callable[[datetime], Wire]:
    return lambda now: {
        "symbol": symbol,
        "action": "CLOSE",
        "percentage": "1.0",
        "reason": reason,
        "timestamp": iso_seconds(now),
    }


def _partial(symbol: str, percentage: str) -> Callable[[datetime], Wire]:
    return lambda now: {
        "symbol": symbol,
        "action": "PARTIAL_CLOSE",
        "percentage": percentage,
        "reason": "harvest ladder",
        "source": "harvest_brain",
        "timestamp": iso_seconds(now),
    }


def _json_payload(now: datetime) -> Wire:
    """The other dialect: one JSON object, epoch seconds, Python's True and False."""
    intent = {
        "symbol": "BERAUSDT",
        "action": "FULL_CLOSE",
        "percentage": 1.0,
        "side": "SHORT",
        "reason": "regime flip",
        "reduceOnly": "True",
        "dry_run": "False",
        "ts_epoch": round(now.timestamp(), 2),
    }
    return {"payload": json.dumps(intent)}


def _repeated(now: datetime) -> Wire:
    return {**_partial("ALGOUSDT", "0.25")(now), "intent_id": "harvest-algo-t1"}


def _malformed(now: datetime) -> Wire:
    return {"symbol": "INJUSDT", "action": "CLOSE", "percentage": "a lot", "timestamp": iso_seconds(now)}


EMERGENCY = Scene(
    *("AEVOUSDT", "CLOSE 100 %, emergency stop", autonomous_exit, Outcome.CLOSED_FLAT),
    opening=Opening("LONG", AEVO_SIZE, AEVO_ENTRY),
    closes=AEVO_SIZE,
)
LADDER = (
    Scene(
        *("ETHUSDT", "PARTIAL_CLOSE 25 %", _partial("ETHUSDT", "0.25"), Outcome.REDUCED),
        opening=Opening("LONG", Decimal(100)),
        closes=Decimal(25),
        leaves=Decimal(75),
    ),
    Scene(
        *("ETHUSDT", "PARTIAL_CLOSE 50 %", _partial("ETHUSDT", "0.5"), Outcome.REDUCED),
        closes=Decimal("37.5"),
        leaves=Decimal("37.5"),
    ),
    Scene(
        *("ETHUSDT", "PARTIAL_CLOSE 75 %", _partial("ETHUSDT", "0.75"), Outcome.REDUCED),
        closes=Decimal("28.125"),
        leaves=Decimal("9.375"),
    ),
)
SHORT = Scene(
    *("SOLUSDT", "CLOSE 100 % of a short", _close("SOLUSDT", "take profit"), Outcome.CLOSED_FLAT),
    opening=Opening("SHORT", Decimal("120.5")),
    closes=Decimal("120.5"),
)
JSON_PAYLOAD = Scene(
    *("BERAUSDT", "FULL_CLOSE as JSON payload", _json_payload, Outcome.CLOSED_FLAT),
    opening=Opening("SHORT", Decimal("350.5")),
    closes=Decimal("350.5"),
)
PERCENT = Scene(
    *("ADAUSDT", 'PARTIAL_CLOSE "25"', _partial("ADAUSDT", "25"), Outcome.REDUCED),
    opening=Opening("LONG", Decimal(1000)),
    closes=Decimal(250),
    leaves=Decimal(750),
)
REPEATED = Scene(
    *("ALGOUSDT", "PARTIAL_CLOSE 25 %, five times", _repeated, Outcome.REDUCED),
    opening=Opening("LONG", Decimal(800)),
    closes=Decimal(200),
    leaves=Decimal(600),
    times=5,
)
FLAT = Scene("DOGEUSDT", "CLOSE of nothing", _close("DOGEUSDT", "exit signal"), Outcome.ALREADY_FLAT)
KILL = Scene(
    *("BTCUSDT", "CLOSE 100 %, worker killed", _close("BTCUSDT", "trailing stop"), Outcome.CLOSED_FLAT),
    opening=Opening("LONG", Decimal("1.5")),
    closes=Decimal("1.5"),
)
MALFORMED = Scene("INJUSDT", 'CLOSE "a lot"', _malformed, DEAD_LETTER)

SCENES = (EMERGENCY, SHORT, *LADDER, JSON_PAYLOAD, PERCENT, REPEATED, FLAT, MALFORMED)
"""In this order; the kill comes last."""
