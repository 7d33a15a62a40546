"""Public calls: time, symbols, prices."""

from collections.abc import Callable

from simulator.call import Call, Handler, Route, Weight, by_symbol, encode
from simulator.decimals import fixed
from simulator.depth import Level
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.parameters import Parameters
from simulator.symbols import SymbolRules
from simulator.wire_market import exchange_info

Row = dict[str, object]
RowOf = Callable[[Exchange, str], Row]
DEPTHS = {5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20}
"""How many levels may be asked for, and what that costs."""
EMPTY = ["0", "0"]


def ping(_exchange: Exchange, _call: Call) -> object:
    """Nothing but an answer."""
    return b"{}"


def server_time(exchange: Exchange, _call: Call) -> object:
    """The exchange's clock."""
    return {"serverTime": exchange.clock.now_ms()}


def info(exchange: Exchange, _call: Call) -> object:
    """All symbols, encoded once until one changes."""
    if exchange.exchange_info is None:
        row = exchange_info(exchange.config, list(exchange.symbols.values()), exchange.clock.now_ms())
        exchange.exchange_info = encode(row).encode()
    return exchange.exchange_info


def premium_index(exchange: Exchange, call: Call) -> object:
    """Mark price and funding."""
    return _one_or_all(exchange, call, _premium)


def ticker_price(exchange: Exchange, call: Call) -> object:
    """Last price, which is the mark here."""
    return _one_or_all(exchange, call, _price)


def book_ticker(exchange: Exchange, call: Call) -> object:
    """Best bid and ask."""
    return _one_or_all(exchange, call, _touch)


def depth(exchange: Exchange, call: Call) -> object:
    """The order book, with the account's own orders in it."""
    rules = exchange.rules(call.params.required("symbol"))
    limit = call.params.integer("limit") or 500
    if limit not in DEPTHS:
        raise refusal(-1130, "limit")
    bids, asks = exchange.depth(rules.symbol, limit)
    now = exchange.clock.now_ms()
    return {"lastUpdateId": now, "E": now, "T": now, "bids": _levels(bids, rules), "asks": _levels(asks, rules)}


def _levels(levels: list[Level], rules: SymbolRules) -> list[list[str]]:
    return [[fixed(one.price, rules.price_places), fixed(one.quantity, rules.quantity_places)] for one in levels]


def _depth_weight(params: Parameters) -> int:
    """As the exchange lists it; a wrong limit costs as much as the default."""
    return DEPTHS.get(params.integer("limit") or 500, 10)


def _one_or_all(exchange: Exchange, call: Call, row: RowOf) -> object:
    symbol = call.params.text("symbol")
    if symbol is None:
        return [row(exchange, name) for name in exchange.symbols]
    exchange.rules(symbol)
    return row(exchange, symbol)


def _premium(exchange: Exchange, symbol: str) -> Row:
    now = exchange.clock.now_ms()
    mark = fixed(exchange.prices.mark(symbol), 8)
    return {
        "symbol": symbol,
        "markPrice": mark,
        "indexPrice": mark,
        "estimatedSettlePrice": mark,
        "lastFundingRate": fixed(exchange.funding.rate(symbol), 8),
        "interestRate": "0.00010000",
        "nextFundingTime": exchange.funding.next_time(),
        "time": now,
    }


def _price(exchange: Exchange, symbol: str) -> Row:
    places = exchange.rules(symbol).price_places
    return {
        "symbol": symbol,
        "price": fixed(exchange.prices.mark(symbol), places),
        "time": exchange.clock.now_ms(),
    }


def _touch(exchange: Exchange, symbol: str) -> Row:
    rules, now = exchange.rules(symbol), exchange.clock.now_ms()
    bid, ask = ([*_levels(side, rules), EMPTY][0] for side in exchange.depth(symbol, 1))
    return {
        "symbol": symbol,
        "bidPrice": bid[0],
        "bidQty": bid[1],
        "askPrice": ask[0],
        "askQty": ask[1],
        "time": now,
        "lastUpdateId": now,
    }


def routes() -> list[Route]:
    """The public routes; the two of Spot are what some clients call first."""
    listed: tuple[tuple[str, Handler, Weight], ...] = (
        ("GET /fapi/v1/ping", ping, 1),
        ("GET /fapi/v1/time", server_time, 1),
        ("GET /fapi/v1/exchangeInfo", info, 1),
        ("GET /fapi/v1/premiumIndex", premium_index, by_symbol(1, 10)),
        ("GET /fapi/v1/ticker/price", ticker_price, by_symbol(1, 2)),
        ("GET /fapi/v2/ticker/price", ticker_price, by_symbol(1, 2)),
        ("GET /fapi/v1/ticker/bookTicker", book_ticker, by_symbol(2, 5)),
        ("GET /fapi/v1/depth", depth, _depth_weight),
        ("GET /fapi/v1/rpiDepth", depth, 20),
        ("GET /api/v3/ping", ping, 0),
        ("GET /api/v3/time", server_time, 0),
    )
    return [Route(key, handler, weight, signed=False) for key, handler, weight in listed]
