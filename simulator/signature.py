"""Who may call and when: API key, HMAC over exactly what was sent, and the receive window."""

import hmac

from simulator.clock import Clock
from simulator.errors import refusal
from simulator.parameters import Parameters

DEFAULT_RECV_WINDOW = 5000
AHEAD_MS = 1000
_FIELD = "signature="


def check_key(sent: str | None, known: str) -> None:
    """A missing key has no format; a wrong one no permission."""
    if not sent:
        raise refusal(-2014)
    if not hmac.compare_digest(sent.encode(), known.encode()):
        raise refusal(-2015)


def check_signature(raw_query: str, raw_body: str, secret: bytes) -> None:
    """The signature covers raw query + raw body and stands last in one of them."""
    query, in_query = _without_signature(raw_query)
    body, in_body = _without_signature(raw_body)
    sent = in_query or in_body
    if sent is None:
        raise refusal(-1102, "signature")
    expected = hmac.digest(secret, (query + body).encode(), "sha256").hex()
    if not hmac.compare_digest(expected.encode(), sent.lower().encode()):
        raise refusal(-1022)


def check_window(parameters: Parameters, clock: Clock) -> tuple[int, int]:
    """Timestamp and receive window of a request that arrived in time."""
    timestamp = parameters.required_integer("timestamp")
    window = parameters.integer("recvWindow")
    if window is None:
        window = DEFAULT_RECV_WINDOW
    elif window <= 0:
        raise refusal(-1130, "recvWindow")
    now = clock.now_ms()
    if timestamp >= now + AHEAD_MS:
        raise refusal(-1021, "was 1000ms ahead of the server's time")
    if now - timestamp > window:
        raise refusal(-1021, "is outside of the recvWindow")
    return timestamp, window


def _without_signature(raw: str) -> tuple[str, str | None]:
    if raw.startswith(_FIELD):
        head, value = "", raw[len(_FIELD) :]
    else:
        head, found, value = raw.rpartition("&" + _FIELD)
        if not found:
            return raw, None
    return head, value  # what follows a signature counts as part of it, so such a signature never fits
