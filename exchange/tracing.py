"""One client span for each HTTP call. The query string is never in it: it is signed."""

from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from exchange.failure import Failure

_TRACER = trace.get_tracer("harvest.exchange")


@dataclass(frozen=True, slots=True)
class Call:
    """What may be told about a call."""

    method: str
    """Upper case."""
    path: str
    """Without the query."""
    host: str
    symbol: str | None = None
    client_order_id: str | None = None

    @property
    def places_order(self) -> bool:
        """Whether it counts against the account's order limits and must never be repeated."""
        return self.method == "POST" and self.path.endswith(("/order", "/algoOrder", "/batchOrders"))


def start(call: Call) -> Span:
    """Begin the call's span under whatever span is current."""
    attributes = {"http.request.method": call.method, "url.path": call.path, "server.address": call.host}
    if call.symbol is not None:
        attributes["harvest.symbol"] = call.symbol
    if call.client_order_id is not None:
        attributes["harvest.client_order_id"] = call.client_order_id
    return _TRACER.start_span(f"{call.method} {call.path}", kind=SpanKind.CLIENT, attributes=attributes)


def failed(span: Span, failure: Failure) -> None:
    """Mark the span as failed, in our own words: an exception's text would carry the signed URL."""
    if failure.status is not None:
        span.set_attribute("http.response.status_code", failure.status)
    span.set_attribute("error.type", str(failure.code or failure.status or failure.detail or failure.kind.value))
    span.set_status(Status(StatusCode.ERROR, failure.describe()))


def traceparent(span: Span) -> str | None:
    """The W3C header that lets the simulator continue our trace; None without a recorded trace."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
