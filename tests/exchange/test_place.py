"""Sending an order over real HTTP: what leaves, how often, and what is concluded from every kind of answer."""

import asyncio
import contextlib
import logging
import socket
import traceback
from decimal import Decimal

import pytest

from contracts.errors import ExchangeError
from contracts.order import OrderSide, PositionSide, Reaction, Verdict
from exchange.binance import BinanceExchange
from exchange.order_form import UnsafeTicket
from exchange.port import ExchangePort
from tests.exchange.conftest import endpoint
from tests.exchange.samples import order_row, ticket
from tests.exchange.stub_exchange import KEY, SECRET, Answer, StubExchange, now_ms

POST = "POST /fapi/v1/order"
ACCEPTED = Answer(order_row())
PAGE = "<html><head><title>502 Bad Gateway</title></head></html>"


def refusal(code: int, message: str, status: int = 400, **headers: str) -> Answer:
    return Answer({"code": code, "msg": message}, status, {name.replace("_", "-"): v for name, v in headers.items()})


async def test_the_adapter_is_the_port(exchange: BinanceExchange) -> None:
    port: ExchangePort = exchange
    assert port.now_ms() > 0


class TestWhatLeaves:
    async def test_the_tickets_own_timestamp_is_signed(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        """The library would sign the instant of sending: a paused worker's order would look fresh."""
        stub.script(POST, ACCEPTED)
        await exchange.place(ticket())
        [sent] = stub.calls(POST)
        assert sent.genuine
        assert sent.values["timestamp"] == "1800000000123"
        assert sent.values["recvWindow"] == "4321"
        assert sent.headers["X-MBX-APIKEY"] == KEY

    async def test_the_form(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, ACCEPTED)
        await exchange.place(ticket())
        values = stub.calls(POST)[0].values
        del values["signature"]
        assert values == {
            "symbol": "ETHUSDT",
            "side": "SELL",
            "positionSide": "BOTH",
            "type": "MARKET",
            "quantity": "0.10",
            "reduceOnly": "true",
            "newClientOrderId": "hv-abc-full-1",
            "newOrderRespType": "RESULT",
            "selfTradePreventionMode": "EXPIRE_MAKER",
            "timestamp": "1800000000123",
            "recvWindow": "4321",
        }

    async def test_what_is_unsafe_never_leaves(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        with pytest.raises(UnsafeTicket):
            await exchange.place(ticket(position_side=PositionSide.LONG, side=OrderSide.BUY))
        assert stub.calls(POST) == []

    async def test_a_late_zombie_is_refused_by_the_exchange_itself(
        self, exchange: BinanceExchange, stub: StubExchange
    ) -> None:
        """A worker that slept through its deadline still sends the old timestamp, which the exchange can tell."""
        stub.script(POST, refusal(-5028, "Timestamp for this request is outside of the ME recvWindow."))
        slept = ticket(timestamp_ms=now_ms() - 60_000)
        report = await exchange.place(slept)
        assert stub.calls(POST)[0].values["timestamp"] == str(slept.timestamp_ms)
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.RESYNC_CLOCK)


class TestWhatIsConcluded:
    async def test_accepted(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, ACCEPTED)
        report = await exchange.place(ticket())
        assert report.verdict is Verdict.ACCEPTED
        assert report.order is not None
        assert (report.order.order_id, report.order.executed_quantity) == (77, Decimal("0.1"))

    async def test_partly_filled_then_expired_is_accepted(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, Answer(order_row(status="EXPIRED", executedQty="0.040")))
        report = await exchange.place(ticket())
        assert report.order is not None
        assert (report.verdict, report.order.executed_quantity) == (Verdict.ACCEPTED, Decimal("0.04"))

    @pytest.mark.parametrize(
        ("code", "reaction"),
        [(-2022, Reaction.REREAD), (-4118, Reaction.CANCEL_CONFLICTING), (-4061, Reaction.RECONFIGURE)],
    )
    async def test_refused(self, exchange: BinanceExchange, stub: StubExchange, code: int, reaction: Reaction) -> None:
        stub.script(POST, refusal(code, "ReduceOnly Order is rejected."))
        report = await exchange.place(ticket())
        assert (report.verdict, report.code, report.reaction) == (Verdict.REFUSED, code, reaction)
        assert report.message == f"{code}: ReduceOnly Order is rejected."

    @pytest.mark.parametrize(
        "answer",
        [
            Answer("Unknown error, please check your request or try again later.", 503),
            refusal(-1000, "Unknown error, please check your request or try again later.", 503),
            refusal(-1007, "Timeout waiting for response from backend server.", 408),
            refusal(-1006, "An unexpected response was received from the message bus."),
            refusal(-4116, "ClientOrderId is duplicated."),
            Answer(PAGE, 502),
            Answer(PAGE, 200),
            Answer("", 200),
            Answer("", 500),
            Answer([], 200),
            Answer({}, 200),
            Answer(order_row(orderId=None), 200),
            Answer(order_row(clientOrderId="somebody-elses"), 200),
            Answer(order_row(), cut=True),
            Answer(order_row(), cut_body=True),
            Answer(order_row(), delay_s=0.8),
            Answer("", 307, {"Location": "/fapi/v1/order"}),
            Answer("", 302, {"Location": "https://elsewhere.example/"}),
            Answer(PAGE, 504),
            Answer([{"code": -2022, "msg": "in a list"}], 400),
            Answer('{"code": -2022, "msg": "cut of', 400),
            Answer("[" * 100_000, 400),
            Answer("[" * 100_000, 200),
            Answer({"code": -2022, "msg": "ReduceOnly Order is rejected."}, 200),
            Answer("\x00\x00", 200),
            refusal(-1001, "Internal error; unable to process your request. Please try again.", 503),
        ],
        ids=lambda answer: f"{answer.status} {answer.content!s:.40} {answer.delay_s}",
    )
    async def test_unknown_and_sent_once(self, exchange: BinanceExchange, stub: StubExchange, answer: Answer) -> None:
        stub.script(POST, answer, ACCEPTED)
        report = await exchange.place(ticket())
        assert (report.verdict, report.order, report.reaction) == (Verdict.UNKNOWN, None, None)
        assert len(stub.calls(POST)) == 1

    async def test_service_unavailable_is_a_refusal(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, Answer("Service Unavailable.", 503))
        report = await exchange.place(ticket())
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.BACK_OFF)
        assert report.retry_after_ms == 200

    async def test_nobody_listens(self) -> None:
        async with StubExchange() as gone:
            url = gone.url
        adapter = await BinanceExchange.connect(endpoint(url))
        report = await adapter.place(ticket())
        await adapter.close()
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.BACK_OFF)
        assert "not sent" in report.message

    async def test_a_connection_that_never_comes_about(self) -> None:
        """A host that drops packets: giving up before the connection stands still proves that nothing was sent."""
        with socket.socket() as full, contextlib.ExitStack() as waiting:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(3):  # fill the backlog: further connections are neither accepted nor refused
                client = waiting.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(full.getsockname())
            adapter = BinanceExchange(endpoint(f"http://127.0.0.1:{full.getsockname()[1]}"))
            report = await adapter.place(ticket())
            await adapter.close()
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.BACK_OFF)
        assert report.message == "not sent (ConnectionTimeoutError)"

    async def test_no_tls_there(self, stub: StubExchange) -> None:
        adapter = await BinanceExchange.connect(endpoint(stub.url.replace("http:", "https:")))
        report = await adapter.place(ticket())
        await adapter.close()
        assert (report.verdict, report.reaction) == (Verdict.REFUSED, Reaction.BACK_OFF)

    async def test_after_close(self, stub: StubExchange) -> None:
        adapter = await BinanceExchange.connect(endpoint(stub.url))
        await adapter.close()
        assert (await adapter.place(ticket())).verdict is Verdict.REFUSED
        assert stub.calls(POST) == []

    async def test_cancellation_is_not_swallowed(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(POST, Answer(order_row(), delay_s=0.3))
        sending = asyncio.create_task(exchange.place(ticket()))
        await asyncio.sleep(0.05)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


class TestNeverTwice:
    async def test_a_connection_that_died_while_kept_alive(self) -> None:
        """aiohttp repeats a GET there by itself. An order must come back as unknown instead."""
        received: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Answers the first request of a connection, reads the second and hangs up."""
            while head := await reader.readuntil(b"\r\n\r\n"):
                received.append(head)
                if head.startswith(b"POST"):
                    break
                body = b'{"serverTime": 1800000000000}'
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            adapter = BinanceExchange(endpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
            await adapter.exchange_time_ms()
            report = await adapter.place(ticket())
            await asyncio.sleep(0.1)
            await adapter.close()
        assert report.verdict is Verdict.UNKNOWN
        assert sum(head.startswith(b"POST") for head in received) == 1


class TestClock:
    async def test_a_refusal_for_time_sets_the_clock(self, stub: StubExchange) -> None:
        """R60."""
        adapter = BinanceExchange(endpoint(stub.url))
        stub.clock_ahead_ms = 90_000
        stub.script(POST, refusal(-1021, "Timestamp for this request is outside of the recvWindow."))
        report = await adapter.place(ticket(timestamp_ms=adapter.now_ms()))
        ahead = adapter.now_ms() - now_ms()
        await adapter.close()
        assert report.reaction is Reaction.RESYNC_CLOCK
        assert abs(ahead - 90_000) < 1_000


class TestSecrets:
    @pytest.mark.parametrize(
        "answer",
        [Answer(PAGE, 502), Answer({}, cut=True), Answer({}, delay_s=1.5), refusal(-2015, "no"), Answer(PAGE, 200)],
        ids=["page", "cut", "timeout", "refused", "page 200"],
    )
    async def test_no_signature_in_any_error(
        self, exchange: BinanceExchange, stub: StubExchange, answer: Answer, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Temporal stores an error with its causes; the library's and aiohttp's contain the signed URL."""
        caplog.set_level(logging.DEBUG)
        stub.script("GET /fapi/v3/positionRisk", answer, answer)  # aiohttp repeats a GET on a connection that died
        stub.script(POST, answer)
        with pytest.raises(ExchangeError) as caught:
            await exchange.positions("ETHUSDT")
        report = await exchange.place(ticket())
        told = "".join(traceback.format_exception(caught.value)) + report.model_dump_json()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        signatures = [sent.values["signature"] for sent in stub.received if "signature" in sent.values]
        assert len(signatures) >= 2
        for secret in (*signatures, KEY, SECRET):
            assert secret not in told + caplog.text
