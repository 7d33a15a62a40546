"""Drives the exchange's official Python SDK through every REST method that the simulator has a route for.

Run in the clients' environment: python -m tests.conformance.drive_sdk http://127.0.0.1:18080
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import requests
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from binance_sdk_derivatives_trading_usds_futures.metadata import NAME
from binance_sdk_derivatives_trading_usds_futures.rest_api import api
from binance_sdk_derivatives_trading_usds_futures.rest_api.models import (
    ModifyMultipleOrdersBatchOrdersParameterInner as Change,
)
from binance_sdk_derivatives_trading_usds_futures.rest_api.models import (
    PlaceMultipleOrdersBatchOrdersParameterInner as Placed,
)

from tests.conformance.report import API_KEY, API_SECRET, Report, Warnings, steer

BTC, ETH = "BTCUSDT", "ETHUSDT"
PAIR = {"pair": BTC, "interval": "1h", "limit": 24}
SERIES = {"symbol": BTC, "interval": "1h", "limit": 24}
RATIO = {"symbol": BTC, "period": "5m", "limit": 12}
LIMIT = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "quantity": 0.1, "time_in_force": "GTC"}
MARKET_DATA: tuple[tuple[str, dict[str, Any]], ...] = (
    ("test_connectivity", {}),
    ("check_server_time", {}),
    ("exchange_information", {}),
    ("order_book", {"symbol": BTC, "limit": 5}),
    ("rpi_order_book", {"symbol": BTC, "limit": 5}),
    ("recent_trades_list", {"symbol": BTC, "limit": 5}),
    ("old_trades_lookup", {"symbol": BTC, "limit": 5}),
    ("compressed_aggregate_trades_list", {"symbol": BTC, "limit": 5}),
    ("kline_candlestick_data", SERIES),
    ("mark_price_kline_candlestick_data", SERIES),
    ("premium_index_kline_data", SERIES),
    ("index_price_kline_candlestick_data", PAIR),
    ("continuous_contract_kline_candlestick_data", {**PAIR, "contract_type": "PERPETUAL"}),
    ("mark_price", {"symbol": BTC}),
    ("mark_price", {}),
    ("get_funding_rate_history", {"symbol": BTC, "limit": 3}),
    ("get_funding_rate_info", {}),
    ("ticker24hr_price_change_statistics", {"symbol": BTC}),
    ("ticker24hr_price_change_statistics", {}),
    ("symbol_price_ticker", {"symbol": BTC}),
    ("symbol_price_ticker_v2", {"symbol": BTC}),
    ("symbol_price_ticker_v2", {}),
    ("symbol_order_book_ticker", {"symbol": BTC}),
    ("symbol_order_book_ticker", {}),
    ("open_interest", {"symbol": BTC}),
    ("open_interest_statistics", RATIO),
    ("long_short_ratio", RATIO),
    ("top_trader_long_short_ratio_accounts", RATIO),
    ("top_trader_long_short_ratio_positions", RATIO),
    ("taker_buy_sell_volume", RATIO),
    ("basis", {"pair": BTC, "contract_type": "PERPETUAL", "period": "5m", "limit": 12}),
    ("quarterly_contract_settlement_price", {"pair": BTC}),
    ("query_index_price_constituents", {"symbol": BTC}),
    ("composite_index_symbol_information", {}),
    ("asset_index", {}),
    ("asset_index", {"symbol": "BTCUSD"}),
    ("query_insurance_fund_balance_snapshot", {}),
    ("query_insurance_fund_balance_snapshot", {"symbol": BTC}),
    ("adl_risk", {}),
    ("adl_risk", {"symbol": BTC}),
    ("trading_schedule", {}),
)
READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("account_information_v2", {}),
    ("account_information_v3", {}),
    ("futures_account_balance_v2", {}),
    ("futures_account_balance_v3", {}),
    ("futures_account_configuration", {}),
    ("symbol_configuration", {}),
    ("symbol_configuration", {"symbol": BTC}),
    ("position_information_v2", {}),
    ("position_information_v3", {}),
    ("position_adl_quantile_estimation", {}),
    ("notional_and_leverage_brackets", {}),
    ("notional_and_leverage_brackets", {"symbol": BTC}),
    ("user_commission_rate", {"symbol": BTC}),
    ("query_user_rate_limit", {}),
    ("futures_trading_quantitative_rules_indicators", {}),
    ("get_current_position_mode", {}),
    ("get_current_multi_assets_mode", {}),
    ("get_bnb_burn_status", {}),
    ("current_all_open_orders", {}),
    ("current_all_open_orders", {"symbol": BTC}),
    ("current_all_algo_open_orders", {}),
    ("all_orders", {"symbol": BTC}),
    ("query_all_algo_orders", {"symbol": BTC}),
    ("account_trade_list", {"symbol": BTC}),
    ("get_income_history", {}),
    ("get_order_modify_history", {"symbol": BTC}),
    ("get_position_margin_change_history", {"symbol": ETH}),
    ("users_force_orders", {}),
)


def _routes() -> Iterator[str]:
    """The SDK names each method's route in the documentation of the class behind it."""
    for kind in vars(api).values():
        if isinstance(kind, type):
            for method in vars(kind).values():
                if found := re.search(r"^\s*(GET|POST|PUT|DELETE) (/\S+)$", method.__doc__ or "", re.MULTILINE):
                    yield f"{found[1]} {found[2]}"


