"""Rows as the exchange sends them."""

from decimal import Decimal
from typing import Any

from contracts.order import OrderSide, PositionSide, Ticket

Row = dict[str, Any]


def ticket(**changes: object) -> Ticket:
    """A full close of a long, one-way mode, dated now unless changed."""
    values: dict[str, object] = {
        "symbol": "ETHUSDT",
        "client_order_id": "hv-abc-full-1",
        "side": OrderSide.SELL,
        "position_side": PositionSide.BOTH,
        "quantity": Decimal("0.10"),
        "reduce_only": True,
        "timestamp_ms": 1_800_000_000_123,
        "recv_window_ms": 4321,
    }
    return Ticket.model_validate(values | changes)


def order_row(**changes: object) -> Row:
    """The answer to a POST as it has been since July 2026: without avgPrice and cumQuote."""
    row: Row = {
        "clientOrderId": "hv-abc-full-1",
        "cumQty": "0.100",
        "executedQty": "0.100",
        "orderId": 77,
        "origQty": "0.100",
        "price": "0.00",
        "reduceOnly": True,
        "side": "SELL",
        "positionSide": "BOTH",
        "status": "FILLED",
        "stopPrice": "0.00",
        "closePosition": False,
        "symbol": "ETHUSDT",
        "timeInForce": "GTC",
        "type": "MARKET",
        "origType": "MARKET",
        "updateTime": 1_800_000_000_200,
        "selfTradePreventionMode": "NONE",
        "somethingNew": {"nested": [1.5]},
    }
    return row | changes


def trade_row(trade_id: int, **changes: object) -> Row:
    row: Row = {
        "buyer": False,
        "commission": "0.07500000",
        "commissionAsset": "USDT",
        "id": trade_id,
        "maker": False,
        "orderId": 77,
        "price": "3000.10",
        "qty": "0.050",
        "quoteQty": "150.005",
        "realizedPnl": "-1.25000000",
        "side": "SELL",
        "positionSide": "BOTH",
        "symbol": "ETHUSDT",
        "time": 1_800_000_000_000 + trade_id,
    }
    return row | changes


def position_row(**changes: object) -> Row:
    row: Row = {
        "symbol": "ETHUSDT",
        "positionSide": "BOTH",
        "positionAmt": "0.300",
        "entryPrice": "2900.5",
        "breakEvenPrice": "2901",
        "markPrice": "3000.12345678",
        "unRealizedProfit": "29.88703703",
        "liquidationPrice": "0",
        "updateTime": 1_800_000_000_000,
    }
    return row | changes


def symbol_row(**changes: object) -> Row:
    row: Row = {
        "symbol": "ETHUSDT",
        "status": "TRADING",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "39.86", "maxPrice": "306177", "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "10000", "stepSize": "0.001"},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.002", "maxQty": "2000", "stepSize": "0.002"},
            {"filterType": "PERCENT_PRICE", "multiplierDecimal": 4},
        ],
    }
    return row | changes


def algo_row(**changes: object) -> Row:
    row: Row = {
        "algoId": 1_000_000_000_123_456,
        "clientAlgoId": "stop-1",
        "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET",
        "symbol": "ETHUSDT",
        "side": "SELL",
        "positionSide": "BOTH",
        "algoStatus": "NEW",
        "triggerPrice": "2800.00",
        "quantity": "0.300",
        "closePosition": False,
        "reduceOnly": True,
    }
    return row | changes
