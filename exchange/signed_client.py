"""python-binance's client with our own signing, transport and error reading.

What the library does otherwise, and why it must not here:

* it signs the instant of *sending* and overwrites a caller's timestamp: a worker that was paused between deciding and
  sending would then send a fresh-looking order long after somebody else concluded that it was dead;
* it overwrites a caller's recvWindow with its own 10 s;
* it takes its clock offset from the Spot exchange, once;
* it percent-encodes a form after signing it, which invalidates the signature of some client order ids;
* it follows redirects (a 307 repeats a POST), and keeps the answer of the latest call in a shared attribute.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
from binance import AsyncClient
from opentelemetry.trace import Span
from yarl import URL

from contracts.mode import Venue
from contracts.order import Verdict
from exchange import allowance, tracing
from exchange.background import is_background
from exchange.call import Call
from exchange.classify import Classification, Scope, classify
from exchange.clock import ExchangeClock
from exchange.endpoint import ExchangeEndpoint
from exchange.failure import Failure, FailureKind, answered
from exchange.limits import Limits, Passage, Wait
from exchange.turnstile import Turnstile

READ_RECV_WINDOW_MS: Final = 5000
_READ_PATIENCE_S: Final = 1.0
"""How long a close's read waits for its turn. A longer wait is better a durable timer of the workflow."""

_NEVER_WRITTEN: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
_MAYBE_WRITTEN: Final = (TimeoutError, aiohttp.ClientError, OSError)
_NEW_ORDER: Final = frozenset({"newClientOrderId", "triggerPrice"})
"""What only a new order has, a regular or a conditional one."""
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class CallFailed(Exception):
    """A call did not bring what was asked for. Stays inside this package.

    Args:
        failure: what happened.
        meaning: what it says about an order.
    """

    def __init__(self, failure: Failure, meaning: Classification) -> None:
        super().__init__(failure.describe())
        self.failure = failure
        self.meaning = meaning


