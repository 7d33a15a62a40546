"""The consumer span of an entry: continues the producer's trace, and Temporal's spans continue it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts.names import STREAM_INTENT

_propagator = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Consuming:
    """The span under way."""

    traceparent: str | None
    """Its own context, to travel with the intent; None where tracing is switched off and nobody gave one."""


@contextmanager
def consuming(entry_id: str, parent: str | None, symbol: str = "", action: str = "") -> Iterator[Consuming]:
    """A span ``harvest.intent process`` around whatever is done for one entry."""
    context = _propagator.extract({"traceparent": parent} if parent else {})
    attributes = {
        "messaging.system": "redis",
        "messaging.operation.type": "process",
        "messaging.destination.name": STREAM_INTENT,
        "messaging.message.id": entry_id,
        "harvest.symbol": symbol,
        "harvest.action": action,
    }
    tracer = trace.get_tracer("harvest.bridge")
    with tracer.start_as_current_span(
        "harvest.intent process", context=context, kind=SpanKind.CONSUMER, attributes=attributes
    ):
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        yield Consuming(carrier.get("traceparent", parent))
