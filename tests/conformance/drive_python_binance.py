"""Drives python-binance's AsyncClient through every futures method that the simulator has a route for.

It lives in Harvest's own environment: python -m tests.conformance.drive_python_binance http://127.0.0.1:18080
"""

import asyncio
import sys
from importlib.metadata import version
from typing import Any

from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from tests.conformance.report import API_KEY, API_SECRET, Report, Warnings, steer

BTC, ETH = "BTCUSDT", "ETHUSDT"
SERIES = {"symbol": BTC, "interval": "1h", "limit": 24}
PAIR = {"pair": BTC, "interval": "1h", "limit": 24}
RATIO = {"symbol": BTC, "period": "5m", "limit": 12}
MARKET_DATA: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ping", {}),
    ("get_server_time", {}),
    ("futures_ping", {}),
    ("futures_time", {}),
    ("futures_exchange_info", {}),
    ("futures_order_book", {"symbol": BTC, "limit": 5}),
    ("futures_rpi_depth", {"symbol": BTC}),
    ("futures_recent_trades", {"symbol": BTC, "limit": 5}),
    ("futures_historical_trades", {"symbol": BTC, "limit": 5}),
    ("futures_aggregate_trades", {"symbol": BTC, "limit": 5}),
    ("futures_klines", SERIES),
    ("futures_mark_price_klines", SERIES),
    ("futures_premium_index_klines", SERIES),
    ("futures_index_price_klines", PAIR),
    ("futures_continuous_klines", {**PAIR, "contractType": "PERPETUAL"}),
    ("futures_mark_price", {}),
    ("futures_funding_rate", {"symbol": BTC, "limit": 3}),
    ("futures_v1_get_funding_info", {}),
    ("futures_top_longshort_account_ratio", RATIO),
    ("futures_top_longshort_position_ratio", RATIO),
    ("futures_global_longshort_ratio", RATIO),
    ("futures_taker_longshort_ratio", RATIO),
    ("futures_open_interest", {"symbol": BTC}),
    ("futures_open_interest_hist", RATIO),
    ("futures_ticker", {}),
    ("futures_symbol_ticker", {}),
    ("futures_orderbook_ticker", {"symbol": BTC}),
    ("futures_index_price_constituents", {"symbol": BTC}),
    ("futures_index_info", {}),
    ("futures_v1_get_asset_index", {}),
    ("futures_symbol_adl_risk", {"symbol": BTC}),
)
READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("futures_account", {}),
    ("futures_account_balance", {}),
    ("futures_account_config", {}),
    ("futures_symbol_config", {"symbol": BTC}),
    ("futures_leverage_bracket", {"symbol": BTC}),
    ("futures_commission_rate", {"symbol": BTC}),
    ("futures_api_trading_status", {}),
    ("futures_adl_quantile_estimate", {}),
    ("futures_liquidation_orders", {}),
    ("futures_income_history", {}),
    ("futures_position_margin_history", {"symbol": ETH}),
    ("futures_v1_get_rate_limit_order", {}),
    ("futures_v1_get_fee_burn", {}),
    ("futures_get_multi_assets_mode", {}),
    ("futures_get_position_mode", {}),
)


SOCKETS: tuple[tuple[str, tuple[object, ...], str], ...] = (
    ("futures_user_socket", (), "<listenKey>"),
    ("symbol_mark_price_socket", (BTC,), "<symbol>@markPrice"),
    ("all_mark_price_socket", (), "!markPrice@arr"),
    ("aggtrade_futures_socket", (BTC,), "<symbol>@aggTrade"),
    ("symbol_ticker_futures_socket", (BTC,), "<symbol>@bookTicker"),
    ("futures_depth_socket", (BTC, "5"), "<symbol>@depth<levels>"),
)
"""Method of the socket manager, arguments, the stream as the exchange names it."""


async def _next(socket: Any) -> dict[str, Any]:
    """The next event of a socket, taken out of what the address wraps around it."""
    message = await asyncio.wait_for(socket.recv(), 20)
    data = message.get("data", message)
    return dict(data[0] if isinstance(data, list) else data)


class Driven(AsyncClient):  # type: ignore[misc]
    """The library as it comes, with a note of each request. It has to be told where the exchange is."""

    def __init__(self, url: str, report: Report) -> None:
        super().__init__(API_KEY, API_SECRET)
        self.report = report
        self.API_URL, self.FUTURES_URL, self.FUTURES_DATA_URL = f"{url}/api", f"{url}/fapi", f"{url}/futures/data"

    async def _request(self, method: str, uri: str, *more: Any, **named: Any) -> Any:
        self.report.reached(method.upper(), uri)
        return await super()._request(method, uri, *more, **named)


