"""ccxt's binanceusdm takes the simulator for the exchange, and understands it rightly."""

from itertools import pairwise

import pytest

from simulator.symbols import default_symbols
from tests.conformance.driver import Seen

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("clients")]
ASK, BID = 64006.4, 63993.6  # one basis point around 64000, outwards to the tick
TAKER = 0.0005
FIVE_MINUTES = 5 * 60 * 1000


def test_nothing_was_logged_as_a_warning(ccxt: Seen) -> None:
    assert ccxt.warnings == []


def test_every_contract_is_a_market(ccxt: Seen) -> None:
    assert ccxt.values["markets"] == sorted(f"{rules.base}/USDT:USDT" for rules in default_symbols().values())


def test_prices_are_those_of_the_book(ccxt: Seen) -> None:
    values = ccxt.values
    assert values["mark"] == values["ticker"] == values["last_price"] == 64000
    assert values["touch"] == [BID, ASK]
    assert [price for price, _ in values["book"]] == [BID, BID - 0.1, ASK, ASK + 0.1]
    assert (values["funding"], values["funding_interval"]) == (0.0001, "8h")
    assert abs(values["skew_ms"]) < 1000


def test_five_hundred_candles_are_there_from_the_start_and_hang_together(ccxt: Seen) -> None:
    candles = ccxt.values["candles"]
    assert len(candles) == 500
    assert {later[0] - earlier[0] for earlier, later in pairwise(candles)} == {FIVE_MINUTES}
    assert all(low <= min(start, end) <= max(start, end) <= high for _, start, high, low, end, _ in candles)
    assert all(earlier[4] == later[1] for earlier, later in pairwise(candles))
    assert candles[-1][4] == 64000
    assert len({candle[4] for candle in candles}) > 300


def test_lists_have_as_many_rows_as_were_asked_for(ccxt: Seen) -> None:
    wanted = {"fetch_mark_ohlcv": 24, "fetch_index_ohlcv": 24, "fetch_premium_index_ohlcv": 24, "public_trades": 50}
    wanted |= {"funding_history": 10, "interests": 12, "ratios": 12}
    wanted |= dict.fromkeys(("tickers", "marks", "fundings", "fees", "leverages", "margin_modes"), 15)
    assert {name: ccxt.values[name] for name in wanted} == wanted


def test_settings_come_back_as_they_were_made(ccxt: Seen) -> None:
    values = ccxt.values
    assert (values["hedged"], values["then_hedged"]) == (False, True)
    assert (values["set_leverage"], values["leverage"]) == (10, 10)
    assert (values["margin_mode"], values["isolated"]) == ("isolated", "isolated")
    assert values["margin_changes"] == [["add", 100], ["reduce", 40]]
    assert values["fee"] == [0.0002, TAKER]
    assert values["tiers"] == values["market_tiers"] == 12


def test_a_position_is_opened_reduced_and_stopped(ccxt: Seen) -> None:
    values = ccxt.values
    assert values["opened"] == ["closed", 0.1]
    assert values["position"][:3] == ["long", 0.1, ASK]
    assert values["reduced"] == ["closed", 0.04, BID, True]
    assert values["fills"] == [[0.04, BID, pytest.approx(0.04 * BID * TAKER), "sell"]]
    assert values["then"][:3] == ["long", 0.06, ASK]
    assert values["create_stop_loss_order"] == ["open", 63000]
    assert values["create_take_profit_order"] == ["open", 66000]
    assert (values["waiting"], values["stopped"], values["all_stops"]) == (2, 0, 3)


def test_resting_orders_are_changed_and_cancelled_one_by_one_and_together(ccxt: Seen) -> None:
    values = ccxt.values
    assert (values["limit"], values["edited"], values["open"]) == ("open", 60100, [[60100, 0.2]])
    assert (values["open_order"], values["canceled"]) == ("open", "canceled")
    assert (values["edited_batch"], values["canceled_batch"]) == ([60002, 60002], ["canceled", "canceled"])


def test_refusals_arrive_as_ccxts_own_errors(ccxt: Seen) -> None:
    assert (ccxt.values["refused"], ccxt.values["unknown"]) == ("InvalidOrder", "OrderNotFound")


def test_history_and_wallet_agree(ccxt: Seen) -> None:
    values = ccxt.values
    trades = values["trades"]
    assert [(side, amount) for side, amount, _, _ in trades] == [
        ("buy", 0.1), ("sell", 0.1), ("buy", 0.1), ("sell", 0.04), ("sell", 0.06),
    ]  # fmt: skip
    assert all(fee == pytest.approx(amount * price * TAKER) for _, amount, price, fee in trades)
    cash = sum((1 if side == "sell" else -1) * amount * price - fee for side, amount, price, fee in trades)
    assert values["end_balance"] == pytest.approx(values["balance"] + cash)
    assert (values["orders"], values["closed"], values["canceled_orders"]) == (9, 5, 4)
    assert values["ledger"] == ["commission", "trade"]
