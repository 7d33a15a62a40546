"""Orders and reads under the exchange's limits: what is held back here, for how long, and what is not."""

import asyncio

import pytest

from contracts.errors import ExchangeThrottled
from contracts.order import Reaction, Verdict
from exchange.allowance import Allowance
from exchange.binance import BinanceExchange
from tests.exchange.samples import order_row, ticket
from tests.exchange.stub_exchange import Answer, StubExchange, now_ms

POST = "POST /fapi/v1/order"
ACCEPTED = Answer(order_row())


def refusal(code: int, message: str, status: int = 400, **headers: str) -> Answer:
    return Answer({"code": code, "msg": message}, status, {name.replace("_", "-"): v for name, v in headers.items()})


class TestGates:
    async def test_a_ban_holds_the_next_order_back(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, refusal(-1003, f"IP banned until {now_ms() + 5_000}", 418), ACCEPTED)
        first = await exchange.place(ticket())
        second = await exchange.place(ticket())
        assert (first.reaction, second.reaction) == (Reaction.BACK_OFF, Reaction.BACK_OFF)
        assert 4_000 < second.retry_after_ms <= 5_100
        assert len(stub.calls(POST)) == 1

    async def test_it_opens_again(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, refusal(-1003, f"banned until {now_ms() + 150}", 429), ACCEPTED)
        report = await exchange.place(ticket())
        await asyncio.sleep(report.retry_after_ms / 1000 + 0.05)
        assert (await exchange.place(ticket())).verdict is Verdict.ACCEPTED

    async def test_too_many_orders_leaves_reading_alone(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, refusal(-1015, "Too many new orders.", 400))
        stub.script("GET /fapi/v3/positionRisk", Answer([]))
        await exchange.place(ticket())
        assert await exchange.positions("ETHUSDT") == ()
        assert (await exchange.place(ticket())).reaction is Reaction.BACK_OFF
        assert len(stub.calls(POST)) == 1

    async def test_throttled_reads_leave_an_order_alone(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        """Whoever goes on reading after a 429 is banned, but an order costs no weight."""
        stub.script("GET /fapi/v3/positionRisk", refusal(-1003, "Too many requests.", 429, Retry_After="30"))
        stub.script(POST, ACCEPTED)
        for _ in range(2):
            with pytest.raises(ExchangeThrottled) as throttled:
                await exchange.positions("ETHUSDT")
            assert throttled.value.retry_after_ms > 25_000
        assert (await exchange.place(ticket())).verdict is Verdict.ACCEPTED
        assert len(stub.calls("GET /fapi/v3/positionRisk")) == 1

    async def test_an_order_that_meets_a_429_stops_everything(
        self, exchange: BinanceExchange, stub: StubExchange
    ) -> None:
        stub.script(POST, refusal(-1003, "Too many requests.", 429, Retry_After="30"))
        await exchange.place(ticket())
        with pytest.raises(ExchangeThrottled):
            await exchange.positions("ETHUSDT")
        assert (await exchange.place(ticket())).retry_after_ms > 25_000
        assert len(stub.calls(POST)) == 1

    async def test_the_accounts_order_limit_is_kept_without_a_refusal(
        self, exchange: BinanceExchange, stub: StubExchange
    ) -> None:
        """Two orders a window: the third is told to come back, and nothing of it leaves."""
        exchange._limits.adopt(Allowance(orders_10s=2, orders_1m=2))
        stub.always(POST, ACCEPTED)
        spent = ticket(timestamp_ms=exchange.now_ms() - 4_321)  # no time to wait for its turn
        reports = [await exchange.place(spent) for _ in range(3)]
        assert [report.verdict for report in reports] == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REFUSED]
        assert (reports[2].reaction, len(stub.calls(POST))) == (Reaction.BACK_OFF, 2)
        assert reports[2].retry_after_ms > 0
        assert "orders" in reports[2].message

    async def test_the_limits_are_those_of_exchange_info(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        limits = [{"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1}]
        stub.always("GET /fapi/v1/exchangeInfo", Answer({"symbols": [], "rateLimits": limits}))
        stub.always(POST, ACCEPTED)
        await exchange._catalogue.refresh()
        await exchange.place(ticket())
        assert (await exchange.place(ticket(timestamp_ms=1))).reaction is Reaction.BACK_OFF

    async def test_counters(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        headers = {"X-MBX-USED-WEIGHT-1M": "41", "X-MBX-ORDER-COUNT-10S": "1", "X-MBX-ORDER-COUNT-1M": "6"}
        stub.script(POST, Answer(order_row(), headers=headers))
        await exchange.place(ticket())
        assert (exchange.usage.weight_1m, exchange.usage.orders_10s, exchange.usage.orders_1m) == (41, 1, 6)
