"""Trace ids always, spans to a collector if there is one, and no harm if there is none."""

import time
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from datetime import timedelta

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from temporalio.client import Client

from runtime.settings import Settings
from runtime.telemetry import Telemetry, start_telemetry
from tests.bridge.servers import free_port, start_temporal


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.requests: list[trace_service_pb2.ExportTraceServiceRequest] = []

    def Export(  # noqa: N802 - the protocol's name
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        del context
        self.requests.append(request)
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made, server = Collector(), grpc.server(futures.ThreadPoolExecutor(1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(made, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    yield made
    server.stop(None)


def one_span(telemetry: Telemetry) -> str:
    with telemetry.provider.get_tracer("test").start_as_current_span("a close") as span:
        return f"{span.get_span_context().trace_id:032x}"


def test_spans_reach_a_collector(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
    telemetry = start_telemetry(Settings(build="abc"))
    trace_id = one_span(telemetry)
    telemetry.shutdown()
    (request,) = collector.requests
    (spans,) = request.resource_spans
    attributes = {pair.key: pair.value.string_value for pair in spans.resource.attributes}
    assert attributes["service.name"] == "harvest-worker"
    assert attributes["service.version"].endswith("abc")
    assert attributes["deployment.environment"] == "test"
    assert spans.scope_spans[0].spans[0].trace_id.hex() == trace_id


def test_the_operators_service_name_wins(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "my-exits")
    telemetry = start_telemetry(Settings())
    one_span(telemetry)
    telemetry.shutdown()
    attributes = collector.requests[0].resource_spans[0].resource.attributes
    assert [pair.value.string_value for pair in attributes if pair.key == "service.name"] == ["my-exits"]


def test_without_a_collector_there_are_trace_ids_all_the_same() -> None:
    telemetry = start_telemetry(Settings())
    assert int(one_span(telemetry), 16) > 0
    telemetry.shutdown()


WAITING_S = 8.0
"""Less than one export to a dead collector is given up after, and far more than these spans take."""


def test_a_dead_collector_slows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    telemetry = start_telemetry(Settings())
    began = time.monotonic()
    for _ in range(5000):  # more than its queue holds
        one_span(telemetry)
    assert time.monotonic() - began < WAITING_S
    began = time.monotonic()
    telemetry.shutdown(timedelta(seconds=1))
    assert time.monotonic() - began < WAITING_S


def test_switched_off(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    telemetry = start_telemetry(Settings())
    one_span(telemetry)
    telemetry.shutdown()
    assert not collector.requests


async def test_metrics_are_served() -> None:
    port = free_port()
    telemetry = start_telemetry(Settings(metrics_bind=f"127.0.0.1:{port}"))
    environment = await start_temporal()
    address = environment.client.service_client.config.target_host
    await Client.connect(address, runtime=telemetry.runtime)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:  # noqa: ASYNC210
        assert "temporal_request_latency_seconds" in answer.read().decode()
    await environment.shutdown()
    telemetry.shutdown()
