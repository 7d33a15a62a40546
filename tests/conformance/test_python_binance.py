"""python-binance's AsyncClient takes the simulator for the exchange."""

from decimal import Decimal

import pytest

from tests.conformance.driver import Seen

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("clients")]


def test_nothing_was_logged_as_a_warning(python_binance: Seen) -> None:
    assert python_binance.warnings == []


def test_market_data(python_binance: Seen) -> None:
    values = python_binance.values
    day = {name: Decimal(str(values["day"][name])) for name in ("lastPrice", "openPrice", "priceChange", "lowPrice")}
    assert values["mark"] == "64000.00000000"
    assert day["lastPrice"] - day["openPrice"] == day["priceChange"]
    assert day["lowPrice"] <= day["lastPrice"] == 64000
    assert values["hours"] == values["walked"] == 48


def test_settings_come_back_as_they_were_made(python_binance: Seen) -> None:
    assert (python_binance.values["multi"], python_binance.values["hedge"]) == (True, True)


def test_a_position_is_opened_reduced_and_closed(python_binance: Seen) -> None:
    values = python_binance.values
    assert values["opened"] == ["NEW", "FILLED", "0.100"]
    assert values["position"] == ["0.060", "64006.4"]
    assert values["closed"] == 0
    assert values["fills"] == [
        ["BUY", "0.100", "64006.40", "3.20032"],
        ["SELL", "0.040", "63993.60", "1.279872"],
        ["SELL", "0.060", "63993.60", "1.919808"],
    ]
    assert values["refused"] == [-2022, 400]


def test_conditional_and_resting_orders(python_binance: Seen) -> None:
    values = python_binance.values
    assert (values["stop"], values["waiting"], values["asked"]) == ("NEW", 2, "NEW")
    assert (values["canceled_stop"], values["canceled_stops"]) == ("200", 200)
    assert (values["changed"], values["open"], values["canceled"]) == ("0.200", 3, "CANCELED")
    assert (values["canceled_all"], values["countdown"], values["orders"]) == (200, "0", 5)
    assert (values["batch"], values["batch_canceled"]) == (["NEW", "NEW"], ["CANCELED", "CANCELED"])


def test_sockets(python_binance: Seen) -> None:
    values = python_binance.values
    assert values["user_events"] == ["ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE", "TRADE_LITE"]
    events = {
        "symbol_mark_price_socket": "markPriceUpdate",
        "all_mark_price_socket": "markPriceUpdate",
        "aggtrade_futures_socket": "aggTrade",
        "symbol_ticker_futures_socket": "bookTicker",
        "futures_depth_socket": "depthUpdate",
    }
    assert {name: values[name] for name in events} == events
