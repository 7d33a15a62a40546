"""A stub of the exchange for what happens on the wire: each call is recorded, each answer is scripted."""

import asyncio
import hashlib
import hmac
import json
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from aiohttp import web

KEY = "K" * 64
SECRET = "S" * 64


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    call: str
    """Method and path."""
    raw: str
    """Query or body, undecoded."""
    headers: dict[str, str]

    @property
    def values(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw, keep_blank_values=True))

    @property
    def genuine(self) -> bool:
        """Whether the signature is the last parameter and fits what precedes it."""
        signed, _, signature = self.raw.rpartition("&signature=")
        return signature == hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What to answer once."""

    content: object = field(default_factory=dict)
    """JSON, or text as it is."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    cut: bool = False
    """Reset the connection instead of answering."""
    cut_body: bool = False
    """Announce more body than is sent, then reset."""


class StubExchange:
    """One local server. Unscripted calls are answered 404."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.url = ""
        self.clock_ahead_ms = 0
        self._once: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._always: dict[str, Answer] = {}
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.1)

    def script(self, call: str, *answers: Answer) -> None:
        """Answer the next calls of that kind so."""
        self._once[call].extend(answers)

    def always(self, call: str, answer: Answer) -> None:
        """Answer every unscripted call of that kind so."""
        self._always[call] = answer

    def calls(self, call: str) -> list[Received]:
        return [request for request in self.received if request.call == call]

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        call = f"{request.method} {request.path}"
        raw = await request.text() if request.method == "POST" else request.rel_url.raw_query_string
        self.received.append(Received(call, raw, dict(request.headers)))
        answer = self._once[call].popleft() if self._once[call] else self._always.get(call) or self._default(call)
        await asyncio.sleep(answer.delay_s)
        if answer.cut:
            _reset(request)
        if answer.cut_body:
            return await _half(request, answer)
        return _response(answer)

    def _default(self, call: str) -> Answer:
        if call == "GET /fapi/v1/time":
            return Answer({"serverTime": now_ms() + self.clock_ahead_ms})
        if call == "GET /fapi/v1/exchangeInfo":
            return Answer({"symbols": []})
        return Answer("not scripted", status=404)


def now_ms() -> int:
    """The host's clock, which is the stub's."""
    return int(time.time() * 1000)


def _response(answer: Answer) -> web.Response:
    if isinstance(answer.content, str):
        kind = "text/html" if answer.content.startswith("<") else "text/plain"
        return web.Response(text=answer.content, status=answer.status, headers=answer.headers, content_type=kind)
    body = json.dumps(answer.content)
    return web.Response(text=body, status=answer.status, headers=answer.headers, content_type="application/json")


def _reset(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()


async def _half(request: web.Request, answer: Answer) -> web.StreamResponse:
    body = json.dumps(answer.content).encode()
    response = web.StreamResponse(status=answer.status, headers={"Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    _reset(request)
    return response
