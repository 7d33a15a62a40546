"""One WebSocket: what it follows, what goes out, what its client asks for."""

import asyncio
import json
from collections import deque
from collections.abc import Callable

from aiohttp import WSMsgType, web

from simulator.call import encode
from simulator.clock import Clock

PING_EVERY_MS = 3 * 60_000
PONG_WITHIN_MS = 10 * 60_000
LONGEST_MS = 24 * 3600_000
REQUESTS_PER_SECOND = 10
MOST_STREAMS = 1024
POLICY_VIOLATION = 1008
GOING_AWAY = 1001

Row = dict[str, object]
NEVER = float("-inf")


class Connection:
    """A client's connection. `followed` names what it has subscribed to; `changed` is told of each subscription."""

    def __init__(self, clock: Clock, streams: list[str], *, combined: bool) -> None:
        self.followed = dict.fromkeys(streams)
        self.changed: Callable[[], None] = lambda: None
        self._combined = combined
        self._clock = clock
        self._socket = web.WebSocketResponse(autoping=False, compress=False)
        self._outgoing: asyncio.Queue[str | bytes | int | None] = asyncio.Queue()
        self._transport: asyncio.Transport | None = None
        self._silent = False
        self._opened = self._pinged = clock.now_ms()
        self._unanswered: int | None = None
        self._asked: deque[float] = deque([NEVER] * REQUESTS_PER_SECOND, REQUESTS_PER_SECOND)

    async def serve(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """Run until either side ends it."""
        await self._socket.prepare(request)
        self._transport = request.transport
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._answer(message.data)
                elif message.type is WSMsgType.PING:
                    await self._socket.pong(message.data)
                elif message.type is WSMsgType.PONG:
                    self._unanswered = None
        finally:
            writer.cancel()
        return self._socket

    def send(self, stream: str, text: str) -> None:
        """Send one message of a stream, wrapped with its name on a combined connection."""
        if not self._silent:
            self._outgoing.put_nowait(f'{{"stream":{encode(stream)},"data":{text}}}' if self._combined else text)

    def silence(self) -> None:
        """Stay open, carry no message any more."""
        self._silent = True

    def cut(self) -> None:
        """End it without a word, behind what is still to be sent."""
        self._outgoing.put_nowait(None)

    def abort(self) -> None:
        """End it without a word, at once."""
        if self._transport is not None:
            self._transport.abort()

    def close(self, code: int = GOING_AWAY) -> None:
        """End it properly, behind what is still to be sent."""
        self._outgoing.put_nowait(code)

    def tend(self) -> None:
        """Ping every three minutes, give up ten after an unanswered ping or after a day: by the exchange's clock."""
        now = self._clock.now_ms()
        waited = 0 if self._unanswered is None else now - self._unanswered
        if now - self._opened >= LONGEST_MS or waited >= PONG_WITHIN_MS:
            self.close()
        elif now - self._pinged >= PING_EVERY_MS:
            self._pinged = now
            self._unanswered = self._unanswered or now
            self._outgoing.put_nowait(str(now).encode())

    async def _write(self) -> None:
        while True:
            item = await self._outgoing.get()
            if item is None:
                self.abort()
                return
            if isinstance(item, int):
                await self._socket.close(code=item)
                return
            try:
                await (self._socket.send_str(item) if isinstance(item, str) else self._socket.ping(item))
            except ConnectionError:
                return  # the reading side ends as well

    def _answer(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._asked[0] < 1:
            self.close(POLICY_VIOLATION)
            return
        self._asked.append(now)
        self._outgoing.put_nowait(encode(self._asked_for(text)))

    def _asked_for(self, text: str) -> Row:
        try:
            asked = json.loads(text)
        except json.JSONDecodeError as error:
            return _refused(None, 3, f"Invalid JSON: {error.msg} at line {error.lineno} column {error.colno}")
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
            return _refused(None, 2, "Invalid request: request must be an object with a method")
        return self._obey(asked.get("id"), asked["method"], asked.get("params", []))

    def _obey(self, number: object, method: str, params: object) -> Row:
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": list(self.followed), "id": number}
        if method in {"SET_PROPERTY", "GET_PROPERTY"}:
            return self._property(number, method, params)
        if method not in {"SUBSCRIBE", "UNSUBSCRIBE"}:
            return _refused(number, 2, f"Invalid request: unknown variant {method}")
        if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
            return _refused(number, 2, "Invalid request: params must be an array of stream names")
        for name in params:
            if method == "SUBSCRIBE":
                self.followed[name] = None
            else:
                self.followed.pop(name, None)
        if len(self.followed) > MOST_STREAMS:
            self.close(POLICY_VIOLATION)
        self.changed()
        return {"result": None, "id": number}

    def _property(self, number: object, method: str, params: object) -> Row:
        if not isinstance(params, list) or not params or params[0] != "combined":
            return _refused(number, 0, "Unknown property")
        if method == "GET_PROPERTY":
            return {"result": self._combined, "id": number}
        if len(params) != 2 or not isinstance(params[1], bool):
            return _refused(number, 1, "Invalid value type: expected Boolean")
        self._combined = params[1]
        return {"result": None, "id": number}


def _refused(number: object, code: int, msg: str) -> Row:
    return {"error": {"code": code, "msg": msg}, "id": number}
