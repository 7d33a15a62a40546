"""Reads over real HTTP: which error each kind of trouble becomes, and what the caches save."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from contracts.errors import ExchangeRefused, ExchangeThrottled, ExchangeUnavailable
from exchange.binance import BinanceExchange
from tests.exchange.conftest import endpoint
from tests.exchange.samples import algo_row, order_row, position_row, symbol_row
from tests.exchange.stub_exchange import Answer, StubExchange, now_ms

POSITIONS = "GET /fapi/v3/positionRisk"
ORDER = "GET /fapi/v1/order"
CONFIG = "GET /fapi/v1/accountConfig"
SYMBOLS = "GET /fapi/v1/exchangeInfo"


def refusal(code: int, message: str = "no", status: int = 400) -> Answer:
    return Answer({"code": code, "msg": message}, status)


class TestErrors:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer("<html>", 502),
            Answer("<html>", 200),
            Answer("", 200),
            Answer({"code": 200}, 200),
            Answer([{"symbol": "ETHUSDT"}], 200),
            Answer("Service Unavailable.", 503),
            Answer("Unknown error, please check your request or try again later.", 503),
            refusal(-1007, status=408),
            refusal(-1001, status=503),
            refusal(-1008, status=503),
            Answer([], delay_s=1.3),
            Answer([], cut_body=True),
        ],
        ids=lambda answer: f"{answer.status} {answer.content!s:.30} {answer.delay_s}",
    )
    async def test_not_now(self, exchange: BinanceExchange, stub: StubExchange, answer: Answer) -> None:
        stub.script(POSITIONS, answer)
        with pytest.raises(ExchangeUnavailable):
            await exchange.positions("ETHUSDT")

    async def test_cut_connections(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.always(POSITIONS, Answer(cut=True))
        with pytest.raises(ExchangeUnavailable, match="answer lost"):
            await exchange.positions("ETHUSDT")

    async def test_nobody_listens(self) -> None:
        async with StubExchange() as gone:
            url = gone.url
        adapter = await BinanceExchange.connect(endpoint(url))
        with pytest.raises(ExchangeUnavailable, match="not sent"):
            await adapter.positions("ETHUSDT")
        await adapter.close()

    async def test_refused(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POSITIONS, refusal(-1121, "Invalid symbol."))
        with pytest.raises(ExchangeRefused, match=r"-1121: Invalid symbol\.") as caught:
            await exchange.positions("NOPE")
        assert (caught.value.code, caught.value.message) == (-1121, "Invalid symbol.")

    async def test_throttled_and_then_left_alone(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POSITIONS, Answer({"code": -1003, "msg": "slow"}, 429, {"Retry-After": "3"}))
        with pytest.raises(ExchangeThrottled) as first:
            await exchange.positions("ETHUSDT")
        with pytest.raises(ExchangeThrottled) as second:
            await exchange.open_orders("ETHUSDT")
        assert first.value.retry_after_ms == 3_000
        assert 2_000 < second.value.retry_after_ms <= 3_000
        assert len(stub.calls("GET /fapi/v1/openOrders")) == 0

    async def test_a_wrong_clock_is_set_for_the_next_read(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        """R60. Asking again is the caller's business, and then succeeds."""
        await asyncio.sleep(1.05)
        stub.clock_ahead_ms = 30_000
        stub.script(POSITIONS, refusal(-1021, "Timestamp ahead of the server's time."), Answer([]))
        with pytest.raises(ExchangeUnavailable, match="clock"):
            await exchange.positions("ETHUSDT")
        assert await exchange.positions("ETHUSDT") == ()
        assert abs(int(stub.calls(POSITIONS)[-1].values["timestamp"]) - now_ms() - 30_000) < 1_000

    async def test_reads_are_signed_with_a_short_window(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POSITIONS, Answer([]))
        await exchange.positions("币安人生USDT")
        [sent] = stub.calls(POSITIONS)
        assert sent.genuine
        assert (sent.values["symbol"], sent.values["recvWindow"]) == ("币安人生USDT", "5000")


