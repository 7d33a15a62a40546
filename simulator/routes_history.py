"""Public calls about the past: candles, the day's statistics, trades, funding."""

from collections.abc import Callable
from itertools import islice

from simulator.call import Call, Handler, Route, Weight, by_symbol
from simulator.candles import MINUTE_MS, ONBOARD_MINUTE, Candle
from simulator.decimals import fixed
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.funding import INTERVAL_MS
from simulator.intervals import DAY, NAMES, downwards, upwards
from simulator.parameters import Parameters
from simulator.symbols import ONBOARD_MS, SymbolRules
from simulator.wire_history import (
    aggregate_row,
    day_row,
    kline_row,
    premium_kline_row,
    price_kline_row,
    public_trade_row,
)

Row = dict[str, object]
KlineRow = Callable[[Candle, int, int, SymbolRules], list[object]]
MOST_CANDLES = 1500
CONTRACTS = frozenset({"PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER", "TRADIFI_PERPETUAL"})


def klines(exchange: Exchange, call: Call) -> object:
    """Candles of the price, which is the mark here, with what was traded."""
    return _candles(exchange, call, "symbol", kline_row)


def mark_klines(exchange: Exchange, call: Call) -> object:
    """Candles of the mark."""
    return _candles(exchange, call, "symbol", price_kline_row)


def index_klines(exchange: Exchange, call: Call) -> object:
    """Candles of the index, which is the mark here."""
    return _candles(exchange, call, "pair", price_kline_row)


def continuous_klines(exchange: Exchange, call: Call) -> object:
    """Candles of the perpetual contract of a pair; there are no others."""
    kind = call.params.required("contractType")
    if kind not in CONTRACTS:
        raise refusal(-1130, "contractType")
    rows = _candles(exchange, call, "pair", kline_row)
    return rows if kind == "PERPETUAL" else []


def premium_klines(exchange: Exchange, call: Call) -> object:
    """Candles of the premium."""
    exchange.rules(call.params.required("symbol"))
    return [premium_kline_row(start, end) for start, end in _spans(exchange, call.params)]


def day(exchange: Exchange, call: Call) -> object:
    """Statistics of the last 24 hours."""
    symbol = call.params.text("symbol")
    if symbol is None:
        return [_day(exchange, name) for name in exchange.symbols]
    return _day(exchange, exchange.rules(symbol).symbol)


def trades(exchange: Exchange, call: Call) -> object:
    """The newest trades."""
    rules = exchange.rules(call.params.required("symbol"))
    limit = call.params.limit(500, 1000)
    return [public_trade_row(each, rules) for each in exchange.tape.last(rules.symbol, limit)]


def old_trades(exchange: Exchange, call: Call) -> object:
    """Trades from a number on; the newest without one."""
    rules = exchange.rules(call.params.required("symbol"))
    first, limit = call.params.integer("fromId"), call.params.limit(100, 500)
    tape = exchange.tape
    found = tape.last(rules.symbol, limit) if first is None else tape.since(rules.symbol, first, limit)
    return [public_trade_row(each, rules) for each in found]


def aggregates(exchange: Exchange, call: Call) -> object:
    """Trades from a number on, or of a span; the newest without either."""
    params, tape = call.params, exchange.tape
    rules = exchange.rules(params.required("symbol"))
    limit, first, start, end = params.limit(500, 1000), *map(params.integer, ("fromId", "startTime", "endTime"))
    if first is not None:
        found = tape.since(rules.symbol, first, limit)
    elif start is None and end is None:
        found = tape.last(rules.symbol, limit)
    else:
        until = exchange.clock.now_ms() if end is None else end
        found = tape.between(rules.symbol, until - INTERVAL_MS if start is None else start, until, limit)
    return [aggregate_row(each, rules) for each in found]


