"""Follows the simulator's streams with the exchange's official Python SDK, while its REST client trades.

Run in the clients' environment: python -m tests.conformance.drive_sdk_streams http://127.0.0.1:18080
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketStreams
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from binance_sdk_derivatives_trading_usds_futures.metadata import NAME
from binance_sdk_derivatives_trading_usds_futures.websocket_streams.websocket_streams import (
    DerivativesTradingUsdsFuturesWebSocketStreams,
)

from tests.conformance.report import API_KEY, API_SECRET, Report, Warnings, steer

BTC, ETH = "BTCUSDT", "ETHUSDT"
PATIENCE_SECONDS = 20
STREAMS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("aggregate_trade_streams", "<symbol>@aggTrade", {"symbol": "btcusdt"}),
    ("kline_candlestick_streams", "<symbol>@kline_<interval>", {"symbol": "btcusdt", "interval": "1m"}),
    ("mark_price_stream", "<symbol>@markPrice", {"symbol": "btcusdt", "update_speed": "1s"}),
    ("mark_price_stream_for_all_market", "!markPrice@arr", {"update_speed": "1s"}),
    ("individual_symbol_book_ticker_streams", "<symbol>@bookTicker", {"symbol": "btcusdt"}),
    ("all_book_tickers_stream", "!bookTicker", {}),
    ("partial_book_depth_streams", "<symbol>@depth<levels>", {"symbol": "btcusdt", "levels": 5}),
    ("diff_book_depth_streams", "<symbol>@depth", {"symbol": "btcusdt"}),
)
"""Method of the SDK, the stream as its page names it, arguments."""
USER_EVENTS = {
    "AccountConfigUpdate",
    "AccountUpdate",
    "AlgoUpdate",
    "ListenKeyExpired",
    "MarginCall",
    "OrderTradeUpdate",
    "TradeLite",
}


class Drive:
    """One run."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.report = Report(f"{NAME} {version(NAME)}")
        found = (
            name for name, member in vars(DerivativesTradingUsdsFuturesWebSocketStreams).items() if callable(member)
        )
        self.report.known = sorted(name for name in found if "stream" in name or name in {"user_data", "asset_index"})
        rest = ConfigurationRestAPI(api_key=API_KEY, api_secret=API_SECRET, base_path=url, timeout=10_000, retries=0)
        streams = ConfigurationWebSocketStreams(stream_url=url.replace("http:", "ws:"))
        self.sdk = DerivativesTradingUsdsFutures(config_rest_api=rest, config_ws_streams=streams)
        self.seen: Counter[str] = Counter()
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.arrived = asyncio.Event()

    async def follow(self) -> None:
        """Trade while everything is followed."""
        connection = await self.sdk.websocket_streams.create_connection()
        await asyncio.gather(*(self._follow_market(connection, name, arguments) for name, _, arguments in STREAMS))
        key = (await self._rest("start_user_data_stream")).listen_key
        user = await connection.user_data(key)
        user.on("message", self._user_event)
        await self._trade()
        await self._until(lambda: {name for name, _, _ in STREAMS} <= self.seen.keys(), "a message of every stream")
        steer(self.url, "listen_key_expire")
        await self._until(lambda: self.events.keys() >= USER_EVENTS, "every user event")
        await connection.close_connection(close_session=True)
        self._tell()

    async def _follow_market(self, connection: Any, name: str, arguments: dict[str, Any]) -> None:
        stream = await getattr(connection, name)(**arguments)
        stream.on("message", self._counter(name))

    async def _trade(self) -> None:
        """Something of everything that a user is told about."""
        market = {"symbol": BTC, "type": "MARKET"}
        await self._rest("change_initial_leverage", symbol=BTC, leverage=20)
        await self._rest("change_margin_type", symbol=ETH, margin_type="ISOLATED")
        await self._rest("new_order", **market, side="BUY", quantity=0.1, new_client_order_id="ws-open")
        limit = {
            "symbol": BTC,
            "side": "BUY",
            "type": "LIMIT",
            "time_in_force": "GTC",
            "quantity": 0.1,
            "price": 60000.0,
        }
        resting = await self._rest("new_order", **limit)
        await self._rest("modify_order", symbol=BTC, order_id=resting.order_id, side="BUY", quantity=0.1, price=60100.0)
        await self._rest("cancel_order", symbol=BTC, order_id=resting.order_id)
        stop = {"algo_type": "CONDITIONAL", "symbol": BTC, "side": "SELL", "reduce_only": "true", "quantity": 0.04}
        await self._rest("new_algo_order", **stop, type="STOP_MARKET", trigger_price=63000, client_algo_id="ws-stop")
        await asyncio.to_thread(steer, self.url, "price", symbol=BTC, price="62900")
        await self._rest("new_order", symbol=ETH, side="BUY", type="MARKET", quantity=1)
        await asyncio.to_thread(steer, self.url, "fund", symbol=BTC, rate="0.0001")
        await asyncio.to_thread(steer, self.url, "price", symbol=ETH, price="2386")
        await asyncio.to_thread(steer, self.url, "liquidate", symbol=ETH)

    async def _rest(self, name: str, **arguments: Any) -> Any:
        call = getattr(self.sdk.rest_api, name)
        return await asyncio.to_thread(lambda: call(**arguments).data())

    def _counter(self, name: str) -> Callable[[Any], None]:
        def count(_message: Any) -> None:
            self.seen[name] += 1
            self.arrived.set()

        return count

    def _user_event(self, message: Any) -> None:
        event = message.actual_instance
        kind = type(event).__name__
        if kind not in USER_EVENTS:
            self.report.warnings.append(f"not a user event: {message!r}")
            return
        self.events.setdefault(kind, []).append(event.to_dict())
        self.arrived.set()

    async def _until(self, reached: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not reached():
                    self.arrived.clear()
                    await self.arrived.wait()
        except TimeoutError as error:
            raise TimeoutError(f"{what} did not come; came: {dict(self.seen)}, {list(self.events)}") from error

    def _tell(self) -> None:
        values, orders = self.report.values, [row["o"] for row in self.events["OrderTradeUpdate"]]
        self.report.streams = {name: [stream] for name, stream, _ in STREAMS} | {"user_data": ["<listenKey>"]}
        values["user_events"] = sorted(self.events)
        values["opened"] = [[row["x"], row["X"], row["z"], row["ap"]] for row in orders if row["c"] == "ws-open"]
        values["executions"] = sorted({row["x"] for row in orders})
        values["algo"] = [row["o"]["X"] for row in self.events["AlgoUpdate"]]
        values["reasons"] = sorted({row["a"]["m"] for row in self.events["AccountUpdate"]})
        values["stopped"] = [row["a"]["P"][0]["pa"] for row in self.events["AccountUpdate"] if row["a"]["P"]][:2]


async def main() -> None:
    """Everything."""
    drive = Drive(sys.argv[1])
    Warnings(drive.report)
    try:
        await drive.follow()
    except TimeoutError as error:
        error.add_note(f"logged: {drive.report.warnings}")
        raise
    drive.report.finish()


if __name__ == "__main__":
    asyncio.run(main())
