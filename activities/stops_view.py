"""One read of a symbol's position and of the stops that rest for it."""

import asyncio
from collections.abc import Sequence

from activities.generation import HOT_READS, GenerationFinder, one_moment, pause_for_hot_reads
from activities.hints import RedisHints
from contracts.errors import ExchangeUnavailable
from contracts.order import AlgoOrder, Trade
from contracts.snapshot import Position
from contracts.stop import GuardedPosition, StopsRequest, StopState, StopsView
from exchange.port import ExchangePort
from exchange.stop_port import StopPort
from kernel.side import Side
from kernel.stop_identity import parse_stop_id, place_of


class StopsReader:
    """Reads the exchange, and the human's switch."""

    def __init__(self, exchange: ExchangePort, stops: StopPort, hints: RedisHints) -> None:
        self._exchange = exchange
        self._stops = stops
        self._hints = hints
        self._generations = GenerationFinder(exchange)

    async def read(self, request: StopsRequest) -> StopsView:
        """Raises :class:`contracts.errors.ExchangeError` if a read that is needed did not succeed."""
        rules, guarded, stops, hints = await asyncio.gather(
            self._exchange.symbol_rules(request.symbol, refresh=request.refresh),
            self._positions(request),
            self._exchange.open_algo_orders(request.symbol),
            self._hints.read(request.symbol, request.account, request.entry_id),
        )
        return StopsView(
            exchange_time_ms=self._exchange.now_ms(),
            positions=tuple([await self._counted(held, stops, request) for held in guarded]),
            stops=stops,
            rules=rules,
            frozen=hints.frozen_by is not None,
            answered=hints.answered,
        )

    async def _positions(self, request: StopsRequest) -> tuple[GuardedPosition, ...]:
        """Positions with the fill that opened each. One that did not change since the look before is the same one."""
        positions = await self._exchange.positions(request.symbol)
        known = [_unchanged(position, request.known) for position in positions]
        if all(each is not None for each in known):
            return tuple(each for each in known if each is not None)
        for _ in range(HOT_READS):
            trades = await self._exchange.recent_trades(request.symbol)
            if one_moment(positions, trades, self._exchange.now_ms()):
                return tuple([await self._traced(position, trades) for position in positions])
            await pause_for_hot_reads()
            positions = await self._exchange.positions(request.symbol)
        raise ExchangeUnavailable("position and trades do not show the same moment yet")

    async def _traced(self, position: Position, trades: Sequence[Trade]) -> GuardedPosition:
        generation, _ = await self._generations.find(position, trades)
        return GuardedPosition(position=position, generation=generation)

    async def _counted(
        self, held: GuardedPosition, stops: Sequence[AlgoOrder], request: StopsRequest
    ) -> GuardedPosition:
        """With the highest number that a stop of this position ever had, so that the next one is new."""
        before = _same_position(held, request.known)
        lost = before is not None and before.level is not None and not any(_sequence(stop, held) for stop in stops)
        seen = await self._stops.recent(request.symbol) if before is None or lost else ()
        numbers = [before.sequence if before else 0, *(_sequence(stop, held) for stop in (*stops, *seen))]
        known = {"sequence": max(numbers), "level": before.level if before else None}
        return held.model_copy(update={**known, "ended_by_itself": lost and _ended_by_itself(held, seen)})


def _ended_by_itself(held: GuardedPosition, seen: Sequence[StopState]) -> bool:
    """Whether the latest stop of this position fired or was given up. A stop that somebody cancelled stays away."""
    own = [stop for stop in seen if _sequence(stop, held)]
    latest = max(own, key=lambda stop: _sequence(stop, held), default=None)
    return latest is not None and not latest.resting and not latest.cancelled


def _unchanged(position: Position, known: Sequence[GuardedPosition]) -> GuardedPosition | None:
    """What is known of it, with the prices of now."""
    for held in known:
        then = held.position
        same = (then.position_side, then.amount, then.updated_ms, then.entry_price)
        now = (position.position_side, position.amount, position.updated_ms, position.entry_price)
        if position.updated_ms is not None and same == now:
            return held.model_copy(update={"position": position})
    return None


def _same_position(held: GuardedPosition, known: Sequence[GuardedPosition]) -> GuardedPosition | None:
    name = (held.position.side, held.generation.opening_trade_id)
    return next((each for each in known if (each.position.side, each.generation.opening_trade_id) == name), None)


def _sequence(stop: AlgoOrder, held: GuardedPosition) -> int:
    key, place = parse_stop_id(stop.client_algo_id), place_of(held.position.symbol, Side(held.position.side.value))
    if key is None or (key.place, key.generation) != (place, held.generation.opening_trade_id):
        return 0
    return key.sequence
