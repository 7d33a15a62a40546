"""Signed calls that read and change how the account trades: mode, margin, leverage."""

from simulator.call import Call, Route
from simulator.clock import monotonic_us
from simulator.decimals import trimmed
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.isolated_margin import ADD, REDUCE, move_margin
from simulator.margin import max_notional
from simulator.positions import MarginChange
from simulator.symbol_settings import change_leverage, change_margin_type

Row = dict[str, object]
DONE = {"code": 200, "msg": "success"}


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


def assets_mode(exchange: Exchange, _call: Call) -> object:
    """Whether other assets count as margin."""
    return {"multiAssetsMargin": exchange.account.multi_assets}


def change_assets_mode(exchange: Exchange, call: Call) -> object:
    """Refused while a symbol is isolated. There are no other assets here, so nothing follows from it."""
    call.params.required("multiAssetsMargin")
    wanted = call.params.flag("multiAssetsMargin")
    if wanted == exchange.account.multi_assets:
        raise refusal(-4171)
    if wanted and any(exchange.account.is_isolated(symbol) for symbol in exchange.symbols):
        raise refusal(-4167)
    exchange.account.multi_assets = wanted
    return DONE


def fee_burn(exchange: Exchange, _call: Call) -> object:
    """Whether fees are paid in BNB."""
    return {"feeBurn": exchange.account.fee_burn}


def change_fee_burn(exchange: Exchange, call: Call) -> object:
    """There is no BNB here: fees stay in USDT."""
    call.params.required("feeBurn")
    exchange.account.fee_burn = call.params.flag("feeBurn")
    return DONE


def leverage(exchange: Exchange, call: Call) -> object:
    """Leverage of one symbol."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    wanted = call.params.required_integer("leverage")
    change_leverage(exchange, symbol, wanted)
    return {"leverage": wanted, "maxNotionalValue": str(max_notional(wanted)), "symbol": symbol}


def margin_type(exchange: Exchange, call: Call) -> object:
    """CROSSED or ISOLATED, for one symbol."""
    symbol = exchange.rules(call.params.required("symbol")).symbol
    wanted = call.params.required("marginType")
    if wanted == "ISOLATED" and exchange.account.multi_assets:
        raise refusal(-4168)
    change_margin_type(exchange, symbol, wanted)
    return DONE


def position_margin(exchange: Exchange, call: Call) -> object:
    """Give margin to an isolated position, or take it back."""
    params = call.params
    symbol = exchange.rules(params.required("symbol")).symbol
    side = params.text("positionSide") or "BOTH"
    if side not in exchange.account.sides():
        raise refusal(-4061)
    kind, amount = params.required_integer("type"), params.required_decimal("amount")
    if kind not in {ADD, REDUCE}:
        raise refusal(-1130, "type")
    move_margin(exchange, exchange.account.position(symbol, side), kind, amount)
    return {"amount": float(amount), "code": 200, "msg": "Successfully modify position margin.", "type": kind}


def margin_history(exchange: Exchange, call: Call) -> object:
    """What was given and taken, oldest first."""
    params = call.params
    symbol = exchange.rules(params.required("symbol")).symbol
    kind, limit = params.integer("type"), params.limit(500, 500)
    start, end = params.integer("startTime") or 0, params.integer("endTime") or exchange.clock.now_ms()
    changes = [
        change
        for change in exchange.account.margin_changes
        if change.symbol == symbol and kind in (None, change.kind) and start <= change.time <= end
    ]
    return [_change_row(change) for change in changes[-limit:]]


def _change_row(change: MarginChange) -> Row:
    return {
        "symbol": change.symbol,
        "type": change.kind,
        "deltaType": "USER_ADJUST",
        "amount": trimmed(change.amount),
        "asset": "USDT",
        "time": change.time,
        "positionSide": change.position_side,
    }


def routes() -> list[Route]:
    """The signed routes about settings."""
    return [
        Route("GET /fapi/v1/positionSide/dual", position_mode, 30),
        Route("POST /fapi/v1/positionSide/dual", change_position_mode, 1),
        Route("GET /fapi/v1/multiAssetsMargin", assets_mode, 30),
        Route("POST /fapi/v1/multiAssetsMargin", change_assets_mode, 1),
        Route("GET /fapi/v1/feeBurn", fee_burn, 30),
        Route("POST /fapi/v1/feeBurn", change_fee_burn, 1),
        Route("POST /fapi/v1/leverage", leverage, 1),
        Route("POST /fapi/v1/marginType", margin_type, 1),
        Route("POST /fapi/v1/positionMargin", position_margin, 1),
        Route("GET /fapi/v1/positionMargin/history", margin_history, 1),
    ]