class SignedClient(AsyncClient):  # type: ignore[misc]  # the library is not typed
    """One session to one futures host. Construct inside a running loop; close with ``close_connection``."""

    def __init__(self, endpoint: ExchangeEndpoint, clock: ExchangeClock, limits: Limits) -> None:
        self._limits = limits
        self._turnstile = Turnstile(limits)
        self._clock = clock
        self._origin = endpoint.origin
        self._host = URL(endpoint.origin).host or ""
        self._propagates_trace = endpoint.venue is Venue.SIMULATOR
        self._read_timeout = timeout_of(endpoint.read_timeout)
        super().__init__(endpoint.api_key.get_secret_value(), endpoint.api_secret.get_secret_value())
        self.FUTURES_URL = f"{endpoint.origin}/fapi"

    async def exchange_info(self, timeout: aiohttp.ClientTimeout) -> object:  # noqa: ASYNC109
        """All symbols' filters, with a timeout of its own, which the library's method does not take."""
        return await self._request_futures_api("get", "exchangeInfo", data={"requests_params": {"timeout": timeout}})

    async def account_totals(self) -> object:
        """The third version of the account, which the library does not know."""
        return await self._request_futures_api("get", "account", True, version=3)

    def _get_headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "User-Agent": "harvest", "X-MBX-APIKEY": self.API_KEY}

    def _init_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            headers=self._get_headers(),
            # Wide enough that an order never queues for a connection behind the reads of other closes.
            connector=aiohttp.TCPConnector(limit=256, ttl_dns_cache=300),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._read_timeout,
        )

    def _get_request_kwargs(
        self, method: str, signed: bool, force_params: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        """Sign, with the caller's own timestamp and recvWindow where it gives them. What is signed is what is sent."""
        values: dict[str, Any] = dict(kwargs.get("data") or {})
        overrides = {"timeout": self._read_timeout, **values.pop("requests_params", {})}
        overrides.pop("urgency", None)
        if signed:
            values.setdefault("recvWindow", READ_RECV_WINDOW_MS)
            values.setdefault("timestamp", self._clock.now_ms())
        encoded = urlencode([(name, _wire_text(name, value)) for name, value in values.items()])
        if signed:
            encoded = f"{encoded}&signature={self._hmac_signature(encoded)}"
        in_body = method.lower() == "post" and not force_params
        return {**overrides, "data" if in_body else "query": encoded}

    async def _request(self, method: str, uri: str, signed: bool, force_params: bool = False, **kwargs: Any) -> object:
        """One HTTP call, sent once.

        Raises:
            CallFailed: anything but a 2xx answer with JSON. Raised outside of every ``except``, so that no exception
                with a signed URL in its text hangs on to it.
        """
        call = self._describe(method, uri, kwargs.get("data") or {})
        span = tracing.start(call)
        try:
            # Signed when its turn has come: a read that had to wait would be too old otherwise.
            prepare = partial(self._get_request_kwargs, method, signed, force_params, **kwargs)
            outcome = await self._attempt(call, span, prepare)
            if isinstance(outcome, Failure):
                tracing.failed(span, outcome)
        finally:
            span.end()
        if isinstance(outcome, Failure):
            raise CallFailed(outcome, classify(outcome, self._clock.now_ms()))
        return outcome

    async def _attempt(self, call: Call, span: Span, prepare: Callable[[], Mapping[str, Any]]) -> object:
        if self.session.closed:
            return Failure(FailureKind.NOT_SENT, detail="session closed")
        passage = await self._turnstile.enter(call)
        if isinstance(passage, Wait):
            return Failure(FailureKind.HELD_BACK, detail=passage.why, retry_after_ms=passage.ms)
        answered, sent = False, True
        try:
            headers, outcome = await self._exchange(call, span, prepare())
            answered = True
        except _NEVER_WRITTEN as error:
            sent = False
            return Failure(FailureKind.NOT_SENT, detail=type(error).__name__)
        except _MAYBE_WRITTEN as error:
            return Failure(FailureKind.LOST, detail=type(error).__name__)
        finally:
            if not answered:
                self._limits.lost(passage, sent=sent)
            self._turnstile.nudge()
        self._learn(call, passage, headers, outcome)
        return outcome

    async def _exchange(self, call: Call, span: Span, prepared: Mapping[str, Any]) -> tuple[Mapping[str, str], object]:
        query, body = prepared.get("query"), prepared.get("data")
        address = f"{self._origin}{call.path}"
        async with self.session.request(
            call.method,
            URL(f"{address}?{query}" if query else address, encoded=True),
            data=None if body is None else body.encode(),
            headers=self._headers(span, form=body is not None),
            timeout=prepared["timeout"],
            allow_redirects=False,  # a 307 would repeat a POST
        ) as response:
            span.set_attribute("http.response.status_code", response.status)
            content = _content(response.status, await response.read(), response.headers)
            return response.headers, self._without_ours(content) if isinstance(content, Failure) else content

    def _without_ours(self, failure: Failure) -> Failure:
        """Whatever an answer echoes, our credentials go no further."""
        return replace(failure, text=failure.text.replace(self.API_KEY, "***").replace(self.API_SECRET, "***"))

    def _learn(self, call: Call, passage: Passage, headers: Mapping[str, str], outcome: object) -> None:
        """What every answer says about our budgets, and a refusal about the gates."""
        if not isinstance(outcome, Failure):
            self._limits.answered(passage, headers, refused=False)
            return
        meaning = classify(outcome, self._clock.now_ms())
        self._limits.answered(passage, headers, refused=meaning.verdict is Verdict.REFUSED)
        if (scope := meaning.throttles) is None:
            return
        self._limits.adopt(allowance.of_refusal(outcome.text))
        # An order costs no weight: one that is refused for it tells that nothing of ours is welcome.
        everything = scope is Scope.WEIGHT and call.places_order
        self._limits.close(Scope.ADDRESS if everything else scope, meaning.retry_after_ms)

    def _headers(self, span: Span, *, form: bool) -> dict[str, str]:
        headers = dict(_FORM) if form else {}
        if self._propagates_trace and (parent := tracing.traceparent(span)):
            headers["traceparent"] = parent
        return headers

    def _describe(self, method: str, uri: str, values: Mapping[str, Any]) -> Call:
        path, order_ids = uri.removeprefix(self._origin), ("newClientOrderId", "origClientOrderId", "clientAlgoId")
        return Call(
            method.upper(),
            path,
            self._host,
            values.get("symbol"),
            next((values[name] for name in order_ids if name in values), None),
            urgency=values.get("requests_params", {}).get("urgency", 0),
            background=is_background(),
            patience_s=self._patience_s(values),
        )

    def _patience_s(self, values: Mapping[str, Any]) -> float:
        """How long the call may wait for its turn: an order as long as half of its window is left for its way."""
        if not _NEW_ORDER & values.keys():
            return 0.0 if is_background() else _READ_PATIENCE_S
        window = int(values.get("recvWindow", 0))
        left = int(values.get("timestamp", 0)) + window - self._clock.now_ms()
        return min(window, max(0, left)) / 2000


def timeout_of(seconds: float) -> aiohttp.ClientTimeout:
    """A connection that does not come about in half the time is given up: that still proves that nothing was sent."""
    return aiohttp.ClientTimeout(total=seconds, connect=seconds / 2)


def _wire_text(name: str, value: object) -> str:
    """Text as the exchange reads it. Python's own text for a bool ("True") or a float (1e-05) is not."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise TypeError(f"{name}: {type(value).__name__} has no safe text on the wire; use str, int or Decimal")


def _content(status: int, body: bytes, headers: Mapping[str, str]) -> object:
    if not 200 <= status < 300:
        return answered(status, body, headers)
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return answered(status, body, headers)
