"""JSON shapes of orders, conditional orders and trades."""

from simulator.algo import AlgoOrder
from simulator.decimals import ZERO, fixed, trimmed
from simulator.income import Income
from simulator.orders import Order, Trade
from simulator.symbols import SymbolRules

Row = dict[str, object]


def order_row(order: Order, rules: SymbolRules) -> Row:
    """An order as the queries show it."""
    row = _common(order, rules)
    row["avgPrice"] = fixed(order.average_price, 8) if order.executed else "0.00"
    row["cumQuote"] = trimmed(order.cum_quote)
    row["status"] = order.status
    row["executedQty"] = fixed(order.executed, rules.quantity_places)
    row["time"] = order.time
    return row


def history_row(order: Order, rules: SymbolRules) -> Row:
    """An order as allOrders shows it."""
    return order_row(order, rules) | {
        "cumBase": fixed(order.executed, rules.quantity_places),
        "pair": rules.symbol,
    }


def placed_row(order: Order, rules: SymbolRules, *, result: bool, legacy: bool) -> Row:
    """The answer to POST and DELETE. Without `result` an order always looks untouched, even when it has filled."""
    row = _common(order, rules)
    executed = fixed(order.executed if result else ZERO, rules.quantity_places)
    row["status"] = order.status if result else "NEW"
    row["executedQty"] = executed
    row["cumQty"] = executed
    if legacy:
        row["avgPrice"] = fixed(order.average_price, 8) if result and order.executed else "0.00"
        row["cumQuote"] = trimmed(order.cum_quote) if result else "0"
    return row


def _common(order: Order, rules: SymbolRules) -> Row:
    asked = order.asked
    return {
        "orderId": order.order_id,
        "symbol": asked.symbol,
        "clientOrderId": asked.client_order_id,
        "price": fixed(asked.price, rules.price_places),
        "origQty": fixed(asked.quantity, rules.quantity_places),
        "timeInForce": asked.time_in_force,
        "type": asked.kind,
        "origType": asked.kind,
        "reduceOnly": asked.reduce_only,
        "closePosition": asked.close_position,
        "side": asked.side,
        "positionSide": asked.position_side,
        "stopPrice": fixed(ZERO, rules.price_places),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": asked.price_match,
        "selfTradePreventionMode": asked.self_trade_prevention,
        "goodTillDate": asked.good_till_date,
        "updateTime": order.update_time,
    }


def amended_row(order: Order, rules: SymbolRules) -> Row:
    """The answer to PUT."""
    row = placed_row(order, rules, result=True, legacy=False)
    return row | {"pair": rules.symbol, "modifyId": order.amendments}


def amendment_row(before: Order, after: Order, rules: SymbolRules) -> Row:
    """One change of an order as orderAmendment shows it."""
    prices = [fixed(order.asked.price, rules.price_places) for order in (before, after)]
    quantities = [fixed(order.asked.quantity, rules.quantity_places) for order in (before, after)]
    return {
        "amendmentId": after.order_id % 10**9 * 100 + after.amendments,
        "symbol": rules.symbol,
        "pair": rules.symbol,
        "orderId": after.order_id,
        "clientOrderId": after.asked.client_order_id,
        "time": after.update_time,
        "amendment": {
            "price": {"before": prices[0], "after": prices[1]},
            "origQty": {"before": quantities[0], "after": quantities[1]},
            "count": after.amendments,
            "modifyId": after.amendments,
        },
    }


def forced_row(order: Order, rules: SymbolRules) -> Row:
    """A liquidation order as forceOrders shows it."""
    row = history_row(order, rules)
    for name in ("priceProtect", "priceMatch", "selfTradePreventionMode", "goodTillDate"):
        del row[name]
    return row


def income_row(income: Income) -> Row:
    """A movement of the wallet."""
    return {
        "symbol": income.symbol,
        "incomeType": income.kind,
        "income": trimmed(income.amount),
        "asset": "USDT",
        "info": income.info,
        "time": income.time,
        "tranId": income.transaction_id,
        "tradeId": income.trade_id,
    }


def trade_row(trade: Trade, rules: SymbolRules) -> Row:
    """A fill as userTrades shows it."""
    quantity = fixed(trade.quantity, rules.quantity_places)
    return {
        "symbol": trade.symbol,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "side": trade.side,
        "price": fixed(trade.price, rules.price_places),
        "qty": quantity,
        "realizedPnl": trimmed(trade.realized_pnl),
        "quoteQty": trimmed(trade.price * trade.quantity),
        "commission": trimmed(trade.commission),
        "commissionAsset": "USDT",
        "time": trade.time,
        "positionSide": trade.position_side,
        "buyer": trade.side == "BUY",
        "maker": trade.maker,
        "baseQty": quantity,
        "marginAsset": "USDT",
        "pair": trade.symbol,
    }


def algo_row(order: AlgoOrder, rules: SymbolRules) -> Row:
    """A conditional order as the query of one shows it."""
    actual = order.actual
    return _algo_asked(order, rules) | {
        "actualType": actual.asked.kind if actual else "",
        "actualQty": fixed(actual.executed, rules.quantity_places) if actual else "0",
    }


def algo_list_row(order: AlgoOrder, rules: SymbolRules) -> Row:
    """A conditional order as openAlgoOrders and allAlgoOrders show it: other fields than the query of one."""
    none = fixed(ZERO, rules.price_places)
    return _algo_asked(order, rules) | dict.fromkeys(("tpTriggerPrice", "tpPrice", "slTriggerPrice", "slPrice"), none)


def _algo_asked(order: AlgoOrder, rules: SymbolRules) -> Row:
    actual = order.actual
    return _algo_common(order, rules) | {
        "actualOrderId": str(actual.order_id) if actual else "",
        "actualPrice": fixed(actual.average_price, rules.price_places) if actual else "0",
        "tpOrderType": "",
    }


def algo_placed_row(order: AlgoOrder, rules: SymbolRules) -> Row:
    """The answer to POST algoOrder."""
    trailing = bool(order.callback_rate)
    return _algo_common(order, rules) | {
        "activatePrice": fixed(order.activate_price, rules.price_places) if trailing else "",
        "callbackRate": trimmed(order.callback_rate) if trailing else "",
    }


def _algo_common(order: AlgoOrder, rules: SymbolRules) -> Row:
    asked = order.asked
    return {
        "algoId": order.algo_id,
        "clientAlgoId": asked.client_order_id,
        "algoType": "CONDITIONAL",
        "orderType": asked.kind,
        "symbol": asked.symbol,
        "side": asked.side,
        "positionSide": asked.position_side,
        "timeInForce": asked.time_in_force,
        "quantity": fixed(asked.quantity, rules.quantity_places),
        "algoStatus": order.status,
        "triggerPrice": fixed(order.trigger_price, rules.price_places),
        "price": fixed(asked.price, rules.price_places),
        "icebergQuantity": None,
        "selfTradePreventionMode": asked.self_trade_prevention,
        "workingType": order.working_type,
        "priceMatch": asked.price_match,
        "closePosition": asked.close_position,
        "priceProtect": order.price_protect,
        "reduceOnly": asked.reduce_only,
        "createTime": order.create_time,
        "updateTime": order.update_time,
        "triggerTime": order.trigger_time,
        "goodTillDate": asked.good_till_date,
    }
