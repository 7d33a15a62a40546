"""Signed calls about the account: mode, leverage, positions, balances."""

from simulator.call import Call, Route, by_symbol
from simulator.clock import monotonic_us
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.positions import Position
from simulator.wire_account import TEN_MILLION, account_row, balance_row, position_row, position_row_v2
from simulator.wire_market import order_limits

DONE = {"code": 200, "msg": "success"}
MAX_LEVERAGE = 125


def position_mode(exchange: Exchange, _call: Call) -> object:
    """Whether long and short are kept apart."""
    return {"dualSidePosition": exchange.account.hedge}


def change_position_mode(exchange: Exchange, call: Call) -> object:
    """Refused while anything is open."""
    call.params.required("dualSidePosition")
    wanted = call.params.flag("dualSidePosition")
    if wanted == exchange.account.hedge:
        raise refusal(-4059)
    if exchange.engine.orders.open_orders() or exchange.algos.open_orders():
        raise refusal(-4067)
    if exchange.account.open_positions():
        raise refusal(-4068)
    exchange.account.change_mode(monotonic_us(), hedge=wanted)
    return DONE


def account_config(exchange: Exchange, _call: Call) -> object:
    """Fee tier, permissions, mode."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": exchange.account.hedge,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def symbol_config(exchange: Exchange, call: Call) -> object:
    """Margin type and leverage by symbol."""
    return [
        {
            "symbol": symbol,
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": exchange.account.leverage(symbol),
            "maxNotionalValue": TEN_MILLION,
        }
        for symbol in _asked_symbols(exchange, call)
    ]


def change_leverage(exchange: Exchange, call: Call) -> object:
    """Leverage of one symbol."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    leverage = call.params.required_integer("leverage")
    if not 1 <= leverage <= MAX_LEVERAGE:
        raise refusal(-4028, leverage)
    exchange.account.set_leverage(symbol, leverage)
    return {"leverage": leverage, "maxNotionalValue": TEN_MILLION, "symbol": symbol}


def leverage_bracket(exchange: Exchange, call: Call) -> object:
    """One bracket for everything."""
    bracket = {
        "bracket": 1,
        "initialLeverage": MAX_LEVERAGE,
        "notionalCap": int(TEN_MILLION),
        "notionalFloor": 0,
        "maintMarginRatio": 0.005,
        "cum": 0,
    }
    return [{"symbol": symbol, "brackets": [bracket]} for symbol in _asked_symbols(exchange, call)]


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


def _asked_symbols(exchange: Exchange, call: Call) -> list[str]:
    symbol = call.params.text("symbol")
    return list(exchange.symbols) if symbol is None else [exchange.rules(symbol).symbol]


def _positions(exchange: Exchange, call: Call) -> list[Position]:
    sides = exchange.account.sides()
    names = _asked_symbols(exchange, call)
    return [exchange.account.position(name, side, call.as_of) for name in names for side in sides]


def routes() -> list[Route]:
    """The signed routes about the account."""
    return [
        Route("GET /fapi/v1/positionSide/dual", position_mode, 30),
        Route("POST /fapi/v1/positionSide/dual", change_position_mode, 1),
        Route("GET /fapi/v1/accountConfig", account_config, 5),
        Route("GET /fapi/v1/symbolConfig", symbol_config, 5),
        Route("POST /fapi/v1/leverage", change_leverage, 1),
        Route("GET /fapi/v1/leverageBracket", leverage_bracket, by_symbol(1, 1)),
        Route("GET /fapi/v2/positionRisk", position_risk_v2, 5),
        Route("GET /fapi/v3/positionRisk", position_risk, 5),
        Route("GET /fapi/v3/account", account, 5),
        Route("GET /fapi/v2/balance", balance, 5),
        Route("GET /fapi/v3/balance", balance, 5),
        Route("GET /fapi/v1/commissionRate", commission_rate, 20),
        Route("GET /fapi/v1/rateLimit/order", order_rate_limit, 1),
    ]