class Drive:
    """One run."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.report = Report(f"{NAME} {version(NAME)}")
        self.report.known = sorted(_routes())
        settings = ConfigurationRestAPI(
            api_key=API_KEY, api_secret=API_SECRET, base_path=url, timeout=10_000, retries=0
        )
        self.api = DerivativesTradingUsdsFutures(config_rest_api=settings).rest_api
        self._note_requests()

    def _note_requests(self) -> None:
        plain, report = requests.Session.request, self.report

        def noted(session: requests.Session, method: str, url: str, *more: Any, **named: Any) -> requests.Response:
            report.reached(method, url)
            return plain(session, method, url, *more, **named)

        requests.Session.request = noted  # type: ignore[method-assign, assignment]

    def do(self, name: str, **arguments: Any) -> Any:
        """Call a method of the SDK; the answer as its model."""
        return self.report.drive(name, lambda: getattr(self.api, name)(**arguments).data())

    def read(self) -> None:
        """Everything that changes nothing."""
        for name, arguments in READS:
            self.do(name, **arguments)

    def market_data(self) -> None:
        """Everything that needs no key."""
        for name, arguments in MARKET_DATA:
            self.do(name, **arguments)
        values = self.report.values
        values["symbols"] = len(self.do("exchange_information").symbols)
        values["candles"] = len(self.do("kline_candlestick_data", symbol=BTC, interval="5m", limit=500))
        values["mark"] = self.do("mark_price", symbol=BTC).actual_instance.mark_price

    def settings(self) -> None:
        """Modes, leverage, margin."""
        values = self.report.values
        self.do("change_position_mode", dual_side_position="true")
        values["hedge"] = self.do("get_current_position_mode").dual_side_position
        self.do("change_multi_assets_mode", multi_assets_margin="true")
        values["multi"] = self.do("get_current_multi_assets_mode").multi_assets_margin
        self.do("change_multi_assets_mode", multi_assets_margin="false")
        self.do("toggle_bnb_burn_on_futures_trade", fee_burn="true")
        values["leverage"] = self.do("change_initial_leverage", symbol=BTC, leverage=25).max_notional_value
        self.do("change_margin_type", symbol=ETH, margin_type="ISOLATED")

    def hedge(self) -> None:
        """Both sides of a symbol, one of them isolated; funding, liquidation and deleveraging."""
        values = self.report.values
        for side, position_side, quantity in (("BUY", "LONG", 2), ("SELL", "SHORT", 1)):
            self.do("new_order", symbol=ETH, side=side, type="MARKET", quantity=quantity, position_side=position_side)
        self.do("modify_isolated_position_margin", symbol=ETH, amount=50, type=1, position_side="LONG")
        rows = self.do("position_information_v3", symbol=ETH)
        values["sides"] = [[row.position_side, row.position_amt, row.notional] for row in rows]
        values["adl"] = [row.adl_quantile.to_dict() for row in self.do("position_adl_quantile_estimation")]
        steer(self.url, "fund", symbol=ETH, rate="0.0001")
        values["funding"] = [row.income for row in self.do("get_income_history", income_type="FUNDING_FEE")]
        self.read()
        steer(self.url, "liquidate", symbol=ETH, position_side="LONG")
        steer(self.url, "deleverage", symbol=ETH, position_side="SHORT")
        forced = [[row.side, row.executed_qty] for row in self.do("users_force_orders")]
        values["forced"] = sorted(forced)
        self.do("change_position_mode", dual_side_position="false")

    def trade(self) -> None:
        """Open, reduce, stop, close; limits, changes, batches."""
        values = self.report.values
        self.do("test_order", symbol=BTC, side="BUY", type="MARKET", quantity=0.1)
        opened = self.do(
            "new_order", symbol=BTC, side="BUY", type="MARKET", quantity=0.1,
            new_order_resp_type="RESULT", new_client_order_id="sdk-open",
        )  # fmt: skip
        values["opened"] = [opened.status, opened.executed_qty, opened.client_order_id]
        reduce = {"symbol": BTC, "side": "SELL", "type": "MARKET", "reduce_only": "true"}
        self.do("new_order", **reduce, quantity=0.04, new_client_order_id="sdk-reduce")
        found = self.do("query_order", symbol=BTC, orig_client_order_id="sdk-reduce")
        values["reduced"] = [found.status, found.executed_qty, found.avg_price, found.reduce_only]
        fills = self.do("account_trade_list", symbol=BTC, order_id=found.order_id)
        values["fills"] = [[row.qty, row.price, row.commission, row.realized_pnl] for row in fills]
        (row,) = self.do("position_information_v3", symbol=BTC)
        values["position"] = [row.position_amt, row.entry_price]
        self._stops()
        self._limits()
        self._batches()
        self.read()
        self.do("new_order", **reduce, quantity=0.06)
        values["closed"] = len(self.do("position_information_v3", symbol=BTC))

    def _stops(self) -> None:
        values = self.report.values
        stop = {"algo_type": "CONDITIONAL", "symbol": BTC, "side": "SELL", "reduce_only": "true", "quantity": 0.06}
        placed = self.do("new_algo_order", **stop, type="STOP_MARKET", trigger_price=63000, client_algo_id="sdk-stop")
        values["stop"] = [placed.algo_status, placed.trigger_price]
        self.do("new_algo_order", **stop, type="TRAILING_STOP_MARKET", callback_rate=5)
        self.do("new_algo_order", **stop, type="TAKE_PROFIT", trigger_price=66000, price=65900)
        values["waiting"] = len(self.do("current_all_algo_open_orders", symbol=BTC))
        values["asked"] = self.do("query_algo_order", client_algo_id="sdk-stop").algo_status
        values["canceled_stop"] = self.do("cancel_algo_order", client_algo_id="sdk-stop").code
        values["canceled_stops"] = self.do("cancel_all_algo_open_orders", symbol=BTC).code
        values["all_stops"] = [row.algo_status for row in self.do("query_all_algo_orders", symbol=BTC)]

    def _limits(self) -> None:
        values = self.report.values
        limit = self.do("new_order", **LIMIT, price=60000.0, new_client_order_id="sdk-limit")
        name = {"symbol": BTC, "order_id": limit.order_id}
        values["open"] = self.do("query_current_open_order", **name).status
        changed = self.do("modify_order", **name, side="BUY", quantity=0.2, price=60100.0)
        values["changed"] = [changed.orig_qty, changed.price]
        amended = self.do("get_order_modify_history", symbol=BTC)[0].amendment
        values["amended"] = [amended.price.before, amended.price.after, amended.count]
        values["canceled"] = self.do("cancel_order", **name).status
        self.do("new_order", **LIMIT, price=60000.0)
        values["canceled_all"] = self.do("cancel_all_open_orders", symbol=BTC).code
        countdown = self.do("auto_cancel_all_open_orders", symbol=BTC, countdown_time=0)
        values["countdown"] = countdown.countdown_time

    def _batches(self) -> None:
        values = self.report.values
        order = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": 0.1}
        orders = [Placed.model_validate({**order, "price": price}) for price in (60000.0, 60001.0, 1.0)]
        placed = self.do("place_multiple_orders", batch_orders=orders)
        values["batch"] = [row.status or row.code for row in placed]
        ids = [row.order_id for row in placed if row.order_id]
        change = {"symbol": BTC, "side": "BUY", "quantity": 0.1, "price": 60002.0}
        changes = [Change.model_validate({**change, "orderId": order_id}) for order_id in ids]
        values["batch_changed"] = [row.price for row in self.do("modify_multiple_orders", batch_orders=changes)]
        canceled = self.do("cancel_multiple_orders", symbol=BTC, order_id_list=ids)
        values["batch_canceled"] = [row.status for row in canceled]

    def streams(self) -> None:
        """The life of a listen key."""
        values = self.report.values
        key = self.do("start_user_data_stream").listen_key
        values["same_key"] = self.do("keepalive_user_data_stream").listen_key == key
        self.do("close_user_data_stream")


def main() -> None:
    """Everything, in the order in which a trader would do it."""
    drive = Drive(sys.argv[1])
    Warnings(drive.report)
    drive.market_data()
    drive.read()
    drive.settings()
    drive.hedge()
    drive.trade()
    drive.streams()
    drive.report.finish()


if __name__ == "__main__":
    main()