class TestHedgeMode:
    async def test_cached_until_refreshed(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(CONFIG, Answer({"dualSidePosition": "false"}), Answer({"dualSidePosition": True}))
        assert not await exchange.hedge_mode()
        assert not await exchange.hedge_mode()
        assert await exchange.hedge_mode(refresh=True)
        assert await exchange.hedge_mode()
        assert len(stub.calls(CONFIG)) == 2

    async def test_never_guessed(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(CONFIG, Answer({"canTrade": True}))
        with pytest.raises(ExchangeUnavailable, match="dualSidePosition"):
            await exchange.hedge_mode()


class TestPositions:
    async def test_flat_rows_and_other_symbols_are_dropped(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        rows = [position_row(positionAmt="0.000"), position_row(symbol="BTCUSDT"), position_row(positionAmt="-1.5")]
        stub.script(POSITIONS, Answer(rows))
        [position] = await exchange.positions("ETHUSDT")
        assert position.amount == Decimal("-1.5")
        assert stub.calls(POSITIONS)[0].values["symbol"] == "ETHUSDT"


class TestLookups:
    async def test_by_client_id(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(ORDER, Answer(order_row(avgPrice="3000.1")))
        order = await exchange.order_by_client_id("ETHUSDT", "hv-abc-full-1")
        assert order is not None
        assert order.average_price == Decimal("3000.1")
        assert stub.calls(ORDER)[0].values["origClientOrderId"] == "hv-abc-full-1"

    async def test_unknown_is_none(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.always(ORDER, refusal(-2013, "Order does not exist."))
        assert await exchange.order_by_client_id("ETHUSDT", "hv-abc-full-1") is None
        assert await exchange.order_by_id("ETHUSDT", 5) is None

    async def test_trouble_is_not_none(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(ORDER, refusal(-2011, "Unknown order sent."))
        with pytest.raises(ExchangeRefused):
            await exchange.order_by_id("ETHUSDT", 5)

    async def test_resting(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script("GET /fapi/v1/openOrders", Answer([order_row(status="NEW")]))
        stub.script("GET /fapi/v1/openAlgoOrders", Answer([algo_row()]))
        [order], [algo] = await exchange.open_orders("ETHUSDT"), await exchange.open_algo_orders("ETHUSDT")
        assert (order.status, algo.algo_id) == ("NEW", 1_000_000_000_123_456)


class TestCancel:
    @pytest.mark.parametrize(
        ("look", "gone"),
        [
            (Answer(order_row(status="FILLED")), True),
            (Answer(order_row(status="NEW")), False),
            (refusal(-2013), True),
        ],
    )
    async def test_unknown_order_is_looked_at(
        self, exchange: BinanceExchange, stub: StubExchange, look: Answer, gone: bool
    ) -> None:
        stub.script("DELETE /fapi/v1/order", refusal(-2011, "Unknown order sent."))
        stub.script(ORDER, look)
        assert await exchange.cancel_order("ETHUSDT", 77) is gone

    async def test_cancelled(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script("DELETE /fapi/v1/order", Answer(order_row(status="CANCELED")))
        assert await exchange.cancel_order("ETHUSDT", 77)
        [sent] = stub.calls("DELETE /fapi/v1/order")
        assert sent.genuine
        assert sent.values["orderId"] == "77"

    @pytest.mark.parametrize(
        ("look", "gone"),
        [
            (Answer(algo_row(algoStatus="FINISHED")), True),
            (Answer(algo_row(algoStatus="TRIGGERING")), False),
            (refusal(-2013), True),
        ],
    )
    async def test_unknown_conditional_order_is_looked_at(
        self, exchange: BinanceExchange, stub: StubExchange, look: Answer, gone: bool
    ) -> None:
        stub.script("DELETE /fapi/v1/algoOrder", refusal(-2011))
        stub.script("GET /fapi/v1/algoOrder", look)
        assert await exchange.cancel_algo_order("ETHUSDT", 9) is gone

    async def test_a_lost_answer_is_an_error(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script("DELETE /fapi/v1/algoOrder", Answer("<html>", 502))
        with pytest.raises(ExchangeUnavailable):
            await exchange.cancel_algo_order("ETHUSDT", 9)


class TestSymbols:
    async def test_one_read_for_all(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.always(SYMBOLS, Answer({"symbols": [symbol_row(), symbol_row(symbol="BTCUSDT"), {"symbol": "ODD"}]}))
        await asyncio.gather(*(exchange.symbol_rules("ETHUSDT", refresh=True) for _ in range(5)))
        assert (await exchange.symbol_rules("BTCUSDT")).symbol == "BTCUSDT"
        with pytest.raises(ExchangeUnavailable):
            await exchange.symbol_rules("ODD")
        assert len(stub.calls(SYMBOLS)) <= 3  # the upkeep's own, the one under way, and the one that the others share

    async def test_no_such_symbol(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.always(SYMBOLS, Answer({"symbols": [symbol_row()]}))
        await exchange.symbol_rules("ETHUSDT", refresh=True)
        for _ in range(3):
            with pytest.raises(ExchangeRefused, match="NOPE") as caught:
                await exchange.symbol_rules("NOPE")
            assert caught.value.code == -1121
        assert len(stub.calls(SYMBOLS)) <= 2

    async def test_a_failed_refresh_is_an_error(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.always(SYMBOLS, Answer("<html>", 502))
        with pytest.raises(ExchangeUnavailable):
            await exchange.symbol_rules("ETHUSDT", refresh=True)


class TestTime:
    async def test_asked_for_now(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.clock_ahead_ms = 5_000
        answered = await exchange.exchange_time_ms()
        assert abs(exchange.now_ms() - now_ms() - 5_000) < 200
        assert answered <= exchange.now_ms()

    async def test_start_survives_an_exchange_that_is_away(self) -> None:
        async with StubExchange() as gone:
            url = gone.url
        adapter = await BinanceExchange.connect(endpoint(url))
        assert abs(adapter.now_ms() - now_ms()) < 200
        await adapter.close()


Read = Callable[[BinanceExchange], Awaitable[object]]


@pytest.mark.parametrize(
    "read",
    [
        lambda exchange: exchange.positions("ETHUSDT"),
        lambda exchange: exchange.open_orders("ETHUSDT"),
        lambda exchange: exchange.open_algo_orders("ETHUSDT"),
        lambda exchange: exchange.order_by_id("ETHUSDT", 1),
        lambda exchange: exchange.orders_since("ETHUSDT", now_ms()),
        lambda exchange: exchange.recent_trades("ETHUSDT"),
        lambda exchange: exchange.trades_from("ETHUSDT", 1),
        lambda exchange: exchange.trades_of_orders("ETHUSDT", [1, 2]),
        lambda exchange: exchange.hedge_mode(),
        lambda exchange: exchange.cancel_order("ETHUSDT", 1),
        lambda exchange: exchange.cancel_algo_order("ETHUSDT", 1),
    ],
)
async def test_every_read_fails_within_the_error_tree(exchange: BinanceExchange, read: Read) -> None:
    """The stub answers all of them 404 without a code."""
    with pytest.raises(ExchangeUnavailable, match="HTTP 404"):
        await read(exchange)
