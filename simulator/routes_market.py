"""Public calls: time, symbols, prices."""

from collections.abc import Callable

from simulator.call import Call, Route, by_symbol, encode
from simulator.decimals import fixed
from simulator.exchange import Exchange
from simulator.wire_market import exchange_info

Row = dict[str, object]
RowOf = Callable[[Exchange, str], Row]
EIGHT_HOURS = 8 * 3600 * 1000


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
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": (now // EIGHT_HOURS + 1) * EIGHT_HOURS,
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
    rules = exchange.rules(symbol)
    quantity = fixed(rules.lot.maximum, rules.quantity_places)
    return {
        "symbol": symbol,
        "bidPrice": fixed(exchange.prices.touch(symbol, "SELL"), rules.price_places),
        "bidQty": quantity,
        "askPrice": fixed(exchange.prices.touch(symbol, "BUY"), rules.price_places),
        "askQty": quantity,
        "time": exchange.clock.now_ms(),
        "lastUpdateId": exchange.clock.now_ms(),
    }


def routes() -> list[Route]:
    """The public routes; the two of Spot are what some clients call first."""
    listed = (
        ("GET /fapi/v1/ping", ping, 1),
        ("GET /fapi/v1/time", server_time, 1),
        ("GET /fapi/v1/exchangeInfo", info, 1),
        ("GET /fapi/v1/premiumIndex", premium_index, by_symbol(1, 10)),
        ("GET /fapi/v1/ticker/price", ticker_price, by_symbol(1, 2)),
        ("GET /fapi/v2/ticker/price", ticker_price, by_symbol(1, 2)),
        ("GET /fapi/v1/ticker/bookTicker", book_ticker, by_symbol(2, 5)),
        ("GET /api/v3/ping", ping, 0),
        ("GET /api/v3/time", server_time, 0),
    )
    return [Route(key, handler, weight, signed=False) for key, handler, weight in listed]
