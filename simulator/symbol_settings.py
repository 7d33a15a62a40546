"""What an account may set for a symbol: leverage and margin type."""

from simulator.decimals import ZERO
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.margin import MAX_LEVERAGE, max_notional


def change_leverage(exchange: Exchange, symbol: str, leverage: int) -> None:
    """Refused when what is held is too large for it, or when the margin does not carry the lower one."""
    account, margin = exchange.account, exchange.margin
    if not 1 <= leverage <= MAX_LEVERAGE:
        raise refusal(-4028, leverage)
    held = [position for position in account.open_positions() if position.symbol == symbol]
    size = sum((abs(margin.notional(position)) for position in held), ZERO)
    if size > max_notional(leverage):
        raise refusal(-2027)
    before = account.leverage(symbol)
    if leverage < before and held:
        if account.is_isolated(symbol):
            raise refusal(-4161)
        if size / leverage - size / before > margin.available():
            raise refusal(-2028)
    account.set_leverage(symbol, leverage)


def change_margin_type(exchange: Exchange, symbol: str, margin_type: str) -> None:
    """CROSSED or ISOLATED; only while nothing of the symbol is open."""
    if margin_type not in {"CROSSED", "ISOLATED"}:
        raise refusal(-1130, "marginType")
    isolated = margin_type == "ISOLATED"
    if isolated == exchange.account.is_isolated(symbol):
        raise refusal(-4046)
    if exchange.engine.orders.open_orders(symbol) or exchange.algos.open_orders(symbol):
        raise refusal(-4047)
    if any(position.symbol == symbol for position in exchange.account.open_positions()):
        raise refusal(-4048)
    exchange.account.set_isolated(symbol, isolated=isolated)
