"""Drives ccxt's binanceusdm through every unified method that concerns USD-M futures, then its remaining raw routes.

Run in the clients' environment: python -m tests.conformance.drive_ccxt http://127.0.0.1:18080
"""

import re
import sys
from dataclasses import dataclass
from typing import Any

import ccxt

from tests.conformance.absent import ABSENT
from tests.conformance.report import API_KEY, API_SECRET, Report, Warnings, steer

MARKET, SYMBOL = "BTC/USDT:USDT", "BTCUSDT"
HOST = "https://fapi.binance.com"
Row = dict[str, Any]


VERBS = ("POST", "GET", "PUT", "DELETE")
PAIR = {"pair": SYMBOL, "contractType": "PERPETUAL", "interval": "1m", "period": "5m"}
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "60000", "timeInForce": "GTC"}
RAW: dict[str, Row] = {
    "GET /fapi/v1/continuousKlines": PAIR,
    "GET /futures/data/basis": PAIR,
    "GET /futures/data/delivery-price": PAIR,
    "GET /futures/data/topLongShortAccountRatio": {"symbol": SYMBOL, "period": "5m"},
    "GET /futures/data/topLongShortPositionRatio": {"symbol": SYMBOL, "period": "5m"},
    "GET /futures/data/takerlongshortRatio": {"symbol": SYMBOL, "period": "5m"},
    "GET /fapi/v1/assetIndex": {"symbol": "BTCUSD"},
    "GET /fapi/v1/indexInfo": {},
    "POST /fapi/v1/order/test": LIMIT,
    "POST /fapi/v1/countdownCancelAll": {"symbol": SYMBOL, "countdownTime": 0},
    "POST /fapi/v1/multiAssetsMargin": {"multiAssetsMargin": "true"},
    "POST /fapi/v1/feeBurn": {"feeBurn": "true"},
}


@dataclass(frozen=True)
class Raw:
    """A route as ccxt lists it."""

    section: str
    path: str
    method: str
    route: str

    @property
    def name(self) -> str:
        """ccxt's own name of the call."""
        parts = [
            part.capitalize() if part.islower() else part[0].upper() + part[1:] for part in re.split("[/-]", self.path)
        ]
        return f"{self.section}{self.method.capitalize()}{''.join(parts)}"


def _routes(api: Row) -> dict[str, Raw]:
    """Everything that ccxt knows of USD-M futures. What it lists as public and as private is private."""
    found = {}
    for section, methods in api.items():
        for method, paths in methods.items():
            for path in paths:
                route = f"{method.upper()} {_base(section)}/{path}"
                found[route] = Raw(section, path, method.upper(), route)
    return {route: raw for route, raw in found.items() if raw.section.startswith("fapi")}


def _base(section: str) -> str:
    if section == "fapiData":
        return "/futures/data"
    version = section[-1] if section[-1].isdigit() else "1"
    return f"/{section[:4]}/v{version}"


def _book(book: Row) -> list[list[float]]:
    return [[price, quantity] for side in ("bids", "asks") for price, quantity in book[side][:2]]


def _position(row: Row) -> list[object]:
    return [row["side"], row["contracts"], row["entryPrice"], row["leverage"], row["marginMode"]]


class Driven(ccxt.binanceusdm):  # type: ignore[misc]
    """ccxt as it comes, with a note of each request."""

    report: Report

    def fetch(self, url: str, method: str = "GET", headers: Row | None = None, body: str | None = None) -> Any:
        """Note the request and send it."""
        self.report.reached(method, url)
        return super().fetch(url, method, headers, body)

    def get_exceptions_by_url(self, url: str, exactOrBroad: str) -> Any:  # noqa: ARG002, N803 - ccxt's own names
        """It chooses a table of errors by the real exchange's host; on another host it would choose none."""
        return self.exceptions["linear"].get(exactOrBroad, {})


