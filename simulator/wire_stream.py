"""JSON shapes of the public streams."""

from simulator.candles import MINUTE_MS
from simulator.decimals import fixed
from simulator.depth import Level
from simulator.exchange import Exchange
from simulator.intervals import following, opening
from simulator.symbols import SymbolRules
from simulator.tape import Print

Row = dict[str, object]
Levels = list[list[str]]
USD_M = 1
DIFF_LEVELS = 1000


def mark_price(exchange: Exchange, symbol: str) -> Row:
    """markPriceUpdate; index, average and settlement estimate are the mark here."""
    now = exchange.clock.now_ms()
    mark = fixed(exchange.prices.mark(symbol), 8)
    return {
        "e": "markPriceUpdate",
        "E": now,
        "s": symbol,
        "p": mark,
        "ap": mark,
        "P": mark,
        "i": mark,
        "r": fixed(exchange.funding.rate(symbol), 8),
        "T": exchange.funding.next_time(),
        "st": USD_M,
    }


def aggregate_trade(trade: Print, rules: SymbolRules, now: int) -> Row:
    """aggTrade; each trade is its own aggregate."""
    quantity = fixed(trade.quantity, rules.quantity_places)
    return {
        "e": "aggTrade",
        "E": now,
        "s": rules.symbol,
        "a": trade.number,
        "p": fixed(trade.price, rules.price_places),
        "q": quantity,
        "nq": quantity,
        "f": trade.number,
        "l": trade.number,
        "T": trade.time,
        "m": trade.buyer_is_maker,
        "st": USD_M,
    }


def book_ticker(exchange: Exchange, symbol: str, update: int) -> Row:
    """bookTicker; an empty side has price and quantity zero."""
    now = exchange.clock.now_ms()
    bid, ask = (side or [["0", "0"]] for side in sides(exchange, symbol, 1))
    return {
        "e": "bookTicker",
        "u": update,
        "s": symbol,
        "ps": symbol,
        "b": bid[0][0],
        "B": bid[0][1],
        "a": ask[0][0],
        "A": ask[0][1],
        "T": now,
        "E": now,
        "st": USD_M,
    }


def sides(exchange: Exchange, symbol: str, levels: int) -> tuple[Levels, Levels]:
    """Bids and asks, best first; 0 levels: as many as a diff covers."""
    bids, asks = exchange.depth(symbol, levels or DIFF_LEVELS)
    rules = exchange.rules(symbol)
    return _levels(bids, rules), _levels(asks, rules)


def depth(symbol: str, bids: Levels, asks: Levels, updates: tuple[int, int], now: int) -> Row:
    """depthUpdate; `updates` are the number of this one and of the one before it on this stream."""
    return {
        "e": "depthUpdate",
        "E": now,
        "T": now,
        "s": symbol,
        "ps": symbol,
        "U": updates[1] + 1,
        "u": updates[0],
        "pu": updates[1],
        "b": bids,
        "a": asks,
        "st": USD_M,
    }


def kline(exchange: Exchange, symbol: str, interval: str, minute: int) -> Row:
    """kline: the candle that holds `minute`, final once the present minute is past it. Takers bought half of it."""
    rules = exchange.rules(symbol)
    start = opening(interval, minute)
    end = following(interval, start)
    candle = exchange.candles.history(symbol).span(start, end)
    places, last = rules.price_places, exchange.tape.newest(symbol).number
    return {
        "e": "kline",
        "E": exchange.clock.now_ms(),
        "s": symbol,
        "k": {
            "t": start * MINUTE_MS,
            "T": end * MINUTE_MS - 1,
            "s": symbol,
            "i": interval,
            "f": last - candle.trades + 1 if candle.trades else -1,
            "L": last if candle.trades else -1,
            "o": fixed(candle.open, places),
            "c": fixed(candle.close, places),
            "h": fixed(candle.high, places),
            "l": fixed(candle.low, places),
            "v": fixed(candle.volume, rules.quantity_places),
            "n": candle.trades,
            "x": exchange.candles.minute() >= end,
            "q": fixed(candle.quote, 8),
            "V": fixed(candle.volume / 2, rules.quantity_places),
            "Q": fixed(candle.quote / 2, 8),
            "B": "0",
        },
    }


def _levels(levels: list[Level], rules: SymbolRules) -> Levels:
    return [[fixed(level.price, rules.price_places), fixed(level.quantity, rules.quantity_places)] for level in levels]
