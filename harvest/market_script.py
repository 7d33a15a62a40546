"""The scripted market of the demo: positions under rules of their own, what the market does, and what must come of it.

Each rule of the watch has its moment, and no other rule may speak then. R is 2 % of the entry price. Nothing is decided
here: the decisions are the watch's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Words = Mapping[str, str]

RISK = "0.02"
"""The risk unit that the stops kernel of the user publishes, as a fraction of the entry price."""
CALM: Words = {"sigma": "0.01", "ts": "0.35", "p_trend": "0.5", "p_mr": "0.2", "p_chop": "0.3"}
FLIPPED: Words = {"sigma": "0.01", "ts": "0.1", "p_trend": "0.1", "p_mr": "0.4", "p_chop": "0.5"}
QUIET: Words = {
    "harvest": "off",
    "profit_lock": "false",
    "trailing": "off",
    "fee_protection": "false",
    "max_hold_seconds": "off",
}
"""The rules of all symbols: protection and kill score, which have no switch. Each symbol's own come on top."""


@dataclass(frozen=True)
class Holding:
    """A position that somebody opens, and the rules that an operator wrote for it."""

    symbol: str
    side: str
    quantity: Decimal
    entry: Decimal
    rules: Words = field(default_factory=dict)
    record: Words = field(default_factory=dict)
    """What the producer recorded of it: stop and take-profit that rest nowhere."""
    isolated_at: int = 0
    """Leverage, if it has a margin of its own."""


@dataclass(frozen=True)
class Expected:
    """One decision that must be made, and what the exchange must show of it."""

    symbol: str
    rule: str
    name: str
    """Its name within the position: the last part of its id."""
    closes: Decimal = Decimal(0)
    """Base units; 0 for a stop."""
    leaves: Decimal = Decimal(0)
    """Signed base units that remain."""
    stop: Decimal | None = None
    """Where the stop must rest."""


@dataclass(frozen=True)
class Beat:
    """The market moves, operators and publishers write, and these decisions must follow."""

    says: str
    expects: tuple[Expected, ...]
    prices: Mapping[str, str] = field(default_factory=dict)
    markets: Mapping[str, Words] = field(default_factory=dict)
    rules: Mapping[str, Words] = field(default_factory=dict)
    opens: tuple[Holding, ...] = ()
    funding: Mapping[str, str] = field(default_factory=dict)
    """Rates, per eight hours; paid once, and the same again next time."""
    best: Mapping[str, str] = field(default_factory=dict)
    """Best prices that the watch must have seen before the market goes on."""


def _long(symbol: str, quantity: str, entry: str, rules: Words | None = None, **more: str) -> Holding:
    return Holding(symbol, "LONG", Decimal(quantity), Decimal(entry), rules or {}, {"side": "LONG", **more})


def _short(symbol: str, quantity: str, entry: str, rules: Words) -> Holding:
    return Holding(symbol, "SHORT", Decimal(quantity), Decimal(entry), rules)


def _closes(symbol: str, rule: str, closes: str, leaves: str = "0", name: str = "") -> Expected:
    return Expected(symbol, rule, name or rule, Decimal(closes), Decimal(leaves))


def _stops(symbol: str, rule: str, name: str, at: str, left: str) -> Expected:
    return Expected(symbol, rule, name, leaves=Decimal(left), stop=Decimal(at))


