"""What is traded: each symbol's rules, and the set a simulator starts with."""

from dataclasses import dataclass
from decimal import Decimal

from simulator.decimals import places_of

ONBOARD_MS = 1_569_398_400_000
"""When every contract was listed."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Bounds and step of a quantity."""

    minimum: Decimal
    maximum: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True)
class SymbolRules:
    """Rules of one perpetual contract. `tick` and `lot.step` are written with the symbol's precisions."""

    symbol: str
    initial_price: Decimal
    tick: Decimal
    lot: Lot
    market_lot: Lot
    min_notional: Decimal
    price_multiplier_up: Decimal = Decimal("1.1500")
    price_multiplier_down: Decimal = Decimal("0.8500")
    price_places: int = 0
    quantity_places: int = 0
    max_orders: int = 200

    @property
    def highest_price(self) -> Decimal:
        """The end of PRICE_FILTER."""
        return self.tick * 10**10

    @property
    def base(self) -> str:
        """The asset that is bought and sold."""
        return self.symbol.removesuffix("USDT")


def rules(
    symbol: str,
    price: str,
    tick: str,
    step: str,
    max_qty: str,
    market_max: str,
    min_notional: str = "5",
    market_step: str | None = None,
) -> SymbolRules:
    """Rules from their wire texts; the minimum quantity is one step."""
    lot = Lot(Decimal(step), Decimal(max_qty), Decimal(step))
    own_step = Decimal(market_step or step)
    market_lot = Lot(own_step, Decimal(market_max), own_step)
    return SymbolRules(
        symbol,
        Decimal(price),
        Decimal(tick),
        lot,
        market_lot,
        Decimal(min_notional),
        price_places=places_of(Decimal(tick)),
        quantity_places=places_of(Decimal(step)),
    )


def default_symbols() -> dict[str, SymbolRules]:
    """The contracts of a fresh simulator; TESTUSDT has a coarser market step and a small market maximum."""
    listed = (
        rules("BTCUSDT", "64000.00", "0.10", "0.001", "1000", "120", "50"),
        rules("ETHUSDT", "2500.00", "0.01", "0.001", "10000", "2000", "20"),
        rules("SOLUSDT", "150.0000", "0.0100", "0.01", "1000000", "5000"),
        rules("XRPUSDT", "2.1000", "0.0001", "0.1", "10000000", "2000000"),
        rules("BNBUSDT", "600.000", "0.010", "0.01", "100000", "2000"),
        rules("ADAUSDT", "0.40000", "0.00010", "1", "2000000", "300000"),
        rules("AEVOUSDT", "0.0281300", "0.0000100", "0.1", "10000000", "2000000"),
        rules("ACTUSDT", "0.0240000", "0.0000100", "1", "10000000", "3000000"),
        rules("BERAUSDT", "1.700", "0.001", "0.1", "1000000", "200000"),
        rules("ALGOUSDT", "0.1800", "0.0001", "0.1", "10000000", "1000000"),
        rules("BREVUSDT", "0.3000", "0.0001", "1", "5000000", "500000"),
        rules("FLOWUSDT", "0.250", "0.001", "0.1", "5000000", "500000"),
        rules("INJUSDT", "8.000", "0.001", "0.1", "1000000", "50000"),
        rules("DOGEUSDT", "0.200000", "0.000010", "1", "50000000", "100000"),
        rules("TESTUSDT", "10.000", "0.001", "0.001", "10000", "5", market_step="0.01"),
    )
    return {one.symbol: one for one in listed}
