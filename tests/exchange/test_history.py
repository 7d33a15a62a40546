"""Paging, against an exchange that cuts at 1000 rows; at which end is the test's choice, since nobody documents it."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest

from exchange.binance import BinanceExchange
from exchange.history import History
from exchange.reads import Reads
from exchange.spans import MARGIN_MS, RECENT_MS
from tests.exchange.samples import Row, order_row, trade_row

DAY_MS = 24 * 3_600_000
NOW_MS = 1_800_000_000_000
Cut = Literal["oldest first", "newest first"]


class CutClient:
    """The three calls that history makes, answered from lists."""

    def __init__(self, trades: list[Row], orders: list[Row], cut: Cut) -> None:
        self._trades, self._all_orders, self._cut = trades, orders, cut
        self.calls: list[dict[str, Any]] = []

    async def futures_account_trades(self, **asked: Any) -> list[Row]:
        if "fromId" in asked:
            assert "startTime" not in asked
            self._check(asked)
            return [row for row in self._trades if row["id"] >= asked["fromId"]][: asked["limit"]]
        if "orderId" in asked:
            return self._page([row for row in self._trades if row["orderId"] == asked["orderId"]], asked)
        return self._page(self._within(self._trades, asked), asked)

    async def futures_get_all_orders(self, **asked: Any) -> list[Row]:
        return self._page(self._within(self._all_orders, asked), asked)

    async def futures_get_order(self, **asked: Any) -> Row:
        return next(row for row in self._all_orders if row["orderId"] == asked["orderId"])

    def _check(self, asked: dict[str, Any]) -> None:
        assert asked["limit"] <= 1000
        self.calls.append(asked)

    def _within(self, rows: list[Row], asked: dict[str, Any]) -> list[Row]:
        assert asked["endTime"] - asked["startTime"] < 7 * DAY_MS
        return [row for row in rows if asked["startTime"] <= row["time"] <= asked["endTime"]]

    def _page(self, rows: list[Row], asked: dict[str, Any]) -> list[Row]:
        self._check(asked)
        return rows[: asked["limit"]] if self._cut == "oldest first" else rows[-asked["limit"] :]


class PlainReads(Reads):
    """Asks without turning anything into anything."""

    def __init__(self) -> None:
        pass


Make = Callable[..., tuple[History, CutClient]]


@pytest.fixture(params=["oldest first", "newest first"])
def make(request: pytest.FixtureRequest) -> Make:
    def _make(trades: list[Row] | None = None, orders: list[Row] | None = None) -> tuple[History, CutClient]:
        client = CutClient(trades or [], orders or [], request.param)
        return History(client, PlainReads()), client  # type: ignore[arg-type]

    return _make


@pytest.fixture
def unpatched(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(_self: Reads, request: Awaitable[object]) -> object:
        return await request

    monkeypatch.setattr(Reads, "ask", ask)


pytestmark = pytest.mark.usefixtures("unpatched")


async def test_more_than_a_page_of_trades(make: Make) -> None:
    trades = [trade_row(number, time=NOW_MS - DAY_MS + number * 100) for number in range(1, 3501)]
    history, _ = make(trades)
    found = await history.trades("ETHUSDT", None, None, NOW_MS)
    assert [trade.trade_id for trade in found] == list(range(1, 3501))


async def test_a_span_longer_than_the_exchange_allows(make: Make) -> None:
    trades = [trade_row(number, time=NOW_MS - 29 * DAY_MS + number * DAY_MS) for number in range(1, 29)]
    history, client = make(trades)
    found = await history.trades("ETHUSDT", NOW_MS - 30 * DAY_MS, NOW_MS, NOW_MS)
    assert len(found) == 28
    assert len(client.calls) == 5


async def test_bounds_are_included(make: Make) -> None:
    history, _ = make([trade_row(number, time=NOW_MS + number) for number in range(5)])
    found = await history.trades("ETHUSDT", NOW_MS + 1, NOW_MS + 3, NOW_MS)
    assert [trade.trade_id for trade in found] == [1, 2, 3]


async def test_a_slow_clock_of_ours_hides_nothing(make: Make) -> None:
    history, _ = make([trade_row(1, time=NOW_MS + 30_000)])
    assert len(await history.trades("ETHUSDT", None, None, NOW_MS)) == 1


async def test_the_common_case_is_one_call(make: Make) -> None:
    history, client = make([trade_row(1, time=NOW_MS)])
    await history.trades("ETHUSDT", None, None, NOW_MS)
    await history.trades("ETHUSDT", NOW_MS - 1000, None, NOW_MS)
    assert len(client.calls) == 2


async def test_no_trade_is_lost_between_a_read_without_a_span_and_the_next_older_one(make: Make) -> None:
    """A minute was: the only trade of a position, seven days old less half a minute, was in neither."""
    edge = NOW_MS - 7 * DAY_MS
    trades = [trade_row(number, time=edge + number * 1000) for number in range(-90, 91)]
    history, client = make(trades)
    found = await history.trades("ETHUSDT", None, None, NOW_MS)
    set_back = NOW_MS - 30_000  # our clock, corrected meanwhile
    for later in (set_back, NOW_MS, NOW_MS + 600_000):
        older = await history.trades("ETHUSDT", None, later - RECENT_MS, later)
        assert {trade.trade_id for trade in (*found, *older)} == set(range(-90, 91))
    assert len(client.calls) == 4
    assert client.calls[0]["startTime"] == edge + MARGIN_MS + 1


async def test_from_an_id(make: Make) -> None:
    history, client = make([trade_row(number * 7) for number in range(1, 2501)])
    found = await history.trades_from("ETHUSDT", 14)
    assert [trade.trade_id for trade in found] == [number * 7 for number in range(2, 2501)]
    assert len(client.calls) == 3


async def test_exactly_one_page_from_an_id(make: Make) -> None:
    history, client = make([trade_row(number) for number in range(1, 1001)])
    assert len(await history.trades_from("ETHUSDT", 1)) == 1000
    assert len(client.calls) == 2


async def test_many_orders(make: Make) -> None:
    orders = [order_row(orderId=number, time=NOW_MS - number * 600_000) for number in range(1, 2201)]
    history, _ = make(orders=sorted(orders, key=lambda row: row["time"]))
    found = await history.orders("ETHUSDT", NOW_MS - 20 * DAY_MS, NOW_MS)
    assert [order.order_id for order in found] == list(range(1, 2201))


async def test_trades_of_orders(make: Make) -> None:
    history, client = make([trade_row(number, orderId=number % 3) for number in range(1, 10)])
    found = await history.trades_of_orders("ETHUSDT", [1, 2, 1])
    assert [trade.trade_id for trade in found] == [1, 2, 4, 5, 7, 8]
    assert len(client.calls) == 2
    assert await history.trades_of_orders("ETHUSDT", []) == ()


async def test_an_order_with_more_fills_than_a_page() -> None:
    """Its sums would be wrong: quantity, fee and profit of a close are published from them (R70)."""
    trades = [trade_row(number, time=NOW_MS - 5_000 + number) for number in range(1, 2501)]
    client = CutClient(trades, [order_row(time=NOW_MS - 5_000, updateTime=NOW_MS)], "newest first")
    history = History(client, PlainReads())  # type: ignore[arg-type]
    found = await history.trades_of_orders("ETHUSDT", [77])
    assert len(found) == 2500


async def test_a_page_within_one_millisecond() -> None:
    trades = [trade_row(number, time=NOW_MS) for number in range(1, 2501)] + [trade_row(2501, time=NOW_MS + 1)]
    client = CutClient(trades, [order_row(time=NOW_MS, updateTime=NOW_MS)], "oldest first")
    history = History(client, PlainReads())  # type: ignore[arg-type]
    found = await history.trades("ETHUSDT", NOW_MS, NOW_MS, NOW_MS)
    assert [trade.trade_id for trade in found] == list(range(1, 2501))


def test_the_adapter_offers_it() -> None:
    assert all(hasattr(BinanceExchange, name) for name in ("orders_since", "recent_trades", "trades_from"))
