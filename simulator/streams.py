"""The WebSocket side: which address leads where, and the connections' upkeep."""

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from simulator.exchange import Exchange
from simulator.market_stream import MarketStream
from simulator.stream_connection import Connection
from simulator.user_stream import UserStream

CATEGORIES = frozenset({"private", "market", "public"})
TEND_EVERY_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client connects. `category` is empty for the old address without one: it serves public data alone."""

    category: str
    combined: bool
    streams: list[str]

    @classmethod
    def parse(cls, path: str, query: str) -> "Address | None":
        """The address, or None when the path is none of a stream's."""
        parts = path.strip("/").split("/")
        category = parts.pop(0) if parts[0] in CATEGORIES else ""
        if not parts or parts[0] not in {"ws", "stream"}:
            return None
        pairs = parse_qsl(query)
        streams = [name for key, value in pairs if key == "streams" for name in _names(value)]
        if parts[0] == "ws":
            streams += [f"{name}{_events(pairs)}" if category == "private" else name for name in parts[1:]]
        return cls(category, parts[0] == "stream", streams + _keys(pairs))


def _names(text: str) -> list[str]:
    return [name for name in text.split("/") if name]


def _events(pairs: list[tuple[str, str]]) -> str:
    wanted = next((value for key, value in pairs if key == "events"), "")
    return f"@{wanted}" if wanted else ""


def _keys(pairs: list[tuple[str, str]]) -> list[str]:
    """Each listenKey with the events that follow it in the query."""
    keys: list[str] = []
    for name, value in pairs:
        if name == "listenKey":
            keys.append(value)
        elif name == "events" and keys:
            keys[-1] += f"@{value}"
    return keys


class Streams:
    """All open connections to one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.user = UserStream(exchange)
        self._market = MarketStream(exchange)
        self._exchange = exchange
        self._open: list[Connection] = []
        self._tending: asyncio.Task[None] | None = None

    async def serve(self, address: Address, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one connection from handshake to end."""
        connection = Connection(self._exchange.clock, address.streams, combined=address.combined)
        self._open.append(connection)
        if self._tending is None:
            self._tending = asyncio.create_task(self._tend())
        private = address.category == "private"
        if private:
            self.user.join(connection)
        else:
            self._market.join(connection, address.category or "public")
        try:
            return await connection.serve(request)
        finally:
            (self.user if private else self._market).leave(connection)
            self._open.remove(connection)

    def cut(self) -> None:
        """End all without a word."""
        for connection in self._open:
            connection.abort()

    async def _tend(self) -> None:
        while self._open:
            self._exchange.listen_keys.lapse()
            for connection in self._open:
                connection.tend()
            await asyncio.sleep(TEND_EVERY_SECONDS)
        self._tending = None
