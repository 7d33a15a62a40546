"""JSON shapes of user events; numbers are texts without trailing zeros, as the live stream sends them."""

from decimal import Decimal

from simulator.algo import AlgoOrder
from simulator.decimals import ZERO, trimmed
from simulator.orders import Order, Trade

Row = dict[str, object]


def order_update(order: Order, execution: str, trade: Trade | None, now: int) -> Row:
    """ORDER_TRADE_UPDATE."""
    return {"e": "ORDER_TRADE_UPDATE", "T": order.update_time, "E": now, "o": _order(order, execution, trade)}


def _order(order: Order, execution: str, trade: Trade | None) -> Row:
    asked = order.asked
    amended: Row = {"M": str(order.amendments)} if execution == "AMENDMENT" else {}
    return amended | {
        "s": asked.symbol,
        "c": asked.client_order_id,
        "S": asked.side,
        "o": asked.kind,
        "f": asked.time_in_force,
        "q": trimmed(asked.quantity),
        "p": trimmed(asked.price),
        "ap": trimmed(order.average_price),
        "sp": "0",
        "x": execution,
        "X": order.status,
        "i": order.order_id,
        "l": trimmed(trade.quantity if trade else ZERO),
        "z": trimmed(order.executed),
        "L": trimmed(trade.price if trade else ZERO),
        "n": trimmed(trade.commission if trade else ZERO),
        "N": "USDT",
        "T": order.update_time,
        "t": trade.trade_id if trade else 0,
        "b": "0",
        "a": "0",
        "m": trade.maker if trade else False,
        "R": asked.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": asked.kind,
        "ps": asked.position_side,
        "cp": asked.close_position,
        "rp": trimmed(trade.realized_pnl if trade else ZERO),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": asked.self_trade_prevention,
        "pm": asked.price_match,
        "gtd": asked.good_till_date,
        "er": str(order.expire_reason),
    }


def trade_lite(order: Order, trade: Trade, now: int) -> Row:
    """TRADE_LITE: the fill without the order around it."""
    asked = order.asked
    return {
        "e": "TRADE_LITE",
        "E": now,
        "T": trade.time,
        "s": asked.symbol,
        "q": trimmed(asked.quantity),
        "p": trimmed(asked.price),
        "m": trade.maker,
        "c": asked.client_order_id,
        "S": asked.side,
        "L": trimmed(trade.price),
        "l": trimmed(trade.quantity),
        "t": trade.trade_id,
        "i": order.order_id,
    }


def account_update(
    reason: str, balance: tuple[Decimal, Decimal, Decimal], positions: list[Row], times: tuple[int, int]
) -> Row:
    """ACCOUNT_UPDATE: wallet, cross wallet and change; times of the transaction and of the event."""
    wallet, cross, change = map(trimmed, balance)
    told = {"m": reason, "B": [{"a": "USDT", "wb": wallet, "cw": cross, "bc": change}], "P": positions}
    return {"e": "ACCOUNT_UPDATE", "T": times[0], "E": times[1], "a": told}


def algo_update(algo: AlgoOrder, now: int) -> Row:
    """ALGO_UPDATE; what the engine made of it is told only once there is a regular order, a reason only with one."""
    asked, actual = algo.asked, algo.actual
    told: Row = {
        "caid": asked.client_order_id,
        "aid": algo.algo_id,
        "at": "CONDITIONAL",
        "o": asked.kind,
        "s": asked.symbol,
        "S": asked.side,
        "ps": asked.position_side,
        "f": asked.time_in_force,
        "q": trimmed(asked.quantity),
        "X": algo.status,
        "ai": str(actual.order_id) if actual else "",
        "tp": trimmed(algo.trigger_price),
        "p": trimmed(asked.price),
        "V": asked.self_trade_prevention,
        "wt": algo.working_type,
        "pm": asked.price_match,
        "cp": asked.close_position,
        "pP": algo.price_protect,
        "R": asked.reduce_only,
        "tt": algo.trigger_time,
        "gtd": asked.good_till_date,
        "ia": algo.activated,
    }
    if actual:
        told |= {"ap": trimmed(actual.average_price), "aq": trimmed(actual.executed), "act": actual.asked.kind}
    if algo.reason:
        told["rm"] = algo.reason
    return {"e": "ALGO_UPDATE", "T": algo.update_time, "E": now, "o": told}


def leverage_update(symbol: str, leverage: int, now: int) -> Row:
    """ACCOUNT_CONFIG_UPDATE of a symbol's leverage."""
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": now, "T": now, "ac": {"s": symbol, "l": leverage}}


def margin_call(wallet: Decimal, positions: list[Row], now: int) -> Row:
    """MARGIN_CALL."""
    return {"e": "MARGIN_CALL", "E": now, "cw": trimmed(wallet), "p": positions}


def key_expired(key: str, now: int) -> Row:
    """The last event under a key."""
    return {"e": "listenKeyExpired", "E": now, "listenKey": key}
