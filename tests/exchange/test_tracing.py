"""One span a call, without the query."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracer, SpanKind, StatusCode
from pydantic import SecretStr

from contracts.mode import Venue
from exchange import tracing
from exchange.binance import BinanceExchange
from exchange.call import Call
from exchange.clock import ExchangeClock
from exchange.endpoint import ExchangeEndpoint
from exchange.limits import Limits
from exchange.signed_client import SignedClient
from tests.exchange.samples import order_row, ticket
from tests.exchange.stub_exchange import Answer, StubExchange

POST = "POST /fapi/v1/order"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("harvest.exchange"))
    yield exporter
    provider.shutdown()


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    [span] = [span for span in spans.get_finished_spans() if span.name == name]
    return span


async def test_a_call_is_a_span(exchange: BinanceExchange, stub: StubExchange, spans: InMemorySpanExporter) -> None:
    stub.script(POST, Answer(order_row()))
    await exchange.place(ticket())
    span = named(spans, POST)
    assert span.kind is SpanKind.CLIENT
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "url.path": "/fapi/v1/order",
        "server.address": "127.0.0.1",
        "http.response.status_code": 200,
        "harvest.symbol": "ETHUSDT",
        "harvest.client_order_id": "hv-abc-full-1",
    }


async def test_a_read_says_what_it_weighs(
    exchange: BinanceExchange, stub: StubExchange, spans: InMemorySpanExporter
) -> None:
    stub.script("GET /fapi/v3/positionRisk", Answer([]))
    await exchange.positions("ETHUSDT")
    assert (named(spans, "GET /fapi/v3/positionRisk").attributes or {})["harvest.request_weight"] == 5


async def test_a_failure_is_marked_without_its_url(
    exchange: BinanceExchange, stub: StubExchange, spans: InMemorySpanExporter
) -> None:
    stub.script(POST, Answer({"code": -2022, "msg": "ReduceOnly Order is rejected."}, 400))
    await exchange.place(ticket())
    stub.script(POST, Answer(cut=True))
    await exchange.place(ticket())
    refused, lost = [span for span in spans.get_finished_spans() if span.name == POST]
    assert (refused.status.status_code, refused.status.description) == (
        StatusCode.ERROR,
        "-2022: ReduceOnly Order is rejected.",
    )
    assert (refused.attributes or {})["error.type"] == "-2022"
    assert (lost.status.status_code, lost.events) == (StatusCode.ERROR, ())
    assert "signature" not in refused.to_json() + lost.to_json()


async def test_the_simulator_gets_our_trace(
    exchange: BinanceExchange, stub: StubExchange, spans: InMemorySpanExporter
) -> None:
    stub.script(POST, Answer(order_row()))
    await exchange.place(ticket())
    context = named(spans, POST).context
    assert context is not None
    expected = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    assert stub.calls(POST)[0].headers["traceparent"] == expected


@pytest.mark.usefixtures("spans")
@pytest.mark.parametrize("venue", [Venue.LIVE, Venue.DEMO])
async def test_the_real_exchange_does_not(venue: Venue) -> None:
    real = ExchangeEndpoint(venue=venue, api_key=SecretStr("k"), api_secret=SecretStr("s"))
    client = SignedClient(real, ExchangeClock(), Limits())
    span = tracing.start(Call("POST", "/fapi/v1/order", "host"))
    assert span.get_span_context().is_valid
    assert client._headers(span, form=False) == {}
    await client.close_connection()


async def test_without_tracing_nothing_is_sent(
    exchange: BinanceExchange, stub: StubExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "_TRACER", NoOpTracer())
    stub.script(POST, Answer(order_row()))
    await exchange.place(ticket())
    assert "traceparent" not in stub.calls(POST)[0].headers
