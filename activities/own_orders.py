"""Which orders of ours a rung of a position has already, whichever run and whichever process sent them."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from activities.marks import SentMarks
from contracts.errors import ExchangeUnavailable
from contracts.order import OrderState
from contracts.snapshot import GenerationFacts, SnapshotRequest
from exchange.port import ExchangePort
from kernel.identity import client_order_id, parse_client_order_id

MOST_LOOKUPS = 8
"""Reducing orders asked for one by one; for more, one listing is cheaper."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs did about the same rung of the same position."""

    orders: tuple[OrderState, ...] = ()
    """That the exchange knows, all final."""
    passed: int = 0
    """Attempts that were made and left behind, by our own record."""


NOTHING_EARLIER: Final = Earlier()


class OwnOrders:
    """Finds them at the exchange, which remembers when everything of ours is lost (idea 1 of the design).

    Args:
        marks: what was handed to the network; None: only the exchange is asked.
    """

    def __init__(self, exchange: ExchangePort, marks: SentMarks | None = None) -> None:
        self._exchange = exchange
        self._marks = marks

    async def find(
        self,
        request: SnapshotRequest,
        generation: GenerationFacts,
        reducing: Sequence[int],
        split: bool,
        must_show: Collection[int] = (),
    ) -> Earlier:
        """Orders of this rung that executed (by the trades), and the one that would be sent next, if it exists.

        Pieces of a split order have ids that cannot be guessed, so then everything since the opening is listed.

        Raises:
            ExchangeUnavailable: an order that must be shown is not, and may be of this rung; or one is not final.
        """
        names = _Names(request, generation)
        executed, next_one, passed = await asyncio.gather(
            self._all_orders(request.symbol, generation)
            if split
            else self._orders_by_id(request.symbol, generation, reducing),
            self._by_attempt(names, request.known_attempts + 1),
            self._marks.passed(request.symbol, names.of(1)) if self._marks else _none_passed(),
        )
        if unseen := set(must_show).difference(order.order_id for order in executed):
            raise ExchangeUnavailable(f"orders {sorted(unseen)} have trades and cannot be read yet")
        own = {order.client_order_id: order for order in executed if names.include(order)}
        if next_one is not None:
            own[next_one.client_order_id] = next_one
        attempt = max(passed, _last_attempt(own)) + 1
        while attempt > request.known_attempts + 1 and (further := await self._by_attempt(names, attempt)):
            own[further.client_order_id] = further
            attempt += 1
        return Earlier(_all_final(tuple(own.values())), passed)

    async def _by_attempt(self, names: "_Names", attempt: int) -> OrderState | None:
        """An id is looked up before it is first used, whoever may have used it."""
        return await self._exchange.order_by_client_id(names.symbol, names.of(attempt))

    async def _all_orders(self, symbol: str, generation: GenerationFacts) -> tuple[OrderState, ...]:
        return await self._exchange.orders_since(symbol, generation.opened_at_ms)

    async def _orders_by_id(
        self, symbol: str, generation: GenerationFacts, order_ids: Sequence[int]
    ) -> tuple[OrderState, ...]:
        if len(order_ids) > MOST_LOOKUPS:
            listed = await self._all_orders(symbol, generation)
            return tuple(order for order in listed if order.order_id in set(order_ids))
        found = await asyncio.gather(*(self._exchange.order_by_id(symbol, order_id) for order_id in order_ids))
        return tuple(order for order in found if order is not None)


class _Names:
    """The client order ids of one rung of one position."""

    def __init__(self, request: SnapshotRequest, generation: GenerationFacts) -> None:
        self.symbol = request.symbol
        # A run keeps the generation that it began with, whatever it reads later.
        self._generation = generation.opening_trade_id if request.generation is None else request.generation
        self._rung = request.rung

    def of(self, attempt: int) -> str:
        return client_order_id(self._generation, self._rung, attempt)

    def include(self, order: OrderState) -> bool:
        key = parse_client_order_id(order.client_order_id)
        return key is not None and (key.generation, key.rung) == (self._generation, self._rung)


async def _none_passed() -> int:
    return 0


def _all_final(own: tuple[OrderState, ...]) -> tuple[OrderState, ...]:
    if any(not order.final for order in own):
        raise ExchangeUnavailable("an order of ours is not final yet")
    return own


def _last_attempt(own: dict[str, OrderState]) -> int:
    keys = (parse_client_order_id(identity) for identity in own)
    return max((key.attempt for key in keys if key is not None), default=0)
