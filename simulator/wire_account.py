"""JSON shapes of positions, balances and the account."""

from dataclasses import dataclass
from decimal import Decimal

from simulator.decimals import ZERO, fixed
from simulator.exchange import Exchange
from simulator.margin import max_notional
from simulator.positions import Position

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Valuation:
    """A position at the present mark, USDT."""

    mark: Decimal
    notional: Decimal
    unrealized: Decimal
    bound: Decimal
    bound_by_orders: Decimal
    maintenance: Decimal
    isolated_margin: Decimal
    break_even: Decimal


def value(exchange: Exchange, held: Position) -> Valuation:
    """Values at the mark. Break-even counts entry and exit at the taker fee."""
    margin = exchange.margin
    unrealized = margin.unrealized(held)
    isolated = exchange.account.is_isolated(held.symbol)
    return Valuation(
        mark=exchange.prices.mark(held.symbol),
        notional=margin.notional(held),
        unrealized=unrealized,
        bound=margin.initial(held),
        bound_by_orders=margin.of_orders(held.symbol, held.side),
        maintenance=margin.maintenance(held),
        isolated_margin=held.isolated_wallet + unrealized if isolated else ZERO,
        break_even=break_even(exchange.config.taker_fee, held),
    )


def break_even(fee: Decimal, held: Position) -> Decimal:
    """The price at which closing at the taker fee gains nothing."""
    return held.entry_price * (1 + (2 * fee).copy_sign(held.amount)) if held.amount else ZERO


def price_text(price: Decimal) -> str:
    """An average price with as many decimals as it needs, 0.0 when there is none."""
    return fixed(price, 11).rstrip("0").rstrip(".") if price else "0.0"


def money(amount: Decimal) -> str:
    """USDT with eight decimals, a bare 0 when there is none."""
    return fixed(amount, 8) if amount else "0"


def position_row(exchange: Exchange, held: Position) -> Row:
    """A v3 positionRisk row."""
    now = value(exchange, held)
    bids, asks = _resting(exchange, held)
    return {
        "symbol": held.symbol,
        "positionSide": held.side,
        "positionAmt": _amount(exchange, held),
        "entryPrice": price_text(held.entry_price),
        "breakEvenPrice": price_text(now.break_even),
        "markPrice": fixed(now.mark, 8),
        "unRealizedProfit": fixed(now.unrealized, 8),
        "liquidationPrice": price_text(exchange.margin.liquidation_price(held)),
        "isolatedMargin": money(now.isolated_margin),
        "notional": fixed(now.notional, 8),
        "marginAsset": "USDT",
        "isolatedWallet": money(held.isolated_wallet),
        "initialMargin": fixed(now.bound + now.bound_by_orders, 8),
        "maintMargin": fixed(now.maintenance, 8),
        "positionInitialMargin": fixed(now.bound, 8),
        "openOrderInitialMargin": money(now.bound_by_orders),
        "adl": 1 if held.amount else 0,
        "bidNotional": money(bids),
        "askNotional": money(asks),
        "updateTime": held.update_time,
    }


def position_row_v2(exchange: Exchange, held: Position) -> Row:
    """A v2 positionRisk row."""
    now = value(exchange, held)
    leverage = exchange.account.leverage(held.symbol)
    return {
        "symbol": held.symbol,
        "positionAmt": _amount(exchange, held),
        "entryPrice": price_text(held.entry_price),
        "breakEvenPrice": price_text(now.break_even),
        "markPrice": fixed(now.mark, 8),
        "unRealizedProfit": fixed(now.unrealized, 8),
        "liquidationPrice": price_text(exchange.margin.liquidation_price(held)),
        "leverage": str(leverage),
        "maxNotionalValue": str(max_notional(leverage)),
        "marginType": "isolated" if exchange.account.is_isolated(held.symbol) else "cross",
        "isolatedMargin": fixed(now.isolated_margin, 8),
        "isAutoAddMargin": "false",
        "positionSide": held.side,
        "notional": fixed(now.notional, 8),
        "isolatedWallet": money(held.isolated_wallet),
        "updateTime": held.update_time,
    }


def balance_row(exchange: Exchange) -> Row:
    """The one asset's balance."""
    account, margin = exchange.account, exchange.margin
    return {
        "accountAlias": "SimAlias",
        "asset": "USDT",
        "balance": fixed(account.wallet, 8),
        "crossWalletBalance": fixed(account.cross_wallet, 8),
        "crossUnPnl": fixed(margin.cross_unrealized(), 8),
        "availableBalance": fixed(margin.available(), 8),
        "maxWithdrawAmount": fixed(margin.withdrawable(), 8),
        "marginAvailable": True,
        "updateTime": account.update_time,
    }


def account_row(exchange: Exchange) -> Row:
    """The v3 account: totals, the one asset, what has a position or an order."""
    amounts = _amounts(exchange)
    asset: Row = {"asset": "USDT", **amounts, "updateTime": exchange.account.update_time}
    return {
        **_totals(amounts),
        "assets": [asset],
        "positions": [_account_position(exchange, held) for held in _busy(exchange)],
    }


