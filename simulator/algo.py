"""A conditional order: what is asked for, and when its price has come."""

from dataclasses import dataclass, replace
from decimal import Decimal

from simulator.decimals import ZERO
from simulator.orders import NewOrder, Order

STOPS = frozenset({"STOP", "STOP_MARKET"})
PROFITS = frozenset({"TAKE_PROFIT", "TAKE_PROFIT_MARKET"})
TRAILING = "TRAILING_STOP_MARKET"
KINDS = STOPS | PROFITS | {TRAILING}
WAITING = frozenset({"NEW", "TRIGGERING"})
GONE_WITH_POSITION = "GTE_GTC"
"""The time in force of what ends with its position; every close-position order has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgoOrder:
    """One state of a conditional order. `asked.kind` is the conditional type, `asked.client_order_id` its algo id.

    `extreme`: of a trailing stop, the best price since it became active, zero before. `callback_rate` in percent.
    `actual`: the regular order that it became. `reason`: why it was rejected or expired.
    """

    asked: NewOrder
    algo_id: int
    trigger_price: Decimal
    create_time: int
    update_time: int
    working_type: str = "CONTRACT_PRICE"
    price_protect: bool = False
    callback_rate: Decimal = ZERO
    activate_price: Decimal = ZERO
    extreme: Decimal = ZERO
    status: str = "NEW"
    trigger_time: int = 0
    actual: Order | None = None
    reason: str = ""

    @property
    def is_trailing(self) -> bool:
        """Whether its trigger follows the price."""
        return self.asked.kind == TRAILING

    @property
    def activated(self) -> bool:
        """Whether a trailing stop follows the price already."""
        return self.extreme > ZERO

    @property
    def ends_with_position(self) -> bool:
        """Whether it expires when there is nothing left to close."""
        return self.asked.time_in_force == GONE_WITH_POSITION

    def crossed(self, price: Decimal) -> bool:
        """Whether the price has reached the trigger: stops follow the order's side, take-profits oppose it."""
        if self.is_trailing:
            return self.activated and self._fell_back(price)
        upwards = (self.asked.side == "BUY") == (self.asked.kind in STOPS)
        return price >= self.trigger_price if upwards else price <= self.trigger_price

    def follow(self, price: Decimal) -> "AlgoOrder":
        """A trailing stop after this price: active once it was reached, its extreme moved along."""
        if not self.is_trailing or not (self.activated or self.activates(price)):
            return self
        better = min if self.asked.side == "BUY" else max
        extreme = better(self.extreme, price) if self.activated else price
        return self if extreme == self.extreme else replace(self, extreme=extreme)

    def activates(self, price: Decimal) -> bool:
        """A seller waits for the price to rise to the activation price, a buyer for it to fall there."""
        if not self.activate_price:
            return True
        return price <= self.activate_price if self.asked.side == "BUY" else price >= self.activate_price

    def _fell_back(self, price: Decimal) -> bool:
        share = self.callback_rate / 100
        if self.asked.side == "BUY":
            return price >= self.extreme * (1 + share)
        return price <= self.extreme * (1 - share)
