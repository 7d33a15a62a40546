"""JSON shape of exchangeInfo."""

from simulator.config import SimulatorConfig
from simulator.decimals import fixed
from simulator.symbols import ONBOARD_MS, Lot, SymbolRules

Row = dict[str, object]
DELIVERY = 4_133_404_800_000


def exchange_info(config: SimulatorConfig, symbols: list[SymbolRules], now_ms: int) -> Row:
    """Everything about every symbol; `serverTime` is that of the moment of composing and not to be relied on."""
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": rate_limits(config),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_symbol(config, rules) for rules in symbols],
    }


def rate_limits(config: SimulatorConfig) -> list[Row]:
    """Weight and the two order counts."""
    return [_rate("REQUEST_WEIGHT", "MINUTE", 1, config.weight_per_minute), *order_limits(config)]


def order_limits(config: SimulatorConfig) -> list[Row]:
    """The two order counts."""
    return [
        _rate("ORDERS", "MINUTE", 1, config.orders_per_minute),
        _rate("ORDERS", "SECOND", 10, config.orders_per_10s),
    ]


def _rate(kind: str, interval: str, number: int, limit: int) -> Row:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}


def _symbol(config: SimulatorConfig, rules: SymbolRules) -> Row:
    return {
        "symbol": rules.symbol,
        "pair": rules.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": DELIVERY,
        "onboardDate": ONBOARD_MS,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": rules.base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": rules.price_places,
        "quantityPrecision": rules.quantity_places,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "settlePlan": 0,
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": str(config.market_take_bound),
        "maxMoveOrderLimit": 10000,
        "orderTypes": [
            "LIMIT",
            "MARKET",
            "STOP",
            "STOP_MARKET",
            "TAKE_PROFIT",
            "TAKE_PROFIT_MARKET",
            "TRAILING_STOP_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID"],
        "filters": _filters(rules),
    }


def _filters(rules: SymbolRules) -> list[Row]:
    highest = fixed(rules.highest_price, rules.price_places)
    tick = fixed(rules.tick, rules.price_places)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": highest, "tickSize": tick},
        _lot("LOT_SIZE", rules.lot, rules.quantity_places),
        _lot("MARKET_LOT_SIZE", rules.market_lot, rules.quantity_places),
        {"filterType": "MAX_NUM_ORDERS", "limit": rules.max_orders},
        {"filterType": "MIN_NOTIONAL", "notional": str(rules.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": str(rules.price_multiplier_up),
            "multiplierDown": str(rules.price_multiplier_down),
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]


def _lot(kind: str, lot: Lot, places: int) -> Row:
    return {
        "filterType": kind,
        "minQty": fixed(lot.minimum, places),
        "maxQty": fixed(lot.maximum, places),
        "stepSize": fixed(lot.step, places),
    }