class Drive:
    """One run."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.report = Report(f"ccxt {ccxt.__version__}")
        options = {"fetchCurrencies": False, "fetchMargins": False, "warnOnFetchOpenOrdersWithoutSymbol": False}
        self.ex = Driven({"apiKey": API_KEY, "secret": API_SECRET, "enableRateLimit": False, "options": options})
        self.ex.report = self.report
        self.ex.urls["api"] = {name: each.replace(HOST, url) for name, each in self.ex.urls["api"].items()}
        self.report.known = sorted(_routes(self.ex.api))

    def do(self, name: str, *arguments: Any, **params: Any) -> Any:
        """Call a method of ccxt."""
        return self.report.drive(name, lambda: getattr(self.ex, name)(*arguments, **params))

    def market_data(self) -> None:
        """Everything that needs no key."""
        values = self.report.values
        values["markets"] = sorted(self.do("load_markets"))
        values["skew_ms"] = abs(self.do("fetch_time") - self.ex.milliseconds())
        values["ticker"] = self.do("fetch_ticker", MARKET)["last"]
        values["tickers"] = len(self.do("fetch_tickers"))
        values["book"] = _book(self.do("fetch_order_book", MARKET, 5))
        values["candles"] = self.do("fetch_ohlcv", MARKET, "5m", None, 500)
        for name in ("fetch_mark_ohlcv", "fetch_index_ohlcv", "fetch_premium_index_ohlcv"):
            values[name] = len(self.do(name, MARKET, "1h", None, 24))
        values["public_trades"] = len(self.do("fetch_trades", MARKET, None, 50))
        values["last_price"] = self.do("fetch_last_prices", [MARKET])[MARKET]["price"]
        values["touch"] = [self.do("fetch_bids_asks", [MARKET])[MARKET][side] for side in ("bid", "ask")]
        values["mark"] = self.do("fetch_mark_price", MARKET)["markPrice"]
        values["marks"] = len(self.do("fetch_mark_prices"))
        self._funding_and_interest()

    def _funding_and_interest(self) -> None:
        values = self.report.values
        values["funding"] = self.do("fetch_funding_rate", MARKET)["fundingRate"]
        values["fundings"] = len(self.do("fetch_funding_rates"))
        values["funding_history"] = len(self.do("fetch_funding_rate_history", MARKET, None, 10))
        values["funding_interval"] = self.do("fetch_funding_interval", MARKET)["interval"]
        values["interest"] = self.do("fetch_open_interest", MARKET)["openInterestAmount"]
        values["interests"] = len(self.do("fetch_open_interest_history", MARKET, "5m", None, 12))
        values["ratios"] = len(self.do("fetch_long_short_ratio_history", MARKET, "5m", None, 12))
        values["adl_risk"] = self.do("fetch_adl_rank", MARKET)["rating"]

    def account(self) -> None:
        """Settings and money."""
        values = self.report.values
        values["balance"] = self.do("fetch_balance")["USDT"]["total"]
        values["hedged"] = self.do("fetch_position_mode")["hedged"]
        self.do("set_position_mode", True)
        values["then_hedged"] = self.do("fetch_position_mode")["hedged"]
        self.do("set_position_mode", False)
        values["set_leverage"] = self.do("set_leverage", 10, MARKET)["leverage"]
        values["leverage"] = self.do("fetch_leverage", MARKET)["longLeverage"]
        self.do("set_margin_mode", "isolated", MARKET)
        values["margin_mode"] = self.do("fetch_margin_mode", MARKET)["marginMode"]
        values["margin_modes"] = len(self.do("fetch_margin_modes"))
        values["leverages"] = len(self.do("fetch_leverages"))
        values["tiers"] = len(self.do("fetch_leverage_tiers")[MARKET])
        values["market_tiers"] = len(self.do("fetch_market_leverage_tiers", MARKET))
        fee = self.do("fetch_trading_fee", MARKET)
        values["fee"] = [fee["maker"], fee["taker"]]
        values["fees"] = len(self.do("fetch_trading_fees"))

    def isolated(self) -> None:
        """A position with a wallet of its own."""
        values = self.report.values
        self.do("create_order", MARKET, "market", "buy", 0.1)
        self.do("add_margin", MARKET, 100)
        self.do("reduce_margin", MARKET, 40)
        rows = self.do("fetch_margin_adjustment_history", MARKET)
        values["margin_changes"] = sorted((row["type"], row["amount"]) for row in rows)
        values["isolated"] = self._position()["marginMode"]
        self.do("create_order", MARKET, "market", "sell", 0.1, None, {"reduceOnly": True})
        self.do("set_margin_mode", "cross", MARKET)

    def trade(self) -> None:
        """Open, reduce, stop, be stopped; then limits and cancels."""
        values = self.report.values
        opened = self.do("create_market_buy_order", MARKET, 0.1)
        values["opened"] = [opened["status"], opened["filled"]]
        values["position"] = _position(self._position())
        reduced = self.do("create_reduce_only_order", MARKET, "market", "sell", 0.04)
        found = self.do("fetch_order", reduced["id"], MARKET)
        values["reduced"] = [found["status"], found["filled"], found["average"], found["reduceOnly"]]
        fills = self.do("fetch_my_trades", MARKET, None, None, {"orderId": reduced["id"]})
        values["fills"] = [[row["amount"], row["price"], row["fee"]["cost"], row["side"]] for row in fills]
        values["then"] = _position(self._position())
        self._stop()
        self._limits()
        self._batches()

    def _stop(self) -> None:
        values = self.report.values
        params = {"reduceOnly": True}
        for name, price in (("create_stop_loss_order", 63000), ("create_take_profit_order", 66000)):
            stop = self.do(name, MARKET, "market", "sell", 0.06, None, price, params)
            trigger = {"trigger": True}
            values[name] = [stop["status"], self.do("fetch_order", stop["id"], MARKET, trigger)["triggerPrice"]]
        values["waiting"] = len(self.do("fetch_open_orders", MARKET, None, None, {"trigger": True}))
        self.do("cancel_order", stop["id"], MARKET, {"trigger": True})
        self.do("create_trailing_percent_order", MARKET, "market", "sell", 0.06, None, 5, None, params)
        steer(self.url, "price", symbol=SYMBOL, price="62000")
        values["stopped"] = len(self.do("fetch_positions", [MARKET]))
        self.do("cancel_all_orders", MARKET, {"trigger": True})
        values["all_stops"] = len(self.do("fetch_orders", MARKET, None, None, {"trigger": True}))
        steer(self.url, "price", symbol=SYMBOL, price="64000")

    def _limits(self) -> None:
        values = self.report.values
        limit = self.do("create_limit_buy_order", MARKET, 0.1, 60000)
        values["limit"] = limit["status"]
        values["edited"] = self.do("edit_order", limit["id"], MARKET, "limit", "buy", 0.2, 60100)["price"]
        values["open"] = [[row["price"], row["amount"]] for row in self.do("fetch_open_orders", MARKET)]
        values["open_order"] = self.do("fetch_open_order", limit["id"], MARKET)["status"]
        values["canceled"] = self.do("cancel_order", limit["id"], MARKET)["status"]
        self.do("create_post_only_order", MARKET, "limit", "buy", 0.1, 60000)
        self.do("cancel_all_orders", MARKET)
        reduce = (MARKET, "market", "sell", 1, None, {"reduceOnly": True})
        values["refused"] = self._refused(lambda: self.ex.create_order(*reduce))
        values["unknown"] = self._refused(lambda: self.ex.fetch_order("1", MARKET))

    def _batches(self) -> None:
        values = self.report.values
        order = {"symbol": MARKET, "type": "limit", "side": "buy", "amount": 0.1}
        placed = self.do("create_orders", [{**order, "price": price} for price in (60000, 60001)])
        rows = [{**order, "id": row["id"], "price": 60002} for row in placed]
        values["edited_batch"] = [row["price"] for row in self.do("edit_orders", rows)]
        canceled = self.do("cancel_orders", [row["id"] for row in placed], MARKET)
        values["canceled_batch"] = [row["status"] for row in canceled]

    def history(self) -> None:
        """What is left of it all."""
        values = self.report.values
        values["orders"] = len(self.do("fetch_orders", MARKET))
        values["closed"] = len(self.do("fetch_closed_orders", MARKET))
        values["canceled_orders"] = len(self.do("fetch_canceled_orders", MARKET))
        trades = self.do("fetch_my_trades", MARKET)
        values["trades"] = [[row["side"], row["amount"], row["price"], row["fee"]["cost"]] for row in trades]
        values["ledger"] = sorted({row["type"] for row in self.do("fetch_ledger", "USDT")})
        values["funding_payments"] = len(self.do("fetch_funding_history", MARKET))
        values["liquidations"] = len(self.do("fetch_my_liquidations", MARKET))
        values["adl"] = len(self.do("fetch_positions_adl_rank"))
        values["risks"] = len(self.do("fetch_positions_risk"))
        values["end_balance"] = self.do("fetch_balance")["USDT"]["total"]

    def rest(self) -> None:
        """Routes that no unified method uses, called as ccxt's raw methods do."""
        reached = {route for routes in self.report.driven.values() for route in routes}
        remaining = [raw for route, raw in _routes(self.ex.api).items() if route not in reached | ABSENT.keys()]
        for each in sorted(remaining, key=lambda each: VERBS.index(each.method)):
            params = RAW.get(each.route, {"symbol": SYMBOL})
            self.report.drive(each.name, lambda each=each, params=params: self._raw(each, params))  # type: ignore[misc]

    def _raw(self, each: "Raw", params: Row) -> Any:
        return self.ex.request(each.path, [each.section], each.method, params)

    def _position(self) -> Row:
        (row,) = self.do("fetch_positions", [MARKET])
        return dict(row)

    def _refused(self, call: Any) -> str:
        try:
            call()
        except ccxt.ExchangeError as error:
            return type(error).__name__
        return "accepted"


def main() -> None:
    """Everything, in the order in which a trader would do it."""
    drive = Drive(sys.argv[1])
    Warnings(drive.report)
    drive.market_data()
    drive.account()
    drive.isolated()
    drive.trade()
    drive.history()
    drive.rest()
    drive.report.finish()


if __name__ == "__main__":
    main()
