"""One pass of the watch: read every position, judge each, write what is due."""

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from activities.market import MarketDesk
from activities.watch_budget import WeightBudget
from activities.watch_chores import STOPS_COST, Chores, Memories, changed
from activities.watch_config import WatchConfig
from activities.watch_evaluation import FAILURES_BEFORE_BLIND_CLOSES, Evaluated, Evaluation, Facts, Untraced
from activities.watch_hints import SymbolHints, WatchHints
from activities.watch_openings import TRADES_COST, Openings
from activities.watch_store import Changes, WatchStore
from contracts.errors import ExchangeError
from contracts.market import MarketReading
from contracts.watch import HeldPosition, PositionMemory, WatchStatus
from exchange.port import ExchangePort
from exchange.watch_port import WatchPort
from kernel.errors import KernelError

UNBROKEN_MS: Final = 30_000
"""After a longer pause between two passes extremes are read again: marks in between were not seen."""
ABSENT_PASSES: Final = 2
"""A position that so many passes in a row do not show is forgotten."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What a watch is made of."""

    exchange: ExchangePort
    watch: WatchPort
    redis: Redis


class WatchPass:
    """Passes over one account; what they learn goes from one to the next."""

    def __init__(self, parts: WatchParts, account: str, build: str, *, shadow: bool) -> None:
        self._exchange, self._watch = parts.exchange, parts.watch
        self._hints = WatchHints(parts.redis)
        self._store = WatchStore(parts.redis, account)
        self._market = MarketDesk(parts.watch)
        self._chores = Chores(parts.exchange, parts.watch, self._market)
        self._openings = Openings(parts.exchange, account)
        self._config = WatchConfig()
        self._evaluation = Evaluation(account, build, self._config, shadow=shadow)
        self._memories: Memories | None = None
        self._written: Memories = {}
        self._evaluated: Sequence[Evaluated] = ()
        self._untraced: dict[str, Untraced] = {}
        self._absent: dict[str, int] = {}
        self._unbroken_since_ms = 0
        self._last_ms = 0
        mode, worker = "shadow" if shadow else "live", f"{socket.gethostname()}:{os.getpid()}"
        self._status = WatchStatus(account=account, mode=mode, worker=worker)

    @property
    def status(self) -> WatchStatus:
        """The last pass."""
        return self._status

    @property
    def evaluated(self) -> Sequence[Evaluated]:
        """What the last readable pass made of each position."""
        return self._evaluated

    def forget_memories(self) -> None:
        """Another worker may have watched meanwhile: the store knows better."""
        self._memories = None

    async def run(self) -> WatchStatus:
        """Make one pass. What cannot be read is said in the status, never taken for "no positions"."""
        try:
            held = await self._watch.all_positions()
        except ExchangeError as failed:
            return self.blind(f"positions could not be read: {failed}")
        try:
            self._evaluated = evaluated = await self._decide(held)
        except (RedisError, OSError, TimeoutError) as failed:
            return self.blind(f"redis: {type(failed).__name__}: {failed}; nothing can be decided without it")
        self._status = self._status.model_copy(
            update={
                "readable": True,
                "problem": "",
                "failed_passes": 0,
                "passes": self._status.passes + 1,
                "passed_at": datetime.now(UTC),
                "written": self._status.written + sum(len(each.entries) for each in evaluated),
                "positions": tuple(each.report for each in evaluated),
            }
        )
        return self._status

    def blind(self, problem: str) -> WatchStatus:
        """A pass that could not see."""
        failed = self._status.failed_passes + 1
        if failed == 1:
            _log.error("the watch is blind", problem=problem)
        self._status = self._status.model_copy(
            update={
                "readable": False,
                "problem": problem[:300],
                "failed_passes": failed,
                "passes": self._status.passes + 1,
            }
        )
        return self._status

    async def _decide(self, held: Sequence[HeldPosition]) -> Sequence[Evaluated]:
        memories = dict(self._memories if self._memories is not None else await self._remembered())
        symbols = sorted({each.position.symbol for each in held})
        hints = await self._hints.read(symbols, int(time.time()))
        self._market.forget_all_but(symbols)
        self._note_time(memories)
        budget = WeightBudget()
        await self._trace(held, memories, budget)
        evaluated = [self._evaluate(each, hints[each.position.symbol], memories) for each in held]
        memories |= {each.key: each.memory for each in evaluated if each.memory is not None and each.key in memories}
        await self._write(memories, evaluated, self._forgotten(held, memories))
        self._written = dict(memories)
        self._evaluation.forget_all_but({f"{key}:{memory.generation}" for key, memory in memories.items()})
        await self._chores.work(held, [name for name in symbols if hints[name].market is None], memories, budget)
        self._memories, self._last_ms = memories, self._exchange.now_ms()
        return evaluated

    async def _remembered(self) -> Memories:
        loaded = await self._store.load()
        for symbol, written in loaded.configs.items():
            self._config.restore(symbol, written)
        self._written = dict(loaded.memories)
        return dict(loaded.memories)

    def _note_time(self, memories: Memories) -> None:
        """Marks that nobody looked at may have been extremes."""
        now = self._exchange.now_ms()
        if now - self._last_ms <= UNBROKEN_MS:
            return
        self._unbroken_since_ms = now
        for key, memory in memories.items():
            memories[key] = memory.model_copy(update={"complete": False})

    async def _trace(self, held: Sequence[HeldPosition], memories: Memories, budget: WeightBudget) -> None:
        """Openings of positions that are new or have changed: the greatest loss first, what cannot be read last."""
        for each in sorted(held, key=self._urgency):
            if is_current(each, memories.get(each.key)):
                self._untraced.pop(each.key, None)
            elif budget.take(TRADES_COST + STOPS_COST):
                await self._trace_one(each, memories, budget)
            else:
                self._untraced.setdefault(each.key, Untraced("opening_not_read_yet"))

    def _urgency(self, held: HeldPosition) -> tuple[int, Decimal]:
        before = self._untraced.get(held.key)
        return before.failures if before else 0, held.position.unrealized_pnl

    async def _trace_one(self, held: HeldPosition, memories: Memories, budget: WeightBudget) -> None:
        known = memories.get(held.key)
        try:
            traced = await self._openings.trace(held, known, budget.left, self._unbroken_since_ms)
            traced = await self._with_stops(held, traced)
        except (ExchangeError, KernelError) as failed:  # one position must not blind the watch for all others
            before = self._untraced.get(held.key, Untraced(""))
            self._untraced[held.key] = Untraced(f"opening_unreadable: {failed}", before.failures + 1)
            return
        same = known is not None and known.generation == traced.generation
        budget.take(len(traced.orders_seen) - (len(known.orders_seen) if same and known else 0))
        memories[held.key] = traced
        if is_current(held, traced):
            self._untraced.pop(held.key, None)
        else:
            self._untraced[held.key] = Untraced("orders_not_read_yet")

    async def _with_stops(self, held: HeldPosition, traced: PositionMemory) -> PositionMemory:
        """Stops that stay unreadable are no reason to judge nothing: then without them, which the report says."""
        before = self._untraced.get(held.key)
        try:
            return traced if traced.stops_read_ms else await self._chores.read_stops(held, traced)
        except ExchangeError:
            if before is None or before.failures < FAILURES_BEFORE_BLIND_CLOSES:
                raise
            return traced

    def _evaluate(self, held: HeldPosition, hints: SymbolHints, memories: Memories) -> Evaluated:
        symbol, now = held.position.symbol, self._exchange.now_ms()
        market = MarketReading(facts=hints.market) if hints.market else self._estimate(symbol, hints, now)
        facts = Facts(held, hints, market, self._chores.funding(symbol), now)
        return self._evaluation.of(facts, memories.get(held.key), self._untraced.get(held.key))

    def _estimate(self, symbol: str, hints: SymbolHints, now_ms: int) -> MarketReading:
        reading = self._market.reading(symbol, now_ms)
        if reading.facts is not None:
            return reading
        return MarketReading(missing=f"{hints.market_problem}+{reading.missing}")

    def _forgotten(self, held: Sequence[HeldPosition], memories: Memories) -> Sequence[str]:
        """Positions that have been gone for long enough. A single read may miss one."""
        shown = {each.key for each in held}
        self._absent = {key: self._absent.get(key, 0) + 1 for key in memories if key not in shown}
        gone = [key for key, passes in self._absent.items() if passes >= ABSENT_PASSES]
        for key in gone:
            del memories[key], self._absent[key]
        self._untraced = {key: why for key, why in self._untraced.items() if key in shown}
        return gone

    async def _write(self, now: Memories, evaluated: Sequence[Evaluated], gone: Sequence[str]) -> None:
        configs = self._config.unsaved()
        changes = Changes(
            entries=[entry for each in evaluated for entry in each.entries],
            memories=changed(self._written, now),
            gone=gone,
            configs=configs,
            versions=dict(self._config.unpublished()),
        )
        try:
            await self._store.write(changes)
        except (RedisError, OSError):
            self._config.save_again(configs)
            raise
        self._config.published()


def is_current(held: HeldPosition, memory: PositionMemory | None) -> bool:
    """Whether the position is as it was when its trades were read."""
    return memory is not None and memory.changed_ms == (held.position.updated_ms or 0)