HOLDINGS = (
    _long("ETHUSDT", "100", "2500", {"harvest": "tranches"}),
    _long("SOLUSDT", "100", "150", {"profit_lock": "true", "trailing": "risk", "trail_from_r": "3"}),
    _long("XRPUSDT", "1000", "2.1", {"harvest": "lsf", "min_r": "0"}),
    _short("BNBUSDT", "20", "600", {"harvest": "r_ladder", "ladder": "1:0.5,2:0.5"}),
    _long("BERAUSDT", "350.5", "1.7", take_profit="1.74"),
    _short("ALGOUSDT", "800", "0.18", {"hold_exit": "fallback"}),
    _long("DOGEUSDT", "20000", "0.2"),
    _long("INJUSDT", "500", "8", stop_loss="7.9"),
    Holding("BREVUSDT", "LONG", Decimal(10000), Decimal("0.3"), isolated_at=50),
    _long("ADAUSDT", "1000", "0.4", {"fee_protection": "true"}),
)
BLED = _long("FLOWUSDT", "4000", "0.25")
SYMBOLS = tuple(held.symbol for held in (*HOLDINGS, BLED))

RISE_2R = Beat(
    "the market rises through 2R",
    prices={"ETHUSDT": "2610", "SOLUSDT": "155", "XRPUSDT": "2.1189", "BNBUSDT": "587"},
    expects=(
        _closes("ETHUSDT", "tranche", "25", "75", "p25"),
        _stops("SOLUSDT", "profit_lock", "stop1", "150.3", "100"),
        _closes("XRPUSDT", "ladder", "400", "600", "lsf1"),
        _closes("BNBUSDT", "ladder", "10", "-10", "r1"),
    ),
)
RISE_4R = Beat(
    "through 4R, and the worker is killed with an order at the exchange; the market does not wait",
    prices={"ETHUSDT": "2710"},
    expects=(_closes("ETHUSDT", "tranche", "37.5", "37.5", "p50"),),
)
UNWATCHED = Beat(
    "",
    prices={"XRPUSDT": "2.1294", "BNBUSDT": "575", "BERAUSDT": "1.745"},
    expects=(
        _closes("XRPUSDT", "ladder", "400", "200", "lsf2"),
        _closes("BNBUSDT", "ladder", "10", name="r2"),
        _closes("BERAUSDT", "take_profit_hit", "350.5"),
    ),
)
"""What comes due while no worker lives."""
RISE_6R = Beat(
    "through 6R",
    prices={"ETHUSDT": "2810", "SOLUSDT": "162", "XRPUSDT": "2.1410", "ALGOUSDT": "0.1684", "ADAUSDT": "0.402"},
    best={"ADAUSDT": "0.402"},
    expects=(
        _closes("ETHUSDT", "tranche", "28.125", "9.375", "p75"),
        _closes("XRPUSDT", "ladder", "200", name="lsf3"),
        _closes("ALGOUSDT", "hold_exit", "800"),
    ),
)
FLIP = Beat(
    "the regime flips",
    markets={"ETHUSDT": FLIPPED},
    expects=(_closes("ETHUSDT", "kill_score", "9.375"),),
)
CRASH = Beat(
    "a crash",
    prices={"DOGEUSDT": "0.19", "INJUSDT": "7.88", "BREVUSDT": "0.2960", "ADAUSDT": "0.4001"},
    expects=(
        _closes("DOGEUSDT", "emergency_stop", "20000"),
        _closes("INJUSDT", "stop_hit", "500"),
        _closes("BREVUSDT", "liquidation_protection", "10000"),
        _closes("ADAUSDT", "fee_protection", "1000"),
        _stops("SOLUSDT", "trailing", "stop2", "156", "100"),
    ),
)
"""The stop that trails was due before: it is moved ten seconds after the last move at the earliest."""
BLEED = Beat(
    "funding bleeds, and an old position runs out of time",
    opens=(BLED,),
    funding={"FLOWUSDT": "0.003"},
    rules={"SOLUSDT": {"max_hold_seconds": "1"}},
    expects=(_closes("FLOWUSDT", "funding_bleed", "4000"), _closes("SOLUSDT", "time_stop", "100")),
)

BEFORE_KILL, AFTER_KILL = (RISE_2R,), (RISE_6R, FLIP, CRASH, BLEED)
EXPECTED = tuple(expected for beat in (*BEFORE_KILL, RISE_4R, UNWATCHED, *AFTER_KILL) for expected in beat.expects)
