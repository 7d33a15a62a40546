"""Moving margin between the account's wallet and that of an isolated position."""

from dataclasses import replace
from decimal import Decimal

from simulator.clock import monotonic_us
from simulator.decimals import ZERO
from simulator.errors import refusal
from simulator.events import AccountChanged
from simulator.exchange import Exchange
from simulator.positions import MarginChange, Position

ADD, REDUCE = 1, 2


def move_margin(exchange: Exchange, held: Position, kind: int, amount: Decimal) -> None:
    """Refused when the position is crossed or flat, or when the giving side does not have so much to spare."""
    account, now = exchange.account, exchange.clock.now_ms()
    if amount <= 0:
        raise refusal(-4055)
    if not account.is_isolated(held.symbol) or not held.amount:
        raise refusal(-4049)
    if kind == ADD and amount > exchange.margin.available():
        raise refusal(-4050)
    if kind == REDUCE and amount > _spare(exchange, held):
        raise refusal(-4051)
    change = amount if kind == ADD else -amount
    after = replace(held, isolated_wallet=held.isolated_wallet + change, update_time=now)
    account.set_position(after, monotonic_us())
    account.margin_changes.append(MarginChange(held.symbol, held.side, kind, amount, now))
    exchange.events.emit(AccountChanged("MARGIN_TRANSFER", account.wallet, ZERO, (after,)))


def _spare(exchange: Exchange, held: Position) -> Decimal:
    loss = min(ZERO, exchange.margin.unrealized(held))
    return held.isolated_wallet + loss - exchange.margin.initial(held)
