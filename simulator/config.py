"""Everything that can be set about a simulated exchange before it starts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One line of a price script: `at_ms` milliseconds after the script starts, `symbol` is marked at `price`."""

    at_ms: int
    symbol: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """Settings of one simulator. Money in USDT, rates as fractions, spreads in basis points, times in ms."""

    host: str = "127.0.0.1"
    port: int = 0
    api_key: str = "sim-key"
    api_secret: str = "sim-secret"  # noqa: S105 - a public test credential, worth nothing anywhere
    hedge: bool = False
    seed: int = 1
    balance: Decimal = Decimal(10_000_000)
    leverage: int = 20
    half_spread_bps: Decimal = Decimal(1)
    slippage_bps: Decimal = Decimal(0)
    fills_per_market_order: int = 1
    taker_fee: Decimal = Decimal("0.0005")
    maker_fee: Decimal = Decimal("0.0002")
    oversize_reduce_only: Literal["cut", "refuse"] = "cut"
    legacy_order_fields: bool = False
    weight_per_minute: int = 2400
    orders_per_minute: int = 1200
    orders_per_10s: int = 300
    clock_skew_ms: int = 0
    latency_ms: float = 0.0
    walk: bool = False
    walk_interval_ms: int = 1000
    walk_bps: float = 5.0
    script: tuple[PriceStep, ...] = ()
