"""Public calls about the market's participants. Nobody else takes part here: the numbers are plausible and constant."""

from collections.abc import Callable
from decimal import Decimal

from simulator.call import Call, Handler, Route, Weight, by_symbol
from simulator.candles import DAILY_TURNOVER, MINUTE_MS
from simulator.decimals import fixed
from simulator.errors import refusal
from simulator.exchange import Exchange
from simulator.intervals import PLAIN
from simulator.symbols import ONBOARD_MS

Row = dict[str, object]
RowAt = Callable[[Exchange, str, int], Row]
PERIODS = frozenset({"5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"})
ASSETS = ("USDT", "USDC", "BTC")
KEPT = 30 * 24 * 3600 * 1000


def open_interest(exchange: Exchange, call: Call) -> object:
    """Contracts that are open."""
    rules = exchange.rules(call.params.required("symbol"))
    interest = fixed(_interest(exchange, rules.symbol), rules.quantity_places)
    return {"openInterest": interest, "symbol": rules.symbol, "time": exchange.clock.now_ms()}


def interest_history(exchange: Exchange, call: Call) -> object:
    """Open contracts and their value, period by period."""
    return _history(exchange, call, "symbol", _interest_row)


def account_ratio(exchange: Exchange, call: Call) -> object:
    """Accounts or positions that are long, against those that are short."""
    return _history(exchange, call, "symbol", _ratio_row)


def taker_volume(exchange: Exchange, call: Call) -> object:
    """What takers bought, against what they sold: halves of what was traded."""
    return _history(exchange, call, "symbol", _taker_row)


def basis(exchange: Exchange, call: Call) -> object:
    """The contract's price against the index: the same."""
    if call.params.required("contractType") not in {"PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER"}:
        raise refusal(-1130, "contractType")
    return _history(exchange, call, "pair", _basis_row)


def settlement_prices(exchange: Exchange, call: Call) -> object:
    """Prices at which quarterly contracts were settled: there were none."""
    exchange.rules(call.params.required("pair"))
    return []


def constituents(exchange: Exchange, call: Call) -> object:
    """Where the index comes from: one spot market."""
    rules = exchange.rules(call.params.required("symbol"))
    price = fixed(exchange.prices.mark(rules.symbol), rules.price_places)
    spot = {"exchange": "binance", "symbol": rules.symbol, "price": price, "weight": "1.00000000"}
    return {"symbol": rules.symbol, "time": exchange.clock.now_ms(), "constituents": [spot]}


def composite_indices(_exchange: Exchange, _call: Call) -> object:
    """Symbols that are made of several: none."""
    return []


def asset_indices(exchange: Exchange, call: Call) -> object:
    """What assets other than USDT are worth as margin."""
    rows = [_asset_index(exchange, asset) for asset in ASSETS]
    symbol = call.params.text("symbol")
    if symbol is None:
        return rows
    found = [row for row in rows if row["symbol"] == symbol]
    if not found:
        raise refusal(-1121)
    return found[0]


def insurance(exchange: Exchange, call: Call) -> object:
    """The fund that pays for what liquidations lose."""
    symbol = call.params.text("symbol")
    names = list(exchange.symbols) if symbol is None else [exchange.rules(symbol).symbol]
    fund = {"asset": "USDT", "marginBalance": fixed(DAILY_TURNOVER, 8), "updateTime": exchange.clock.now_ms()}
    row = {"symbols": names, "assets": [fund]}
    return [row] if symbol is None else row


def adl_risk(exchange: Exchange, call: Call) -> object:
    """How near the market is to automatic deleveraging: not at all."""
    symbol, now = call.params.text("symbol"), exchange.clock.now_ms()
    names = list(exchange.symbols) if symbol is None else [exchange.rules(symbol).symbol]
    rows = [{"symbol": name, "adlRisk": "low", "updateTime": now} for name in names]
    return rows if symbol is None else rows[0]


def schedule(exchange: Exchange, _call: Call) -> object:
    """Sessions of markets that close at night: there are none here."""
    return {"updateTime": exchange.clock.now_ms(), "marketSchedules": {}}


