"""When each position was opened: found once in the exchange's trades, kept until the position changes."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from activities.generation import SPANS_BACK, UNREACHABLE, GenerationFinder, reads_agree
from contracts.errors import ExchangeError
from contracts.order import PositionSide
from contracts.safety import Opening
from contracts.snapshot import GenerationFacts, Position
from exchange.port import ExchangePort
from kernel.errors import KernelError

_AT_ONCE: Final = 4
_WITHIN_S: Final = 10.0
"""For all together: what was not read by then is read in the next check, and this one says that it is missing."""
_MEMORY_MS: Final = SPANS_BACK * int(timedelta(days=7).total_seconds() * 1000)
_NOT_IN_TIME: Final = Opening(problem="its trades were not read in time")

Key = tuple[str, PositionSide]

_log = structlog.get_logger(__name__)


class Openings:
    """One account's. A restart forgets everything and reads it again (R84)."""

    def __init__(self, exchange: ExchangePort) -> None:
        self._exchange = exchange
        self._finder = GenerationFinder(exchange)
        self._known: dict[Key, tuple[int | None, GenerationFacts]] = {}

    async def of(self, positions: tuple[Position, ...]) -> tuple[Opening, ...]:
        """One opening for each position. Does not raise: what could not be read says why."""
        gate = asyncio.Semaphore(_AT_ONCE)
        tasks = [asyncio.create_task(self._opening(position, gate)) for position in positions]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_WITHIN_S)
            for task in late:
                task.cancel()
        self._forget_all_but({_key(position) for position in positions})
        return tuple(task.result() if task.done() else _NOT_IN_TIME for task in tasks)

    async def _opening(self, position: Position, gate: asyncio.Semaphore) -> Opening:
        changed, facts = self._known.get(_key(position), (None, None))
        if facts is not None and changed == position.updated_ms:
            return Opening(generation=facts)
        async with gate:
            try:
                return await self._find(position)
            except (ExchangeError, KernelError, TimeoutError) as failed:
                _log.warning("opening time not read", symbol=position.symbol, error=str(failed))
                return Opening(problem=str(failed) or type(failed).__name__)

    async def _find(self, position: Position) -> Opening:
        trades = await self._exchange.recent_trades(position.symbol)
        if not reads_agree(position, trades, self._exchange.now_ms()):
            return Opening()  # changing under our hands: the walk would begin with a wrong size
        facts, _ = await self._finder.find(position, trades)
        facts = self._at_least(facts)
        self._known[_key(position)] = (position.updated_ms, facts)
        return Opening(generation=facts)

    def _at_least(self, facts: GenerationFacts) -> GenerationFacts:
        """A position older than the exchange's memory is at least as old as that, however late it was added to."""
        if facts.opening_trade_id != UNREACHABLE:
            return facts
        return facts.model_copy(update={"opened_at_ms": self._exchange.now_ms() - _MEMORY_MS})

    def _forget_all_but(self, open_now: set[Key]) -> None:
        self._known = {key: known for key, known in self._known.items() if key in open_now}


def _key(position: Position) -> Key:
    return position.symbol, position.side
