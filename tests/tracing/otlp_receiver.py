"""A real OTLP receiver over gRPC: what Jaeger would be sent."""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc.aio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)


@dataclass(frozen=True)
class ReceivedSpan:
    """One span as it came over the wire."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    service: str
    attributes: dict[str, str]


class OtlpReceiver(TraceServiceServicer):
    """Listens on a free loopback port and keeps every span."""

    def __init__(self) -> None:
        self.spans: list[ReceivedSpan] = []
        self.wire = bytearray()
        """Everything as it came, with statuses and events."""
        self._arrived = asyncio.Condition()
        self._server = grpc.aio.server()
        add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop(0)

    async def Export(  # noqa: N802 - the protocol's name
        self,
        request: ExportTraceServiceRequest,
        context: Any,  # noqa: ANN401, ARG002
    ) -> ExportTraceServiceResponse:
        """Called by the exporter."""
        self.wire += request.SerializeToString()
        for resource in request.resource_spans:
            service = next((a.value.string_value for a in resource.resource.attributes if a.key == "service.name"), "")
            for scope in resource.scope_spans:
                self.spans += [
                    ReceivedSpan(
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        service,
                        {a.key: str(a.value.string_value or a.value.int_value) for a in span.attributes},
                    )
                    for span in scope.spans
                ]
        async with self._arrived:
            self._arrived.notify_all()
        return ExportTraceServiceResponse()

    async def trace(self, trace_id: str, *, until: str, within: float = 20.0) -> list[ReceivedSpan]:
        """All spans of a trace, once one of that name has come and a further export has had its chance."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: any(s.name == until for s in self._of(trace_id)))
        return self._of(trace_id)

    def _of(self, trace_id: str) -> list[ReceivedSpan]:
        return [span for span in self.spans if span.trace_id == trace_id]