def funding_rates(exchange: Exchange, call: Call) -> object:
    """What was paid every eight hours: the newest, or those of a span."""
    params, now = call.params, exchange.clock.now_ms()
    limit, start, end = params.limit(100, 1000), params.integer("startTime"), params.integer("endTime")
    names = list(exchange.symbols) if "symbol" not in params else [exchange.rules(params.required("symbol")).symbol]
    last = min(now, now if end is None else end) // INTERVAL_MS
    first = last - limit + 1 if start is None else -(-start // INTERVAL_MS)
    first = max(first, -(-ONBOARD_MS // INTERVAL_MS))
    times = [number * INTERVAL_MS for number in range(first, last + 1)][:limit]
    rows = [(name, at) for at in times for name in names]
    chosen = rows[-limit:] if start is None else rows[:limit]
    return [_funding(exchange, name, at) for name, at in chosen]


def funding_info(exchange: Exchange, _call: Call) -> object:
    """Bounds and period of funding."""
    return [
        {
            "symbol": symbol,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": 8,
            "disclaimer": False,
        }
        for symbol in exchange.symbols
    ]


def _candles(exchange: Exchange, call: Call, name: str, row: KlineRow) -> list[object]:
    rules = exchange.rules(call.params.required(name))
    history = exchange.candles.history(rules.symbol)
    return [row(history.span(start, end), start, end, rules) for start, end in _spans(exchange, call.params)]


def _spans(exchange: Exchange, params: Parameters) -> list[tuple[int, int]]:
    interval = params.required("interval")
    if interval not in NAMES:
        raise refusal(-1120)
    limit, now = params.limit(500, MOST_CANDLES), exchange.candles.minute()
    start, end = params.integer("startTime"), params.integer("endTime")
    last = now if end is None else min(now, end // MINUTE_MS)
    if start is None:
        return list(islice(downwards(interval, ONBOARD_MINUTE, last), limit))[::-1]
    return list(islice(upwards(interval, max(ONBOARD_MINUTE, -(-start // MINUTE_MS)), last), limit))


def _day(exchange: Exchange, symbol: str) -> Row:
    now = exchange.candles.minute()
    candle = exchange.candles.history(symbol).span(now - DAY + 1, now + 1)
    last = exchange.tape.newest(symbol)
    first = last.number - candle.trades + 1
    span = (now - DAY + 1) * MINUTE_MS, exchange.clock.now_ms()
    return day_row(candle, span, last, first, exchange.rules(symbol))


def _funding(exchange: Exchange, symbol: str, at: int) -> Row:
    minute = at // MINUTE_MS
    mark = exchange.candles.history(symbol).span(minute, minute + 1).open
    rate = fixed(exchange.funding.rate(symbol), 8)
    return {"symbol": symbol, "fundingRate": rate, "fundingTime": at, "markPrice": fixed(mark, 8)}


def _candle_weight(params: Parameters) -> int:
    limit = params.text("limit") or "500"
    wanted = int(limit) if limit.isdecimal() else 0
    return next((weight for most, weight in ((99, 1), (499, 2), (1000, 5)) if wanted <= most), 10)


def routes() -> list[Route]:
    """The public routes about the past."""
    listed: tuple[tuple[str, Handler, Weight], ...] = (
        ("GET /fapi/v1/klines", klines, _candle_weight),
        ("GET /fapi/v1/markPriceKlines", mark_klines, _candle_weight),
        ("GET /fapi/v1/indexPriceKlines", index_klines, _candle_weight),
        ("GET /fapi/v1/continuousKlines", continuous_klines, _candle_weight),
        ("GET /fapi/v1/premiumIndexKlines", premium_klines, _candle_weight),
        ("GET /fapi/v1/ticker/24hr", day, by_symbol(1, 40)),
        ("GET /fapi/v1/trades", trades, 5),
        ("GET /fapi/v1/historicalTrades", old_trades, 20),
        ("GET /fapi/v1/aggTrades", aggregates, 20),
        ("GET /fapi/v1/fundingRate", funding_rates, 1),
        ("GET /fapi/v1/fundingInfo", funding_info, 1),
    )
    return [Route(key, handler, weight, signed=False) for key, handler, weight in listed]
