"""One close is one trace, from the producer's span to the published result: real OTLP from a real worker process."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from harvest.mailbox import Mailbox
from harvest.outside import OutsideWorld
from harvest.stack import API_SECRET, Stack, StackConfig
from tests.tracing.otlp_receiver import OtlpReceiver, ReceivedSpan

pytestmark = pytest.mark.xdist_group("trace")  # one stack serves them all
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PRODUCER_SPAN = "00f067aa0ba902b7"


@pytest.fixture(scope="module")
async def spans(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[ReceivedSpan]]:
    """The trace of one close."""
    async with OtlpReceiver() as receiver:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_EXPORTER_OTLP_INSECURE": "true"}
        config = StackConfig(folder=tmp_path_factory.mktemp("traced"), worker_settings=settings)
        async with Stack(config) as stack:
            async with OutsideWorld(stack.exchange_url) as world, Mailbox(stack.redis_url) as mailbox:
                await world.open_position("SOLUSDT", "LONG", Decimal(10))
                entry = await mailbox.send(
                    {
                        "symbol": "SOLUSDT",
                        "action": "CLOSE",
                        "timestamp": datetime.now(UTC).isoformat(),
                        "traceparent": f"00-{TRACE_ID}-{PRODUCER_SPAN}-01",
                    }
                )
                result = await mailbox.result_of(entry, timeout_s=20)
                assert result is not None
                assert result.fields["trace_id"] == TRACE_ID
                ledger = await world.requests("SOLUSDT")
                assert ledger
            worker = stack.worker
            assert worker is not None
            await worker.stop(grace_s=10)  # a graceful end sends what is left
        yield await receiver.trace(TRACE_ID, until="apply.result publish")


def ancestors(spans: list[ReceivedSpan], span: ReceivedSpan) -> list[str]:
    """Names from a span's parent up to the trace's root."""
    by_id = {each.span_id: each for each in spans}
    names = []
    while span.parent_id in by_id:
        span = by_id[span.parent_id]
        names.append(span.name)
    return names


def one(spans: list[ReceivedSpan], name: str) -> ReceivedSpan:
    """The only span of that name."""
    found = [span for span in spans if span.name == name]
    assert len(found) == 1, f"{name}: {sorted(span.name for span in spans)}"
    return found[0]


def test_the_bridge_continues_the_producers_trace(spans: list[ReceivedSpan]) -> None:
    assert one(spans, "harvest.intent process").parent_id == PRODUCER_SPAN


@pytest.mark.parametrize(
    "name", ["RunWorkflow:CloseWorkflow", "evaluate", "guard", "attempt 1", "RunActivity:place_order"]
)
def test_each_step_hangs_below_the_stream_entry(spans: list[ReceivedSpan], name: str) -> None:
    assert "harvest.intent process" in ancestors(spans, one(spans, name))


def test_the_order_request_hangs_below_the_place_activity(spans: list[ReceivedSpan]) -> None:
    order = one(spans, "POST /fapi/v1/order")

    assert ancestors(spans, order)[0] == "RunActivity:place_order"
    assert order.attributes["harvest.client_order_id"].startswith("hv-")


def test_every_read_of_the_exchange_is_a_span_of_its_step(spans: list[ReceivedSpan]) -> None:
    reads = [span for span in spans if span.name.startswith("GET /fapi/")]

    steps = {ancestors(spans, span)[0] for span in reads}
    assert steps == {"RunActivity:take_snapshot", "RunActivity:confirm_verify_publish"}


def test_the_published_result_is_the_end_of_the_trace(spans: list[ReceivedSpan]) -> None:
    published = one(spans, "apply.result publish")

    assert "RunActivity:confirm_verify_publish" in ancestors(spans, published)
    assert published.attributes["harvest.outcome"] == "CLOSED_FLAT"


def test_no_span_carries_a_secret_or_a_signature(spans: list[ReceivedSpan]) -> None:
    everything = json.dumps([span.attributes for span in spans])

    assert API_SECRET not in everything
    assert "signature=" not in everything


def test_all_spans_say_which_service_they_come_from(spans: list[ReceivedSpan]) -> None:
    assert {span.service for span in spans} == {"harvest-worker"}
