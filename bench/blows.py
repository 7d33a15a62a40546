"""Closes under way, something killed under them, and the seconds until they go on."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from bench.crew import Crew
from bench.series import POSITIONS
from contracts.names import STREAM_RESULT
from harvest.drill.book import ExchangeBook
from harvest.drill.post import Post
from harvest.mailbox import entry_ms
from harvest.outside import OutsideWorld
from harvest.stack import Stack
from kernel.settle import DEFAULT_RULES

RESULT_TIMEOUT_S = 60.0
_HANGS_MS = 30_000
"""How late an answer comes that is meant never to come."""
_SPREAD_S = 0.8
"""Kills are spread over this time after the order's arrival: before, between and after heartbeats."""
_IN_FLIGHT_MS = 1500
_LOOK_EVERY_S = 0.005
_LATEST = 100
_OURS = "hv-"

Row = dict[str, Any]
"""Of the exchange's ledger."""


@dataclass(frozen=True)
class Sent:
    """A decision on the stream."""

    symbol: str
    entry_id: str


class Blows:
    """Each method is one blow; None or no blow is the same closes undisturbed."""

    def __init__(self, stack: Stack, crew: Crew, post: Post, outside: OutsideWorld, book: ExchangeBook) -> None:
        self._stack = stack
        self._crew = crew
        self._post = post
        self._outside = outside
        self._book = book
        self._decided = 0

    async def warm_up(self) -> None:
        """Both workers have closed something."""
        for _ in range(3):
            await self.together()

    async def executed(self, share: float | None) -> float:
        """Seconds from the kill (without one: from the order's arrival) to the published result.

        Args:
            share: of the time in which kills are spread; None: no kill.
        """
        sent, arrived = await self._in_flight("executed_delay", "SOLUSDT")
        began_ms = arrived["arrived_ms"]
        dead = None
        if share is not None:
            dead, began_ms = await self._kill(sent.symbol, share)
        took_ms = float(await self._published_ms(sent) - began_ms)
        await self._whole_again(sent, dead)
        return took_ms / 1000

    async def never_executed(self, share: float | None) -> float:
        """Seconds from the fence to the arrival of the next attempt.

        The fence, by the exchange's clock, is where it refuses the first order for sure, and its margin.
        """
        sent, arrived = await self._in_flight("refused_hang", "ETHUSDT")
        ticket = arrived["params"]
        fence_ms = int(ticket["timestamp"]) + int(ticket["recvWindow"]) + DEFAULT_RULES.margin_ms
        dead = (await self._kill(sent.symbol, share))[0] if share is not None else None
        await self._published_ms(sent)
        first, second = (await self._orders(sent.symbol))[-2:]
        if first["arrived_ms"] != arrived["arrived_ms"]:
            raise RuntimeError(f"{sent} was not sent twice: {first}, {second}")
        await self._whole_again(sent, dead)
        return float(second["arrived_ms"] - fence_ms) / 1000

    async def together(self) -> list[float]:
        """Closes at once, undisturbed: seconds from the decision to the result."""
        began_ms = time.time_ns() / 1e6
        return await self._until_results(await self._decide_all(), began_ms)

    async def server(self, name: str, away_s: float) -> list[float]:
        """Orders are in flight while a server is killed: seconds from its first answer to each result."""
        for symbol in POSITIONS:
            await self._arm("executed_delay", symbol, _IN_FLIGHT_MS)
        known = {symbol: len(await self._orders(symbol)) for symbol in POSITIONS}
        sent = await self._decide_all()
        for symbol in POSITIONS:
            await self._order(symbol, known[symbol])
        await self._stack.kill_server(name)
        return await self._until_results(sent, await self._back(name, away_s))

    async def decided_while_away(self, away_s: float) -> list[float]:
        """Temporal is away when decisions arrive: seconds from its first answer to each result."""
        await self._stack.kill_server("temporal")
        return await self._until_results(await self._decide_all(), await self._back("temporal", away_s))

    async def decided_when_back(self, away_s: float) -> list[float]:
        """Redis was away; decisions arrive as soon as it is back: seconds to each result."""
        await self._stack.kill_server("redis")
        back_ms = await self._back("redis", away_s)
        return await self._until_results(await self._decide_all(), back_ms)

    async def _in_flight(self, fault: str, symbol: str) -> tuple[Sent, Row]:
        """A close whose order is at the exchange and whose answer is not back."""
        await self._arm(fault, symbol, _HANGS_MS)
        known = len(await self._orders(symbol))
        return await self._decide(symbol), await self._order(symbol, known)

    async def _kill(self, symbol: str, share: float) -> tuple[str, int]:
        await asyncio.sleep(share * _SPREAD_S)
        owner = await self._crew.owner(symbol)
        return owner, await self._crew.kill(owner)

    async def _back(self, name: str, away_s: float) -> float:
        """Start a server again; when it answered, in epoch milliseconds."""
        await asyncio.sleep(away_s)
        await self._stack.start_server(name)
        return time.time_ns() / 1e6

    async def _decide_all(self) -> list[Sent]:
        return [await self._decide(symbol) for symbol in POSITIONS]

    async def _decide(self, symbol: str) -> Sent:
        await self._outside.open_position(symbol, "LONG", POSITIONS[symbol])
        self._decided += 1
        return Sent(symbol, await self._post.add({"symbol": symbol, "action": "CLOSE"}, str(self._decided)))

    async def _until_results(self, sent: Iterable[Sent], began_ms: float) -> list[float]:
        took = []
        for each in sent:
            took.append((await self._published_ms(each) - began_ms) / 1000)
            await self._whole_again(each, None)
        return took

    async def _published_ms(self, sent: Sent) -> int:
        if not await self._post.answered({sent.entry_id}, RESULT_TIMEOUT_S):
            raise RuntimeError(f"{sent} has no result")
        stream_id, outcome = await self._result(sent.entry_id)
        if outcome != "CLOSED_FLAT":
            raise RuntimeError(f"{sent} did not close: {outcome}")
        return entry_ms(stream_id)

    async def _result(self, entry_id: str) -> tuple[str, str]:
        """Id and outcome of the record, from the stream itself; over a connection that no kill has broken."""
        async with Redis.from_url(self._stack.redis_url, decode_responses=True) as redis:
            latest: Any = await redis.xrevrange(STREAM_RESULT, count=_LATEST)
        return next((number, row["outcome"]) for number, row in latest if row.get("entry_id") == entry_id)

    async def _whole_again(self, sent: Sent, dead: str | None) -> None:
        """The close has ended and both workers work."""
        await self._crew.ended(sent.symbol)
        await self._book.calm()
        if dead is not None:
            await self._crew.replace(dead)

    async def _arm(self, kind: str, symbol: str, delay_ms: int) -> None:
        await self._book.strike({"kind": kind, "symbol": symbol, "delay_ms": delay_ms, "only": "reducing"})

    async def _order(self, symbol: str, known: int) -> Row:
        """The next order of ours, as soon as it has arrived."""
        async with asyncio.timeout(RESULT_TIMEOUT_S):
            while True:
                orders = await self._orders(symbol)
                if len(orders) > known:
                    return orders[known]
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _orders(self, symbol: str) -> list[Row]:
        """Every order of ours that physically arrived, in order."""
        rows = (await self._book.ask("GET", f"/sim/ledger?symbol={symbol}&client_order_id_prefix={_OURS}"))["requests"]
        return list(rows)
