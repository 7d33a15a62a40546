"""One client span for each HTTP call. The query string is never in it: it is signed."""

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from exchange.call import Call
from exchange.failure import Failure, FailureKind

_TRACER = trace.get_tracer("harvest.exchange")


def start(call: Call) -> Span:
    """Begin the call's span under whatever span is current."""
    attributes: dict[str, str | int] = {
        "http.request.method": call.method,
        "url.path": call.path,
        "server.address": call.host,
    }
    if call.weight:
        attributes["harvest.request_weight"] = call.weight
    if call.symbol is not None:
        attributes["harvest.symbol"] = call.symbol
    if call.client_order_id is not None:
        attributes["harvest.client_order_id"] = call.client_order_id
    return _TRACER.start_span(f"{call.method} {call.path}", kind=SpanKind.CLIENT, attributes=attributes)


def failed(span: Span, failure: Failure) -> None:
    """Mark the span as failed, in our own words: an exception's text would carry the signed URL."""
    if failure.status is not None:
        span.set_attribute("http.response.status_code", failure.status)
    detail = "" if failure.kind is FailureKind.HELD_BACK else failure.detail
    span.set_attribute("error.type", str(failure.code or failure.status or detail or failure.kind.value))
    span.set_status(Status(StatusCode.ERROR, failure.describe()))


def traceparent(span: Span) -> str | None:
    """The W3C header that lets the simulator continue our trace; None without a recorded trace."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