class Drive:
    """One run."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.report = Report(f"python-binance {version('python-binance')}")
        self.client = Driven(url, self.report)
        names = (name for name in dir(AsyncClient) if name.startswith("futures_"))
        self.report.known = sorted(name for name in names if not name.startswith("futures_coin_"))

    async def do(self, name: str, *arguments: Any, **params: Any) -> Any:
        """Call a method of the library."""
        try:
            return await getattr(self.client, name)(*arguments, **params)
        finally:
            self.report.led(name)

    async def market_data(self) -> None:
        """Everything that needs no key."""
        values = self.report.values
        for name, params in MARKET_DATA:
            await self.do(name, **params)
        values["mark"] = (await self.do("futures_mark_price", symbol=BTC))["markPrice"]
        values["day"] = await self.do("futures_ticker", symbol=BTC)
        hours = await self.do("futures_historical_klines", BTC, "1h", "2 days ago UTC")
        values["hours"] = len(hours)
        walk = await self.do("futures_historical_klines_generator", BTC, "1h", "2 days ago UTC")
        values["walked"] = len([row async for row in walk])
        self.report.led("futures_historical_klines_generator")

    async def account(self) -> None:
        """Settings, read and changed."""
        values = self.report.values
        for name, params in READS:
            await self.do(name, **params)
        await self.do("futures_change_leverage", symbol=BTC, leverage=20)
        await self.do("futures_change_multi_assets_mode", True)
        values["multi"] = (await self.do("futures_get_multi_assets_mode"))["multiAssetsMargin"]
        await self.do("futures_change_multi_assets_mode", False)
        await self.do("futures_v1_post_fee_burn", feeBurn="true")
        await self.do("futures_change_margin_type", symbol=ETH, marginType="ISOLATED")
        await self.do("futures_market_buy_order", symbol=ETH, quantity="1")
        await self.do("futures_change_position_margin", symbol=ETH, amount="25", type=1)
        await self.do("futures_market_sell_order", symbol=ETH, quantity="1", reduceOnly="true")
        await self.do("futures_change_position_mode", dualSidePosition="true")
        values["hedge"] = (await self.do("futures_get_position_mode"))["dualSidePosition"]
        await self.do("futures_change_position_mode", dualSidePosition="false")

    async def trade(self) -> None:
        """Open, reduce, close; stops, limits, batches."""
        values = self.report.values
        market = {"symbol": BTC, "type": "MARKET"}
        await self.do("futures_create_test_order", **market, side="BUY", quantity="0.1")
        opened = await self.do("futures_create_order", **market, side="BUY", quantity="0.1", newClientOrderId="pb-1")
        found = await self.do("futures_get_order", symbol=BTC, origClientOrderId="pb-1")
        values["opened"] = [opened["status"], found["status"], found["executedQty"]]
        await self.do("futures_market_order", symbol=BTC, side="SELL", quantity="0.04", reduceOnly="true")
        (held,) = await self.do("futures_position_information", symbol=BTC)
        values["position"] = [held["positionAmt"], held["entryPrice"]]
        await self._stops()
        await self._limits()
        await self._batches()
        await self.do("futures_create_order", **market, side="SELL", quantity="0.06", reduceOnly="true")
        values["closed"] = len(await self.do("futures_position_information", symbol=BTC))
        fills = await self.do("futures_account_trades", symbol=BTC)
        values["fills"] = [[row["side"], row["qty"], row["price"], row["commission"]] for row in fills]
        values["refused"] = await self._refused(**market, side="SELL", quantity="1", reduceOnly="true")

    async def _stops(self) -> None:
        values = self.report.values
        stop = {"symbol": BTC, "side": "SELL", "quantity": "0.06", "reduceOnly": "true"}
        first = {"type": "STOP_MARKET", "stopPrice": "63000", "clientAlgoId": "pb-stop"}
        values["stop"] = (await self.do("futures_create_order", **stop, **first))["algoStatus"]
        second = {"type": "TAKE_PROFIT_MARKET", "triggerPrice": "66000", "clientAlgoId": "pb-profit"}
        await self.do("futures_create_algo_order", **stop, **second)
        values["waiting"] = len(await self.do("futures_get_open_algo_orders", symbol=BTC))
        values["asked"] = (await self.do("futures_get_algo_order", clientAlgoId="pb-stop"))["algoStatus"]
        values["canceled_stop"] = (await self.do("futures_cancel_algo_order", clientAlgoId="pb-stop"))["code"]
        values["canceled_stops"] = (await self.do("futures_cancel_all_algo_open_orders", symbol=BTC))["code"]
        await self.do("futures_get_all_algo_orders", symbol=BTC)

    async def _limits(self) -> None:
        values = self.report.values
        rest = {"symbol": BTC, "quantity": "0.1", "timeInForce": "GTC"}
        limit = await self.do("futures_limit_order", **rest, side="BUY", price="60000")
        await self.do("futures_limit_buy_order", **rest, price="60000")
        await self.do("futures_limit_sell_order", **rest, price="68000")
        change = {"symbol": BTC, "orderId": limit["orderId"], "side": "BUY", "quantity": "0.2", "price": "60100"}
        values["changed"] = (await self.do("futures_modify_order", **change))["origQty"]
        await self.do("futures_v1_get_order_amendment", symbol=BTC)
        await self.do("futures_v1_get_open_order", symbol=BTC, orderId=limit["orderId"])
        values["open"] = len(await self.do("futures_get_open_orders", symbol=BTC))
        cancelled = await self.do("futures_cancel_order", symbol=BTC, orderId=limit["orderId"])
        values["canceled"] = cancelled["status"]
        values["canceled_all"] = (await self.do("futures_cancel_all_open_orders", symbol=BTC))["code"]
        countdown = await self.do("futures_countdown_cancel_all", symbol=BTC, countdownTime=0)
        values["countdown"] = countdown["countdownTime"]
        values["orders"] = len(await self.do("futures_get_all_orders", symbol=BTC))

    async def _batches(self) -> None:
        values = self.report.values
        order = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
        orders = [{**order, "price": price} for price in ("60000", "60001")]
        placed = await self.do("futures_place_batch_order", batchOrders=orders)
        values["batch"] = [row["status"] for row in placed]
        ids = [row["orderId"] for row in placed]
        canceled = await self.do("futures_cancel_orders", symbol=BTC, orderidlist=ids)
        values["batch_canceled"] = [row["status"] for row in canceled]

    async def sockets(self) -> None:
        """The user's stream and some of the market's, while a position is opened and closed."""
        ReconnectingWebsocket.TIMEOUT = 1  # seconds after which it looks whether it is to end
        manager = BinanceSocketManager(self.client)
        manager.FSTREAM_URL = f"{self.url.replace('http:', 'ws:')}/"
        for name, arguments, kind in SOCKETS:
            async with getattr(manager, name)(*arguments) as socket:
                if name == "futures_user_socket":
                    self.report.values["user_events"] = await self._user_events(socket)
                else:
                    steer(self.url, "price", symbol=BTC, price="64000")
                    await self._opened_and_closed()
                    self.report.values[name] = (await _next(socket))["e"]
            self.report.streams[name] = [kind]

    async def _user_events(self, socket: Any) -> list[str]:
        await self._opened_and_closed()
        seen: list[str] = []
        while seen.count("ORDER_TRADE_UPDATE") < 4:
            seen.append((await _next(socket))["e"])
        return sorted(set(seen))

    async def _opened_and_closed(self) -> None:
        await self.client.futures_create_order(symbol=BTC, side="BUY", type="MARKET", quantity="0.01")
        await self.client.futures_create_order(
            symbol=BTC, side="SELL", type="MARKET", quantity="0.01", reduceOnly="true"
        )

    async def streams(self) -> None:
        """The life of a listen key."""
        key = await self.do("futures_stream_get_listen_key")
        await self.do("futures_stream_keepalive", listenKey=key)
        await self.do("futures_stream_close", listenKey=key)

    async def _refused(self, **params: Any) -> list[object]:
        try:
            await self.do("futures_create_order", **params)
        except BinanceAPIException as error:
            return [error.code, error.status_code]
        return []


async def run(url: str) -> None:
    """Everything, in the order in which a trader would do it."""
    drive = Drive(url)
    Warnings(drive.report)
    try:
        await drive.market_data()
        await drive.account()
        await drive.trade()
        await drive.sockets()
        await drive.streams()
    finally:
        await drive.client.close_connection()
    drive.report.finish()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
