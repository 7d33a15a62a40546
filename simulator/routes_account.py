"""Signed calls that show the account: permissions, positions, balances, fees."""

from simulator.call import Call, Route, by_symbol
from simulator.exchange import Exchange
from simulator.margin import BRACKETS, max_notional
from simulator.positions import Position
from simulator.wire_account import (
    account_row,
    account_row_v2,
    balance_row,
    permissions,
    position_row,
    position_row_v2,
)
from simulator.wire_market import order_limits

Row = dict[str, object]


def account_config(exchange: Exchange, _call: Call) -> object:
    """Fee tier, permissions, mode."""
    return permissions(exchange) | {"dualSidePosition": exchange.account.hedge}


def symbol_config(exchange: Exchange, call: Call) -> object:
    """Margin type and leverage by symbol."""
    account = exchange.account
    return [
        {
            "symbol": symbol,
            "marginType": "ISOLATED" if account.is_isolated(symbol) else "CROSSED",
            "isAutoAddMargin": False,
            "leverage": account.leverage(symbol),
            "maxNotionalValue": str(max_notional(account.leverage(symbol))),
        }
        for symbol in _asked_symbols(exchange, call)
    ]


def leverage_bracket(exchange: Exchange, call: Call) -> object:
    """Brackets by symbol. A list also when one is named: the exchange's page says otherwise, its clients do not."""
    return [{"symbol": symbol, "brackets": _brackets()} for symbol in _asked_symbols(exchange, call)]


def position_risk(exchange: Exchange, call: Call) -> object:
    """v3: only sides with a position or open orders."""
    resting = {
        (order.asked.symbol, order.asked.position_side)
        for order in exchange.engine.orders.open_orders(call.params.text("symbol"))
    }
    return [
        position_row(exchange, held)
        for held in _positions(exchange, call)
        if held.amount or (held.symbol, held.side) in resting
    ]


def position_risk_v2(exchange: Exchange, call: Call) -> object:
    """v2: every side, flat ones included; hedge mode shows the empty BOTH row as well."""
    rows = [position_row_v2(exchange, held) for held in _positions(exchange, call)]
    if exchange.account.hedge:
        empty = (Position(symbol, "BOTH") for symbol in _asked_symbols(exchange, call))
        rows = [position_row_v2(exchange, held) for held in empty] + rows
    return rows


def account(exchange: Exchange, _call: Call) -> object:
    """v3 account."""
    return account_row(exchange)


def account_v2(exchange: Exchange, _call: Call) -> object:
    """v2 account."""
    return account_row_v2(exchange)


def balance(exchange: Exchange, _call: Call) -> object:
    """v2 and v3 balance."""
    return [balance_row(exchange)]


def commission_rate(exchange: Exchange, call: Call) -> object:
    """Fees as fractions."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    return {
        "symbol": symbol,
        "makerCommissionRate": str(exchange.config.maker_fee),
        "takerCommissionRate": str(exchange.config.taker_fee),
        "rpiCommissionRate": "0",
    }


def order_rate_limit(exchange: Exchange, _call: Call) -> object:
    """The account's order limits."""
    return order_limits(exchange.config)


def adl_quantiles(exchange: Exchange, call: Call) -> object:
    """Place of each open position in the queue of automatic deleveraging: always the last."""
    asked = set(_asked_symbols(exchange, call))
    places: dict[str, dict[str, int]] = {}
    for held in exchange.account.open_positions():
        if held.symbol in asked:
            places.setdefault(held.symbol, dict.fromkeys(("LONG", "SHORT", "BOTH"), 0))[held.side] = 1
    return [{"symbol": symbol, "adlQuantile": sides} for symbol, sides in places.items()]


def trading_status(exchange: Exchange, _call: Call) -> object:
    """Rules on bad behaviour: none is broken."""
    return {"indicators": {}, "updateTime": exchange.clock.now_ms()}


def _brackets() -> list[Row]:
    return [
        {
            "bracket": bracket.number,
            "initialLeverage": bracket.leverage,
            "notionalCap": bracket.cap,
            "notionalFloor": bracket.floor,
            "maintMarginRatio": float(bracket.rate),
            "cum": int(bracket.cum),
        }
        for bracket in BRACKETS
    ]


def _asked_symbols(exchange: Exchange, call: Call) -> list[str]:
    symbol = call.params.text("symbol")
    return list(exchange.symbols) if symbol is None else [exchange.rules(symbol).symbol]


def _positions(exchange: Exchange, call: Call) -> list[Position]:
    sides = exchange.account.sides()
    names = _asked_symbols(exchange, call)
    return [exchange.account.position(name, side, call.as_of) for name in names for side in sides]


def routes() -> list[Route]:
    """The signed routes that show the account."""
    return [
        Route("GET /fapi/v1/accountConfig", account_config, 5),
        Route("GET /fapi/v1/symbolConfig", symbol_config, 5),
        Route("GET /fapi/v1/leverageBracket", leverage_bracket, 1),
        Route("GET /fapi/v2/positionRisk", position_risk_v2, 5),
        Route("GET /fapi/v3/positionRisk", position_risk, 5),
        Route("GET /fapi/v2/account", account_v2, 5),
        Route("GET /fapi/v3/account", account, 5),
        Route("GET /fapi/v2/balance", balance, 5),
        Route("GET /fapi/v3/balance", balance, 5),
        Route("GET /fapi/v1/commissionRate", commission_rate, 20),
        Route("GET /fapi/v1/rateLimit/order", order_rate_limit, 1),
        Route("GET /fapi/v1/adlQuantile", adl_quantiles, 5),
        Route("GET /fapi/v1/apiTradingStatus", trading_status, by_symbol(1, 10)),
    ]
