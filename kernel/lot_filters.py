"""From a symbol's filters, in whatever value they travel, to the rules that sizing works by."""

from decimal import Decimal
from typing import Protocol

from kernel.sizing import LotRules


class LotFilters(Protocol):
    """LOT_SIZE and MARKET_LOT_SIZE of a symbol, in the asset."""

    @property
    def min_quantity(self) -> Decimal: ...
    @property
    def max_quantity(self) -> Decimal: ...
    @property
    def step(self) -> Decimal: ...
    @property
    def market_min_quantity(self) -> Decimal: ...
    @property
    def market_max_quantity(self) -> Decimal: ...
    @property
    def market_step(self) -> Decimal: ...


def lot_rules(filters: LotFilters) -> LotRules:
    """Raises KernelError if the filters contradict each other."""
    return LotRules(
        min_qty=filters.min_quantity,
        max_qty=filters.max_quantity,
        step=filters.step,
        market_min_qty=filters.market_min_quantity,
        market_max_qty=filters.market_max_quantity,
        market_step=filters.market_step,
    )
