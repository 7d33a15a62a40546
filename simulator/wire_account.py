"""JSON shapes of positions, balances and the account."""

from dataclasses import dataclass
from decimal import Decimal

from simulator.decimals import ZERO, fixed
from simulator.exchange import Exchange
from simulator.positions import Position

Row = dict[str, object]
MAINTENANCE = Decimal("0.005")
TEN_MILLION = "10000000"


@dataclass(frozen=True, slots=True)
class Valuation:
    """A position at the present mark, USDT."""

    mark: Decimal
    notional: Decimal
    unrealized: Decimal
    initial_margin: Decimal
    maintenance: Decimal
    liquidation_price: Decimal
    break_even: Decimal


def value(exchange: Exchange, held: Position) -> Valuation:
    """Values at the mark. Break-even counts entry and exit at the taker fee; liquidation the whole wallet."""
    mark = exchange.prices.mark(held.symbol)
    notional = held.amount * mark
    maintenance = abs(notional) * MAINTENANCE
    return Valuation(
        mark,
        notional,
        held.unrealized(mark),
        abs(notional) / exchange.account.leverage(held.symbol),
        maintenance,
        _liquidation(exchange.account.wallet - maintenance, held),
        _break_even(exchange.config.taker_fee, held),
    )


def _liquidation(cushion: Decimal, held: Position) -> Decimal:
    return max(ZERO, held.entry_price - cushion / held.amount) if held.amount else ZERO


def _break_even(fee: Decimal, held: Position) -> Decimal:
    return held.entry_price * (1 + (2 * fee).copy_sign(held.amount)) if held.amount else ZERO


def price_text(price: Decimal) -> str:
    """An average price with as many decimals as it needs, 0.0 when there is none."""
    return fixed(price, 11).rstrip("0").rstrip(".") if price else "0.0"


def position_row(exchange: Exchange, held: Position) -> Row:
    """A v3 positionRisk row."""
    now = value(exchange, held)
    places = exchange.rules(held.symbol).quantity_places
    return {
        "symbol": held.symbol,
        "positionSide": held.side,
        "positionAmt": fixed(held.amount, places),
        "entryPrice": price_text(held.entry_price),
        "breakEvenPrice": price_text(now.break_even),
        "markPrice": fixed(now.mark, 8),
        "unRealizedProfit": fixed(now.unrealized, 8),
        "liquidationPrice": price_text(now.liquidation_price),
        "isolatedMargin": "0",
        "notional": fixed(now.notional, 8),
        "marginAsset": "USDT",
        "isolatedWallet": "0",
        "initialMargin": fixed(now.initial_margin, 8),
        "maintMargin": fixed(now.maintenance, 8),
        "positionInitialMargin": fixed(now.initial_margin, 8),
        "openOrderInitialMargin": "0",
        "adl": 1 if held.amount else 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": held.update_time,
    }


def position_row_v2(exchange: Exchange, held: Position) -> Row:
    """A v2 positionRisk row."""
    now = value(exchange, held)
    places = exchange.rules(held.symbol).quantity_places
    return {
        "symbol": held.symbol,
        "positionAmt": fixed(held.amount, places),
        "entryPrice": price_text(held.entry_price),
        "breakEvenPrice": price_text(now.break_even),
        "markPrice": fixed(now.mark, 8),
        "unRealizedProfit": fixed(now.unrealized, 8),
        "liquidationPrice": price_text(now.liquidation_price),
        "leverage": str(exchange.account.leverage(held.symbol)),
        "maxNotionalValue": TEN_MILLION,
        "marginType": "cross",
        "isolatedMargin": "0.00000000",
        "isAutoAddMargin": "false",
        "positionSide": held.side,
        "notional": fixed(now.notional, 8),
        "isolatedWallet": "0",
        "updateTime": held.update_time,
    }


def balance_row(exchange: Exchange) -> Row:
    """The one asset's balance."""
    account, mark = exchange.account, exchange.prices.mark
    available = fixed(account.available(mark), 8)
    return {
        "accountAlias": "SimAlias",
        "asset": "USDT",
        "balance": fixed(account.wallet, 8),
        "crossWalletBalance": fixed(account.wallet, 8),
        "crossUnPnl": fixed(account.unrealized(mark), 8),
        "availableBalance": available,
        "maxWithdrawAmount": available,
        "marginAvailable": True,
        "updateTime": account.update_time,
    }


def account_row(exchange: Exchange) -> Row:
    """The v3 account: totals, the one asset, open positions."""
    held = exchange.account.open_positions()
    amounts = _amounts(exchange, held)
    totals: Row = {f"total{name[0].upper()}{name[1:]}": text for name, text in amounts.items() if name in TOTALLED}
    asset: Row = {"asset": "USDT", **amounts, "updateTime": exchange.account.update_time}
    plain: Row = {name: amounts[name] for name in ("availableBalance", "maxWithdrawAmount")}
    return {
        **totals,
        "totalUnrealizedProfit": amounts["unrealizedProfit"],
        **plain,
        "assets": [asset],
        "positions": [_account_position(exchange, position) for position in held],
    }


TOTALLED = frozenset(
    {
        "initialMargin",
        "maintMargin",
        "walletBalance",
        "marginBalance",
        "positionInitialMargin",
        "openOrderInitialMargin",
        "crossWalletBalance",
        "crossUnPnl",
    }
)


def _amounts(exchange: Exchange, held: list[Position]) -> dict[str, str]:
    account, mark = exchange.account, exchange.prices.mark
    unrealized = account.unrealized(mark)
    maintenance = sum((value(exchange, position).maintenance for position in held), ZERO)
    amounts = {
        "walletBalance": account.wallet,
        "unrealizedProfit": unrealized,
        "marginBalance": account.wallet + unrealized,
        "maintMargin": maintenance,
        "initialMargin": account.initial_margin(mark),
        "positionInitialMargin": account.initial_margin(mark),
        "openOrderInitialMargin": ZERO,
        "crossWalletBalance": account.wallet,
        "crossUnPnl": unrealized,
        "availableBalance": account.available(mark),
        "maxWithdrawAmount": account.available(mark),
    }
    return {name: fixed(amount, 8) for name, amount in amounts.items()}


def _account_position(exchange: Exchange, held: Position) -> Row:
    now = value(exchange, held)
    return {
        "symbol": held.symbol,
        "positionSide": held.side,
        "positionAmt": fixed(held.amount, exchange.rules(held.symbol).quantity_places),
        "unrealizedProfit": fixed(now.unrealized, 8),
        "isolatedMargin": "0",
        "notional": fixed(now.notional, 8),
        "isolatedWallet": "0",
        "initialMargin": fixed(now.initial_margin, 8),
        "maintMargin": fixed(now.maintenance, 8),
        "updateTime": held.update_time,
    }
