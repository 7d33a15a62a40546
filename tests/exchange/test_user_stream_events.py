"""The user stream's messages, in the shapes that the exchange documents."""

import json
from decimal import Decimal
from typing import Any

import pytest

from contracts.order import OrderSide, PositionSide, Trade
from exchange.user_stream_events import KeyExpired, OrderNews, OtherNews, PositionNews, read_event
from exchange.wire import UnreadableAnswer

ORDER: dict[str, Any] = {
    "s": "BTCUSDT",
    "c": "hv-a-full-1",
    "S": "SELL",
    "o": "MARKET",
    "f": "GTC",
    "q": "0.002",
    "p": "0",
    "ap": "64123.15",
    "sp": "0",
    "x": "TRADE",
    "X": "FILLED",
    "i": 8886774000000000123,
    "l": "0.001",
    "z": "0.002",
    "L": "64123.10",
    "N": "USDT",
    "n": "0.03206155",
    "T": 1800000000123,
    "t": 5123456789,
    "b": "0",
    "a": "0",
    "m": False,
    "R": True,
    "wt": "CONTRACT_PRICE",
    "ot": "MARKET",
    "ps": "BOTH",
    "cp": False,
    "rp": "-1.25000000",
    "pP": False,
    "si": 0,
    "ss": 0,
    "V": "EXPIRE_MAKER",
    "pm": "NONE",
    "gtd": 0,
    "er": "0",
}
FILL = Trade(
    trade_id=5123456789,
    order_id=8886774000000000123,
    side=OrderSide.SELL,
    position_side=PositionSide.BOTH,
    price=Decimal("64123.10"),
    quantity=Decimal("0.001"),
    realized_pnl=Decimal("-1.25"),
    commission=Decimal("0.03206155"),
    commission_asset="USDT",
    maker=False,
    time_ms=1800000000123,
)


def order_update(**changes: object) -> str:
    told = {name: value for name, value in {**ORDER, **changes}.items() if value is not ...}
    return json.dumps({"e": "ORDER_TRADE_UPDATE", "T": 1, "E": 2, "o": told})


def test_a_fill() -> None:
    assert read_event(order_update()) == OrderNews("BTCUSDT", 8886774000000000123, "hv-a-full-1", "FILLED", FILL)


@pytest.mark.parametrize("execution", ["NEW", "CANCELED", "EXPIRED", "AMENDMENT", "CALCULATED"])
def test_an_order_that_changed_without_a_fill_of_its_own(execution: str) -> None:
    event = read_event(order_update(x=execution, n=..., N=..., X="NEW"))

    assert event == OrderNews("BTCUSDT", 8886774000000000123, "hv-a-full-1", "NEW")


def test_positions_that_changed() -> None:
    rows = [{"s": "BTCUSDT", "pa": "0", "ps": "LONG"}, {"s": "BTCUSDT", "pa": "-1", "ps": "SHORT"}, {"s": "ETHUSDT"}]

    event = read_event(json.dumps({"e": "ACCOUNT_UPDATE", "E": 2, "T": 1, "a": {"m": "ORDER", "B": [], "P": rows}}))

    assert event == PositionNews(("BTCUSDT", "ETHUSDT"))


def test_funding_changes_no_position() -> None:
    assert read_event('{"e":"ACCOUNT_UPDATE","a":{"m":"FUNDING_FEE","B":[{"a":"USDT"}]}}') == PositionNews(())


def test_the_end_of_a_key() -> None:
    assert read_event('{"e":"listenKeyExpired","E":1,"listenKey":"abc"}') == KeyExpired("abc")
    assert read_event('{"e":"listenKeyExpired","E":1}') == KeyExpired(None)


@pytest.mark.parametrize("kind", ["TRADE_LITE", "ALGO_UPDATE", "MARGIN_CALL", "ACCOUNT_CONFIG_UPDATE", "SOMETHING_NEW"])
def test_what_concerns_no_fill_and_no_position(kind: str) -> None:
    assert read_event(json.dumps({"e": kind, "E": 1, "o": {}})) == OtherNews(kind)


def test_the_wrapping_of_a_combined_stream() -> None:
    assert read_event(f'{{"stream":"key","data":{order_update()}}}') == read_event(order_update())


@pytest.mark.parametrize(
    "message",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"e":7}',
        '{"e":"ORDER_TRADE_UPDATE"}',
        '{"e":"ACCOUNT_UPDATE","a":[]}',
        '{"e":"ACCOUNT_UPDATE","a":{"P":[{}]}}',
        '{"e":"listenKeyExpired","listenKey":7}',
        '{"stream":"x","data":[]}',
        *(
            order_update(**{field: ...})
            for field in ("s", "c", "i", "x", "X", "S", "ps", "l", "L", "n", "N", "rp", "t", "T", "m")
        ),
        order_update(S="HOLD"),
        order_update(ps="NONE"),
        order_update(l="NaN"),
        order_update(rp="1e999999999"),
        order_update(l="1e-400"),
        order_update(t=True),
        order_update(t="1.5"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_it(message: str) -> None:
    with pytest.raises(UnreadableAnswer):
        read_event(message)
