"""The account's user stream: one WebSocket that is kept up, and reports how it is.

Nothing waits for it. Whatever it tells is a hint (:class:`exchange.port.FillFeed`); while it is away, everything is
read as if it did not exist. Every process has its own.
"""

import asyncio
import random
import traceback
from dataclasses import dataclass
from typing import Final

import aiohttp
import structlog

from contracts.errors import ExchangeError, ExchangeThrottled
from exchange.listen_key import ListenKeys
from exchange.upkeep import Upkeep
from exchange.user_stream_events import KeyExpired, read_event
from exchange.user_stream_fills import ToldFills
from exchange.user_stream_health import StreamHealth, StreamRecord
from exchange.wire import UnreadableAnswer

_CONNECTION_ERRORS: Final = (aiohttp.ClientError, OSError, TimeoutError)
_DOUBT_AFTER: Final = 3
"""Executed orders in a row without a word about them: an address that exists but tells nothing (the old, unrouted one
does that) looks alive in every other way."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """All in seconds."""

    renew_key: float = 30 * 60.0
    """The exchange forgets a key after an hour."""
    ping: float = 15.0
    """How long nothing may be heard before we ask. Half of it later, still without a word, the connection is dead."""
    connect: float = 5.0
    first_retry: float = 0.2
    longest_retry: float = 30.0
    settled: float = 10.0
    """A connection that lived for so long was a good one: the next retry is the first again."""
    silence: float = 10.0
    """How late the word about an order may be before a stream that says nothing at all is doubted."""
    tend: float = 1.0
    """Between two looks at the key's age and at what was not told."""


class UserStream:
    """Keeps one connection. :meth:`start` in a running loop, :meth:`stop` at the end.

    Args:
        keys: where the listen key comes from.
        origins: addresses to try in turn, as wss://host.
        fills: who remembers what is told.
        timing: how often and how patiently.
    """

    def __init__(
        self, keys: ListenKeys, origins: tuple[str, ...], fills: ToldFills, timing: StreamTiming | None = None
    ) -> None:
        self._keys = keys
        self._origins = origins
        self._fills = fills
        self._timing = timing or StreamTiming()
        self._record = StreamRecord()
        self._upkeep = Upkeep(self._tend, every_s=self._timing.tend, retry_s=20 * self._timing.tend)
        self._task: asyncio.Task[None] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._key: str | None = None
        self._failures = 0
        self._turn = 0

    @property
    def health(self) -> StreamHealth:
        """How it is now."""
        return self._record.health

    def start(self) -> None:
        """Begin; returns at once, connected or not."""
        self._task = asyncio.create_task(self._run(), name="user-stream")
        self._upkeep.start()

    async def stop(self) -> None:
        """End it and wait until it has ended."""
        try:
            await self._upkeep.stop()
        finally:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            asked_wait_s = 0.0
            self._record.trying()
            try:
                problem = await self._one_connection()
            except ExchangeThrottled as throttled:
                problem, asked_wait_s = f"no listen key: {throttled}", throttled.retry_after_ms / 1000
            except ExchangeError as failed:
                problem = f"no listen key: {failed}"
            except _CONNECTION_ERRORS as failed:
                problem = f"no connection ({type(failed).__name__})"  # its own text has the listen key in it
            except Exception as defect:  # a defect of ours may cost hints; it must not end the stream for good
                problem = f"a defect ({type(defect).__name__} in {_where(defect)})"
                _log.error("user stream defective", problem=problem)  # no traceback: the key is in it
            self._record.ended(problem)
            await self._pause(asked_wait_s)

    async def _one_connection(self) -> str:
        """Connect and listen until it ends; returns why it ended."""
        key = self._key = await self._keys.obtain()
        self._record.key_good()
        origin = self._origins[self._turn % len(self._origins)]
        session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        async with session, await self._connect(session, f"{origin}/private/ws/{key}") as socket:
            self._record.connected()
            _log.info("user stream connected", origin=origin, connections=self._record.connections)
            self._socket = socket
            try:
                self._fills.gap()
                return await self._listen(socket, key)
            finally:
                self._fills.ended_telling()
                self._socket = None

    async def _connect(self, session: aiohttp.ClientSession, address: str) -> aiohttp.ClientWebSocketResponse:
        async with asyncio.timeout(self._timing.connect):
            return await session.ws_connect(
                address, heartbeat=self._timing.ping, autoping=False, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)
            )

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, key: str) -> str:
        async for message in socket:
            self._record.heard()
            if message.type is aiohttp.WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT and self._says_expired(message.data, key):
                return "the listen key expired"
            elif message.type is aiohttp.WSMsgType.ERROR:
                break
        failure = socket.exception()
        return f"the connection ended ({type(failure).__name__ if failure else socket.close_code})"

    def _says_expired(self, text: str, key: str) -> bool:
        """Take one message; returns whether it says that no others will come."""
        try:
            event = read_event(text)
        except UnreadableAnswer as unreadable:
            self._record.unreadable += 1
            _log.warning("user stream message not understood", reason=str(unreadable), times=self._record.unreadable)
            return False
        self._record.told()
        self._fills.take(event)
        return isinstance(event, KeyExpired) and event.key in (None, key)

    async def _pause(self, at_least_s: float) -> None:
        """Before the next connection: doubling, with jitter, so that the workers do not all come back at once."""
        lived = self._record.connection_age
        if lived is None:
            self._turn += 1  # never got there: perhaps it is the address
        self._failures = 0 if lived is not None and lived >= self._timing.settled else self._failures + 1
        doubled = self._timing.first_retry * 2 ** min(self._failures, 16)
        wait_s = min(self._timing.longest_retry, doubled) * random.uniform(0.5, 1)  # noqa: S311 - jitter, no secret
        wait_s = max(wait_s, at_least_s)
        _log.warning("user stream away; closes read all", reason=self._record.problem, retry_s=round(wait_s, 2))
        await asyncio.sleep(wait_s)

    async def _tend(self) -> None:
        """Renew the key in time, and give up a connection that tells nothing."""
        if self._key is not None and (self._record.key_age or 0) >= self._timing.renew_key:
            renewed = await self._keys.renew(self._key)
            self._record.key_good()
            if renewed != self._key:
                await self._give_up("the listen key is another one now")
        if self._socket is not None and self._fills.silent(_DOUBT_AFTER, self._timing.silence):
            self._turn += 1
            await self._give_up(f"{_DOUBT_AFTER} orders executed and it told of none")

    async def _give_up(self, why: str) -> None:
        if self._socket is not None:
            _log.warning("user stream given up", reason=why)
            await self._socket.close()


def _where(defect: Exception) -> str:
    last = traceback.extract_tb(defect.__traceback__)[-1]
    return f"{last.name}, line {last.lineno}"
