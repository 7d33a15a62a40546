"""JSON shapes of candles, the day's statistics and public trades."""

from decimal import Decimal

from simulator.candles import MINUTE_MS, Candle
from simulator.decimals import ZERO, fixed, trimmed
from simulator.symbols import SymbolRules
from simulator.tape import Print

Row = dict[str, object]


def kline_row(candle: Candle, start: int, end: int, rules: SymbolRules) -> list[object]:
    """A candle of `klines`, its span in minutes since the epoch. Half of what was traded counts as bought."""
    volume, quote = fixed(candle.volume, rules.quantity_places), trimmed(candle.quote)
    bought = fixed(candle.volume / 2, rules.quantity_places), trimmed(candle.quote / 2)
    return [*_span(candle, start, rules), volume, end * MINUTE_MS - 1, quote, candle.trades, *bought, "0"]


def price_kline_row(candle: Candle, start: int, end: int, rules: SymbolRules) -> list[object]:
    """A candle of a price that nobody trades at: the mark, the index."""
    minutes = end - start
    return [*_span(candle, start, rules), "0", end * MINUTE_MS - 1, "0", minutes * 60, "0", "0", "0"]


def premium_kline_row(start: int, end: int) -> list[object]:
    """A candle of the premium, which is always nothing here."""
    nothing = fixed(ZERO, 8)
    return [start * MINUTE_MS, *[nothing] * 4, "0", end * MINUTE_MS - 1, "0", (end - start) * 12, "0", "0", "0"]


def day_row(candle: Candle, span: tuple[int, int], last: Print, first: int, rules: SymbolRules) -> Row:
    """Statistics of a day, which lasts from and to these ms; `first` is the day's first trade."""
    change = candle.close - candle.open
    average = candle.quote / candle.volume if candle.volume else candle.close
    return {
        "symbol": rules.symbol,
        "priceChange": fixed(change, rules.price_places),
        "priceChangePercent": fixed(change / candle.open * 100, 3),
        "weightedAvgPrice": fixed(average, rules.price_places),
        "lastPrice": fixed(candle.close, rules.price_places),
        "lastQty": fixed(last.quantity, rules.quantity_places),
        "openPrice": fixed(candle.open, rules.price_places),
        "highPrice": fixed(candle.high, rules.price_places),
        "lowPrice": fixed(candle.low, rules.price_places),
        "volume": fixed(candle.volume, rules.quantity_places),
        "quoteVolume": trimmed(candle.quote),
        "openTime": span[0],
        "closeTime": span[1],
        "firstId": first,
        "lastId": last.number,
        "count": candle.trades,
    }


def public_trade_row(trade: Print, rules: SymbolRules) -> Row:
    """A trade as everybody sees it."""
    return {
        "id": trade.number,
        "price": fixed(trade.price, rules.price_places),
        "qty": fixed(trade.quantity, rules.quantity_places),
        "quoteQty": trimmed(trade.price * trade.quantity),
        "time": trade.time,
        "isBuyerMaker": trade.buyer_is_maker,
        "isRPITrade": False,
    }


def aggregate_row(trade: Print, rules: SymbolRules) -> Row:
    """The same as an aggregate of one."""
    quantity = fixed(trade.quantity, rules.quantity_places)
    return {
        "a": trade.number,
        "p": fixed(trade.price, rules.price_places),
        "q": quantity,
        "nq": quantity,
        "f": trade.number,
        "l": trade.number,
        "T": trade.time,
        "m": trade.buyer_is_maker,
    }


def _span(candle: Candle, start: int, rules: SymbolRules) -> list[object]:
    prices: tuple[Decimal, ...] = (candle.open, candle.high, candle.low, candle.close)
    return [start * MINUTE_MS, *[fixed(price, rules.price_places) for price in prices]]
