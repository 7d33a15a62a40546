"""What the watch reads beside the positions: stops, candles, extremes, funding. Rarely, in turn, and within a budget.

Decisions never wait for it: what is read here counts from the next pass on, and until then its absence is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from activities.market import ESTIMATES_A_PASS, FIRST_COST, FIRST_ESTIMATES_A_PASS, MarketDesk
from activities.watch_budget import WeightBudget
from activities.watch_decisions import stop_is_missing
from activities.watch_extremes import COST as EXTREMES_COST
from activities.watch_extremes import extremes_since
from activities.watch_stops import stop_at_exchange
from contracts.errors import ExchangeError, ExchangeThrottled
from contracts.market import FundingFacts, Income
from contracts.watch import HeldPosition, PositionMemory
from exchange.port import ExchangePort
from exchange.watch_port import WatchPort

STOPS_COST: Final = 1
STOPS_EVERY_MS: Final = 60_000
STOPS_SOON_MS: Final = 5_000
"""Where a stop was asked for and has not shown yet."""
FUNDING_COST: Final = 2
FUNDING_EVERY_MS: Final = 600_000
HOUR_MS: Final = 3_600_000
_SETTLED_MS: Final = 90_000
"""So long after the hour its funding payments are booked."""

Memories = dict[str, PositionMemory]


class Chores:
    """Changes the memories that it is given."""

    def __init__(self, exchange: ExchangePort, watch: WatchPort, market: MarketDesk) -> None:
        self._exchange = exchange
        self._watch = watch
        self._market = market
        self._funding: dict[str, FundingFacts] = {}
        self._funding_tried: dict[str, int] = {}
        self._paid_hour: int | None = None

    def funding(self, symbol: str) -> FundingFacts | None:
        """The rate that was read last; None if it is older than twice its time."""
        known = self._funding.get(symbol)
        fresh = known is not None and self._exchange.now_ms() - known.read_ms < 2 * FUNDING_EVERY_MS
        return known if fresh else None

    async def read_stops(self, held: HeldPosition, memory: PositionMemory) -> PositionMemory:
        """The stop in force, from the exchange's conditional orders. Weight 1."""
        orders = await self._exchange.open_algo_orders(held.position.symbol)
        found = stop_at_exchange(held.position, orders)
        return memory.model_copy(update={"stop": found, "stops_read_ms": self._exchange.now_ms()})

    async def work(
        self, held: Sequence[HeldPosition], estimated: Sequence[str], memories: Memories, budget: WeightBudget
    ) -> str:
        """As much as the budget allows, the most urgent first; returns what could not be read, "" if nothing."""
        problem = ""
        for cost, chore in self._due(held, estimated, memories):
            if not budget.take(cost):
                break
            try:
                await chore.run()
            except ExchangeThrottled as throttled:
                return f"held back: {throttled}"
            except ExchangeError as failed:
                problem = str(failed)
        return await self._pay_day(held, memories) or problem

    def _due(
        self, held: Sequence[HeldPosition], estimated: Sequence[str], memories: Memories
    ) -> Iterator[tuple[int, "Errand"]]:
        now = self._exchange.now_ms()
        known = [(each, memories[each.key]) for each in held if each.key in memories]
        for each, memory in sorted(known, key=lambda pair: pair[1].stops_read_ms):
            soon = stop_is_missing(memory, each.position.side)
            if now - memory.stops_read_ms >= (STOPS_SOON_MS if soon else STOPS_EVERY_MS):
                yield STOPS_COST, Errand(self, "stops", each, memories)
        waiting = [(self._market.cost(symbol, now), symbol) for symbol in estimated]
        first = max(waiting, default=(0, ""))[0] == FIRST_COST
        most = FIRST_ESTIMATES_A_PASS if first else ESTIMATES_A_PASS
        for cost, symbol in [due for due in sorted(waiting, reverse=True) if due[0]][:most]:
            yield cost, Errand(self, "market", _of(held, symbol), memories)
        for each, memory in known:
            if not memory.complete:
                yield EXTREMES_COST, Errand(self, "extremes", each, memories)
        for each, _ in known:
            if now - self._funding_tried.get(each.position.symbol, 0) >= FUNDING_EVERY_MS:
                yield FUNDING_COST, Errand(self, "funding", each, memories)

    async def do(self, what: str, held: HeldPosition, memories: Memories) -> None:
        """One errand."""
        now, symbol = self._exchange.now_ms(), held.position.symbol
        if what == "stops":
            memories[held.key] = await self.read_stops(held, memories[held.key])
        elif what == "market":
            await self._market.refresh(symbol, now)
        elif what == "extremes":
            memories[held.key] = await self._with_extremes(held, memories[held.key], now)
        else:
            self._funding_tried[symbol] = now
            self._funding[symbol] = await self._watch.funding(symbol)

    async def _with_extremes(self, held: HeldPosition, memory: PositionMemory, now_ms: int) -> PositionMemory:
        found = await extremes_since(self._watch, held.position.symbol, memory.opened_at_ms, now_ms)
        peak, trough = found or (memory.peak_price, memory.trough_price)
        reached = {"peak_price": max(peak, memory.peak_price), "trough_price": min(trough, memory.trough_price)}
        return memory.model_copy(update={**reached, "complete": True})

    async def _pay_day(self, held: Sequence[HeldPosition], memories: Memories) -> str:
        """Once an hour: what funding has cost. Weight 30, beside the budget."""
        hour = (self._exchange.now_ms() - _SETTLED_MS) // HOUR_MS
        known = [each for each in held if each.key in memories]
        if not known or hour == self._paid_hour:
            return ""
        self._paid_hour = hour
        try:
            rows = await self._watch.funding_paid(min(memories[each.key].opened_at_ms for each in known))
        except ExchangeError as failed:
            return f"funding payments unreadable: {failed}"
        for each in known:
            paid = _paid(each.position.symbol, memories[each.key].opened_at_ms, rows)
            memories[each.key] = memories[each.key].model_copy(update={"funding_paid": paid})
        return ""


@dataclass(frozen=True, slots=True)
class Errand:
    """One chore, not begun."""

    chores: Chores
    what: str
    held: HeldPosition
    memories: Memories

    async def run(self) -> None:
        """Do it. Raises ``ExchangeError``."""
        await self.chores.do(self.what, self.held, self.memories)


def _of(held: Sequence[HeldPosition], symbol: str) -> HeldPosition:
    return next(each for each in held if each.position.symbol == symbol)


def _paid(symbol: str, opened_ms: int, rows: Sequence[Income]) -> Decimal:
    """In hedge mode both sides of a symbol are told as one: then each counts all of it, which errs towards leaving."""
    return -sum((row.amount for row in rows if row.symbol == symbol and row.time_ms >= opened_ms), Decimal(0))


def changed(before: Mapping[str, PositionMemory], now: Mapping[str, PositionMemory]) -> dict[str, PositionMemory]:
    """The memories that are not what they were."""
    return {key: memory for key, memory in now.items() if before.get(key) != memory}
