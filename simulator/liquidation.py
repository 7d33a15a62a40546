"""What the exchange does to an account by force: liquidation and auto-deleveraging."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from simulator.decimals import ZERO, rounded
from simulator.errors import refusal
from simulator.events import AccountChanged, MarginCalled
from simulator.orders import NewOrder, Order
from simulator.positions import Position

if TYPE_CHECKING:
    from simulator.exchange import Exchange

FEE = Decimal("0.0125")
"""Of the liquidated notional, as exchangeInfo tells it."""
CALL_RATIO = Decimal("0.8")
CROSS = ("", "")
ADL_CLIENT_ID = "adl_autoclose"


class Liquidation:
    """Watches the margin and closes what it no longer carries."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._called: set[tuple[str, str]] = set()

    def check(self) -> None:
        """Warn of what comes close, and liquidate whatever has less margin left than it must have."""
        account, margin = self._exchange.account, self._exchange.margin
        held = account.open_positions()
        if not held:
            return
        isolated = [position for position in held if account.is_isolated(position.symbol)]
        for position in isolated:
            ratio = margin.isolated_ratio(position)
            self._call((position.symbol, position.side), ratio, position.isolated_wallet, [position])
            if ratio >= 1:
                self.liquidate(position)
        if len(isolated) < len(held):
            ratio, crossed = margin.cross_ratio(), margin.crossed()
            self._call(CROSS, ratio, account.cross_wallet, crossed)
            if ratio >= 1:
                self._cancel_everything()
                for position in sorted(crossed, key=margin.unrealized):
                    self.liquidate(position)

    def _call(self, key: tuple[str, str], ratio: Decimal, wallet: Decimal, held: list[Position]) -> None:
        """Once each time that the margin gets low."""
        if ratio < CALL_RATIO:
            self._called.discard(key)
        elif key not in self._called:
            self._called.add(key)
            needed = tuple((position, self._exchange.margin.maintenance(position)) for position in held)
            self._exchange.events.emit(MarginCalled(wallet, needed))

    def _cancel_everything(self) -> None:
        """What rests on crossed symbols goes first, conditional orders too."""
        exchange = self._exchange
        for symbol in exchange.symbols:
            if not exchange.account.is_isolated(symbol):
                exchange.cancel_everything(symbol)

    def liquidate(self, held: Position) -> Order:
        """Cancel what rests on the symbol, close the position at the touch, take the fee, fill up what is missing."""
        exchange = self._exchange
        exchange.cancel_everything(held.symbol)
        isolated = exchange.account.is_isolated(held.symbol)
        before = exchange.account.wallet - held.isolated_wallet
        number = f"{exchange.clock.now_ms()}{exchange.engine.identifiers.trade_id(held.symbol)}"
        order = self._close(held, abs(held.amount), f"autoclose-{number}"[:36], None, "liquidation")
        floor = before if isolated else ZERO
        self._settle(held.symbol, order.cum_quote, floor)
        return order

    def deleverage(self, symbol: str, position_side: str, quantity: Decimal | None = None) -> Order:
        """Close a position, or so much of it, against a bankrupt counterparty: at the mark."""
        held = self._exchange.account.position(symbol, position_side)
        if not held.amount:
            raise refusal(-2022)
        wanted = min(abs(held.amount), quantity or abs(held.amount))
        return self._close(held, wanted, ADL_CLIENT_ID, self._exchange.prices.mark(symbol), "adl")

    def _close(self, held: Position, quantity: Decimal, client_id: str, price: Decimal | None, actor: str) -> Order:
        side = "SELL" if held.amount > 0 else "BUY"
        asked = NewOrder(
            symbol=held.symbol,
            side=side,
            position_side=held.side,
            kind="LIMIT",
            time_in_force="IOC",
            quantity=quantity,
            price=price or self._exchange.prices.touch(held.symbol, side),
            client_order_id=client_id,
            reduce_only=held.side == "BOTH",
        )
        return self._exchange.engine.force(asked, price, actor)

    def _settle(self, symbol: str, quote: Decimal, floor: Decimal) -> None:
        """The fee takes no more than there is above `floor`; below it the insurance fund pays."""
        account, now = self._exchange.account, self._exchange.clock.now_ms()
        left = account.wallet - floor
        amount = -min(left, rounded(quote * FEE)) if left > 0 else -left
        if amount:
            amount = amount.quantize(Decimal("0.00000001"), rounding=ROUND_DOWN)
            account.credit("INSURANCE_CLEAR", amount, now, symbol)
            self._exchange.events.emit(AccountChanged("INSURANCE_CLEAR", account.wallet, amount, ()))
