"""Everything that can be set about a simulated exchange before it starts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from simulator.fault_plan import FaultPlan


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
    depth_levels: int = 20
    depth_notional: Decimal | None = None
    """USDT at the touch; by default so much that no order reaches the second level."""
    depth_growth: Decimal = Decimal(1)
    depth_spacing_ticks: int = 1
    depth_refill: bool = True
    """Whether what was taken is back at once; else it is back when the mark moves."""
    market_take_bound: Decimal = Decimal("0.05")
    taker_fee: Decimal = Decimal("0.0005")
    maker_fee: Decimal = Decimal("0.0002")
    oversize_reduce_only: Literal["cut", "refuse"] = "cut"
    keep_reduce_only_orphans: bool = False
    """Whether reduce-only orders that have nothing left to reduce go on resting."""
    legacy_order_fields: bool = False
    weight_per_minute: int = 2400
    orders_per_minute: int = 1200
    orders_per_10s: int = 300
    refusals_before_ban: int = 10
    funding: bool = False
    """Whether funding is paid every eight hours of the exchange's clock."""
    funding_rate: Decimal = Decimal("0.0001")
    ledger_path: str = ""
    """A file that every line of the ledger is appended to."""
    clock_skew_ms: int = 0
    algo_trigger_ms: int = 0
    """How long a conditional order takes between being triggered and reaching the engine."""
    algo_client_id: Literal["kept", "new"] = "kept"
    """Whether the regular order that it becomes carries its client id; the exchange does not say."""
    finished_algos_vanish: bool = False
    """Whether GET algoOrder forgets what has finished at once, as some have seen; allAlgoOrders never does."""
    latency_ms: float = 0.0
    walk: bool = False
    walk_interval_ms: int = 1000
    walk_bps: float = 5.0
    script: tuple[PriceStep, ...] = ()
    plan: FaultPlan = FaultPlan()  # noqa: RUF009 - frozen
