"""Plays the scripted market on a running stack: everybody else's part, the kill in the middle, and the waiting."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from decimal import Decimal
from functools import partial

import aiohttp

from harvest.demo_stage import Stage
from harvest.market_evidence import MarketKill
from harvest.market_script import (
    AFTER_KILL,
    BEFORE_KILL,
    CALM,
    EXPECTED,
    HOLDINGS,
    QUIET,
    RISE_4R,
    RISK,
    UNWATCHED,
    Beat,
    Expected,
    Holding,
)
from harvest.market_tape import Tape
from harvest.market_world import MarketWorld

WATCHING = {"HARVEST_WATCH": "true", "HARVEST_WATCH_INTERVAL": "0.25"}
ANSWER_DELAY_MS = 3000
"""How late the exchange answers the order in flight: long enough to kill in between, whatever the machine."""
PATIENCE_S = 30.0
"""For each beat. What has not come then is missing in the proofs."""
_ARRIVAL_TIMEOUT_S = 15.0
_LOOK_INTERVAL_S = 0.05

Say = Callable[[str], None]


class MarketStage:
    """Everybody but Harvest, in a market that moves."""

    def __init__(self, stage: Stage, world: MarketWorld, tape: Tape, say: Say) -> None:
        self._stage = stage
        self._world = world
        self._tape = tape
        self._say = say

    async def begin(self) -> None:
        """Positions are opened while a worker with the watch on takes the place of the one without."""
        stack = self._stage.stack
        await self._world.rules_of_all(QUIET)
        await stack.stop_worker()
        starting = asyncio.create_task(stack.start_worker(WATCHING))
        try:
            for held in HOLDINGS:
                await self._open(held)
        finally:
            await starting
        await self._until(self._seen)
        self._say(f"{len(HOLDINGS)} positions are open, and the watch sees them")

    async def play(self) -> MarketKill | None:
        """Every beat of the script; what the kill came to."""
        for beat in BEFORE_KILL:
            await self._play(beat)
        kill = await self._play_over_kill()
        for beat in AFTER_KILL:
            await self._play(beat)
        return kill

    async def still_open(self) -> tuple[str, ...] | None:
        """What is open at the end, once the stops are cleared away after their positions; None if nobody can say."""
        try:
            for symbol in {one.symbol for one in EXPECTED if one.stop is not None}:
                await self._until(partial(self._rests_nothing, symbol))
            return tuple(await self._stage.witness.open_things())
        except aiohttp.ClientError:
            return None

    async def _play(self, beat: Beat) -> None:
        self._say(beat.says)
        await self._happen(beat)
        for symbol, best in beat.best.items():
            await self._until(partial(self._has_seen, symbol, Decimal(best)))
        await self._decided(beat.expects)

    async def _happen(self, beat: Beat) -> None:
        for symbol, rules in beat.rules.items():
            await self._world.rules(symbol, rules)
        for held in beat.opens:
            await self._open(held)
        for symbol, rate in beat.funding.items():
            await self._stage.outside.bleed(symbol, rate)
        for symbol, state in beat.markets.items():
            await self._world.market(symbol, state)
        for symbol, price in beat.prices.items():
            await self._stage.outside.move_price(symbol, price)

    async def _play_over_kill(self) -> MarketKill | None:
        """Kill with an order at the exchange and unanswered; let more come due; start another one."""
        stack, outside = self._stage.stack, self._stage.outside
        (flying,) = RISE_4R.expects
        self._say(RISE_4R.says)
        await outside.delay_answer(flying.symbol, ANSWER_DELAY_MS)
        since = _now_ms()
        await self._happen(RISE_4R)
        arrived = await outside.order_arrives(flying.symbol, since, timeout_s=_ARRIVAL_TIMEOUT_S)
        if arrived is None:
            return None
        dead = await stack.kill_worker()
        killed_ms = _now_ms()
        await self._happen(UNWATCHED)
        due_ms = _now_ms()
        successor = await stack.start_worker(WATCHING)
        await self._decided((*RISE_4R.expects, *UNWATCHED.expects))
        return MarketKill(
            symbol=flying.symbol,
            name=flying.name,
            killed_pid=dead.pid,
            new_pid=successor.pid,
            watching_pid=await self._stage.watching_pid(),
            arrived_ms=int(arrived.arrived_ms),
            answer_due_ms=int(arrived.arrived_ms) + ANSWER_DELAY_MS,
            killed_ms=killed_ms,
            due_ms={(one.symbol, one.name): due_ms for one in UNWATCHED.expects},
        )

    async def _open(self, held: Holding) -> None:
        """What there is to know about a position is there before it."""
        await self._world.market(held.symbol, CALM)
        await self._world.risk(held.symbol, RISK)
        await self._world.rules(held.symbol, held.rules)
        if held.record:
            await self._world.record(held.symbol, held.entry, held.record)
        if held.isolated_at:
            await self._stage.witness.isolate(held.symbol, held.isolated_at)
        await self._stage.outside.move_price(held.symbol, str(held.entry))
        await self._stage.outside.open_position(held.symbol, held.side, held.quantity, held.entry)

    async def _decided(self, expects: Iterable[Expected]) -> None:
        await self._tape.ended([(one.symbol, one.name) for one in expects], timeout_s=PATIENCE_S)

    async def _seen(self) -> bool:
        memories = await self._world.memories()
        return all(held.symbol in memories and memories[held.symbol].risk_seen for held in HOLDINGS)

    async def _has_seen(self, symbol: str, best: Decimal) -> bool:
        memory = (await self._world.memories()).get(symbol)
        return memory is not None and memory.peak_price >= best

    async def _rests_nothing(self, symbol: str) -> bool:
        return await self._stage.witness.resting_stops(symbol) == 0

    async def _until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Ask again until it holds or the time is over; what did not hold then shows in the proofs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    if await holds():
                        return
                    await asyncio.sleep(_LOOK_INTERVAL_S)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
