"""Traces and metrics of a process. Neither may ever slow or stop a close.

Traces go to an OTLP collector only if the standard variables name one (``OTEL_EXPORTER_OTLP_ENDPOINT`` or
``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``). Trace ids exist in any case, so that every result carries one.
"""

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from runtime.settings import Settings

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_EXPORT_EVERY_MS: Final = 500
_FLUSH_AT_MOST: Final = timedelta(seconds=3)

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What was started."""

    runtime: Runtime
    """For ``Client.connect``; carries the Prometheus endpoint."""
    provider: TracerProvider

    def shutdown(self, at_most: timedelta = _FLUSH_AT_MOST) -> None:
        """Send what is left. A collector that does not answer is given up on: a shutdown must not hang on it."""
        flusher = threading.Thread(target=self.provider.shutdown, name="flush-traces", daemon=True)
        flusher.start()
        flusher.join(at_most.total_seconds())
        if flusher.is_alive():
            _log.warning("the trace collector does not answer; the last spans are lost")


def start_telemetry(settings: Settings, service_name: str = "harvest-worker") -> Telemetry:
    """Traces and metrics for this process; the tracer provider becomes the global one if there is none yet."""
    collected = _collector_named(os.environ)
    # Without a collector nobody reads what a span records. Ids and their way through every call stay.
    provider = TracerProvider(
        resource=_resource(service_name, settings.build), sampler=None if collected else sampling.ALWAYS_OFF
    )
    if collected:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=_EXPORT_EVERY_MS))
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(provider)
    return Telemetry(runtime=Runtime(telemetry=_core_telemetry(settings)), provider=provider)


def _resource(service_name: str, build: str) -> Resource:
    """Ours, overruled by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES where an operator sets them."""
    ours = Resource({SERVICE_NAME: service_name, SERVICE_VERSION: build})
    theirs = Resource.create()
    chosen = {name: value for name, value in theirs.attributes.items() if not _is_filler(name, value)}
    return theirs.merge(ours).merge(Resource(chosen))


def _is_filler(name: str, value: object) -> bool:
    """The SDK invents a service name where none is given."""
    return name == SERVICE_NAME and str(value).startswith("unknown_service")


def _collector_named(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none":
        return False
    return any(environment.get(name, "").strip() for name in _ENDPOINTS)


def _core_telemetry(settings: Settings) -> TelemetryConfig:
    # The core's own lines go through Python's logging, so that all lines have one format.
    lines = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )
    if settings.metrics_bind is None:
        return TelemetryConfig(logging=lines)
    metrics = PrometheusConfig(
        bind_address=settings.metrics_bind, durations_as_seconds=True, unit_suffix=True, counters_total_suffix=True
    )
    return TelemetryConfig(logging=lines, metrics=metrics, global_tags={"account": settings.account})