def account_row_v2(exchange: Exchange) -> Row:
    """The v2 account: the same with every side of every symbol, and what the account may do."""
    amounts = _amounts(exchange)
    updated = exchange.account.update_time
    asset: Row = {"asset": "USDT", **amounts, "marginAvailable": True, "updateTime": updated}
    sides = ("BOTH", "LONG", "SHORT") if exchange.account.hedge else ("BOTH",)
    held = (exchange.account.position(symbol, side) for symbol in exchange.symbols for side in sides)
    return {
        **permissions(exchange),
        "feeBurn": exchange.account.fee_burn,
        **_totals(amounts),
        "assets": [asset],
        "positions": [_account_position_v2(exchange, position) for position in held],
    }


def permissions(exchange: Exchange) -> Row:
    """Fee tier and what the account may do."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": exchange.account.multi_assets,
        "tradeGroupId": -1,
    }


def _totals(amounts: Row) -> Row:
    free = ("availableBalance", "maxWithdrawAmount")
    totals = {f"total{name[0].upper()}{name[1:]}": text for name, text in amounts.items() if name not in free}
    return totals | {name: amounts[name] for name in free}


def _amounts(exchange: Exchange) -> Row:
    account, margin = exchange.account, exchange.margin
    held = account.open_positions()
    unrealized = sum((margin.unrealized(position) for position in held), ZERO)
    bound, by_orders = sum((margin.initial(position) for position in held), ZERO), margin.of_orders()
    amounts = {
        "walletBalance": account.wallet,
        "unrealizedProfit": unrealized,
        "marginBalance": account.wallet + unrealized,
        "maintMargin": sum((margin.maintenance(position) for position in held), ZERO),
        "initialMargin": bound + by_orders,
        "positionInitialMargin": bound,
        "openOrderInitialMargin": by_orders,
        "crossWalletBalance": account.cross_wallet,
        "crossUnPnl": margin.cross_unrealized(),
        "availableBalance": margin.available(),
        "maxWithdrawAmount": margin.withdrawable(),
    }
    return {name: fixed(amount, 8) for name, amount in amounts.items()}


def _busy(exchange: Exchange) -> list[Position]:
    resting = {(order.asked.symbol, order.asked.position_side) for order in exchange.engine.orders.open_orders()}
    held = exchange.account.open_positions()
    flat = resting - {(position.symbol, position.side) for position in held}
    return held + [exchange.account.position(symbol, side) for symbol, side in sorted(flat)]


def _account_position(exchange: Exchange, held: Position) -> Row:
    now = value(exchange, held)
    return {
        "symbol": held.symbol,
        "positionSide": held.side,
        "positionAmt": _amount(exchange, held),
        "unrealizedProfit": fixed(now.unrealized, 8),
        "isolatedMargin": money(now.isolated_margin),
        "notional": fixed(now.notional, 8),
        "isolatedWallet": money(held.isolated_wallet),
        "initialMargin": fixed(now.bound + now.bound_by_orders, 8),
        "maintMargin": fixed(now.maintenance, 8),
        "updateTime": held.update_time,
    }


def _account_position_v2(exchange: Exchange, held: Position) -> Row:
    now = value(exchange, held)
    bids, asks = _resting(exchange, held)
    leverage = exchange.account.leverage(held.symbol)
    return {
        "symbol": held.symbol,
        "initialMargin": fixed(now.bound + now.bound_by_orders, 8),
        "maintMargin": fixed(now.maintenance, 8),
        "unrealizedProfit": fixed(now.unrealized, 8),
        "positionInitialMargin": fixed(now.bound, 8),
        "openOrderInitialMargin": money(now.bound_by_orders),
        "leverage": str(leverage),
        "isolated": exchange.account.is_isolated(held.symbol),
        "entryPrice": price_text(held.entry_price),
        "breakEvenPrice": price_text(now.break_even),
        "maxNotional": str(max_notional(leverage)),
        "bidNotional": money(bids),
        "askNotional": money(asks),
        "positionSide": held.side,
        "positionAmt": _amount(exchange, held),
        "notional": fixed(now.notional, 8),
        "isolatedWallet": money(held.isolated_wallet),
        "updateTime": held.update_time,
    }


def _amount(exchange: Exchange, held: Position) -> str:
    return fixed(held.amount, exchange.rules(held.symbol).quantity_places)


def _resting(exchange: Exchange, held: Position) -> tuple[Decimal, Decimal]:
    """Value of the bids and of the offers that rest on the position's side of the account."""
    totals = {"BUY": ZERO, "SELL": ZERO}
    for order in exchange.engine.orders.open_orders(held.symbol):
        if order.asked.position_side == held.side:
            totals[order.asked.side] += order.remaining * order.asked.price
    return totals["BUY"], totals["SELL"]