def _history(exchange: Exchange, call: Call, name: str, row: RowAt) -> list[Row]:
    """One row a period, oldest first; only the last thirty days are known."""
    params, now = call.params, exchange.clock.now_ms()
    symbol, period = exchange.rules(params.required(name)).symbol, params.required("period")
    if period not in PERIODS:
        raise refusal(-1130, "period")
    limit, start, end = params.limit(30, 500), params.integer("startTime"), params.integer("endTime")
    length = PLAIN[period] * MINUTE_MS
    last = min(now, now if end is None else end) // length
    first = max(now - KEPT, ONBOARD_MS, 0 if start is None else start) // length + 1
    numbers = range(first, last + 1)
    chosen = numbers[-limit:] if start is None else numbers[:limit]
    return [row(exchange, symbol, number * length) for number in chosen]


def _interest(exchange: Exchange, symbol: str) -> Decimal:
    return DAILY_TURNOVER / 2 / exchange.rules(symbol).initial_price


def _interest_row(exchange: Exchange, symbol: str, at: int) -> Row:
    minute, interest = at // MINUTE_MS, _interest(exchange, symbol)
    price = exchange.candles.history(symbol).span(minute, minute + 1).open
    return {
        "symbol": symbol,
        "sumOpenInterest": fixed(interest, 8),
        "sumOpenInterestValue": fixed(interest * price, 8),
        "timestamp": at,
    }


def _ratio_row(_exchange: Exchange, symbol: str, at: int) -> Row:
    halves = {"longAccount": "0.5000", "shortAccount": "0.5000"}
    return {"symbol": symbol, "longShortRatio": "1.0000", **halves, "timestamp": at}


def _taker_row(exchange: Exchange, symbol: str, at: int) -> Row:
    minute = at // MINUTE_MS
    half = fixed(exchange.candles.history(symbol).span(minute - PLAIN["5m"], minute).volume / 2, 4)
    return {"buySellRatio": "1.0000", "buyVol": half, "sellVol": half, "timestamp": at}


def _basis_row(exchange: Exchange, symbol: str, at: int) -> Row:
    minute, rules = at // MINUTE_MS, exchange.rules(symbol)
    price = fixed(exchange.candles.history(symbol).span(minute, minute + 1).open, rules.price_places)
    return {
        "pair": symbol,
        "contractType": "PERPETUAL",
        "indexPrice": price,
        "futuresPrice": price,
        "basis": "0",
        "basisRate": "0.0000",
        "annualizedBasisRate": "",
        "timestamp": at,
    }


def _asset_index(exchange: Exchange, asset: str) -> Row:
    """Worth in USD, and what is taken off or put on when it is valued as margin."""
    pair = f"{asset}USDT"
    index = exchange.prices.mark(pair) if pair in exchange.symbols else Decimal(1)
    buffer = Decimal(0) if asset == "USDT" else Decimal("0.05")
    row: Row = {"symbol": f"{asset}USD", "time": exchange.clock.now_ms(), "index": fixed(index, 8)}
    for name, sign in (("bid", -1), ("ask", 1)):
        rate = fixed(index * (1 + sign * buffer), 8)
        row |= {f"{name}Buffer": fixed(buffer, 8), f"{name}Rate": rate}
        row |= {f"autoExchange{name.title()}Buffer": fixed(buffer, 8), f"autoExchange{name.title()}Rate": rate}
    return row


def routes() -> list[Route]:
    """The public routes about participants."""
    ratios = ("globalLongShortAccountRatio", "topLongShortAccountRatio", "topLongShortPositionRatio")
    listed: tuple[tuple[str, Handler, Weight], ...] = (
        ("GET /fapi/v1/openInterest", open_interest, 1),
        ("GET /fapi/v1/constituents", constituents, 2),
        ("GET /fapi/v1/indexInfo", composite_indices, 1),
        ("GET /fapi/v1/assetIndex", asset_indices, by_symbol(1, 10)),
        ("GET /fapi/v1/insuranceBalance", insurance, 1),
        ("GET /fapi/v1/symbolAdlRisk", adl_risk, 1),
        ("GET /fapi/v1/tradingSchedule", schedule, 5),
        ("GET /futures/data/openInterestHist", interest_history, 0),
        ("GET /futures/data/takerlongshortRatio", taker_volume, 0),
        ("GET /futures/data/basis", basis, 0),
        ("GET /futures/data/delivery-price", settlement_prices, 0),
        *((f"GET /futures/data/{name}", account_ratio, 0) for name in ratios),
    )
    return [Route(key, handler, weight, signed=False) for key, handler, weight in listed]
