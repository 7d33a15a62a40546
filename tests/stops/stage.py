"""A symbol's stops as a test sees them: at the exchange, by their events, and by the workflow that holds them."""

from decimal import Decimal
from typing import Any, NamedTuple

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from contracts.names import STOP_LOOK, stop_workflow_id
from contracts.order import AlgoOrder
from simulator.events import AlgoChanged, Event
from tests.bridge.servers import eventually
from tests.lab import Fields, Lab

POST = "POST /fapi/v1/algoOrder"
SOL = "SOLUSDT"


class Resting(NamedTuple):
    """What counts of a stop."""

    side: str
    level: Decimal
    quantity: Decimal | None


class Watcher:
    """Counts what rests after each step of a conditional order, at the exchange itself."""

    def __init__(self, lab: Lab, symbol: str = SOL) -> None:
        self._exchange = lab.simulator.gateway.exchange
        self._symbol = symbol
        self.counts: list[int] = []
        self._exchange.events.listen(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, AlgoChanged) and event.algo.asked.symbol == self._symbol:
            waiting = self._exchange.algos.orders.waiting(self._symbol)
            self.counts.append(len(waiting))


def stops_of(lab: Lab, symbol: str = SOL) -> WorkflowHandle[Any, Any]:
    """Who holds the symbol's stops."""
    return lab.client.get_workflow_handle(stop_workflow_id(lab.account, symbol))


async def price(lab: Lab, to: str, symbol: str = SOL) -> None:
    """The market moves."""
    await lab.call("POST", "/sim/price", symbol=symbol, price=to)


async def move(lab: Lab, to: str, action: str = "PROFIT_LOCK_SL", symbol: str = SOL, **fields: str) -> Fields:
    """Ask for a stop and wait for the answer."""
    return await lab.close(symbol, action, new_sl_proposed=to, **fields)


async def orders(lab: Lab, symbol: str = SOL) -> tuple[AlgoOrder, ...]:
    """Every conditional order that rests."""
    assert lab.exchange is not None
    return await lab.exchange.open_algo_orders(symbol)


async def resting(lab: Lab, symbol: str = SOL) -> list[Resting]:
    """The same, in brief, by level."""
    found = await orders(lab, symbol)
    brief = [Resting(each.side, each.trigger_price or Decimal(0), each.quantity) for each in found]
    return sorted(brief, key=lambda each: each.level)


async def until_resting(lab: Lab, *wanted: tuple[str, str, str], symbol: str = SOL) -> None:
    """Return when exactly these rest: side, level, quantity."""
    expected = sorted((Resting(side, Decimal(at), Decimal(size)) for side, at, size in wanted), key=lambda one: one[1])

    async def as_wanted() -> bool:
        return await resting(lab, symbol) == expected

    await eventually(as_wanted)


async def look(lab: Lab, symbol: str = SOL) -> None:
    """What a close of ours does when it has changed the position."""
    await stops_of(lab, symbol).signal(STOP_LOOK)


async def ended(lab: Lab, symbol: str = SOL) -> None:
    """Return when nobody holds stops of the symbol any more."""

    async def over() -> bool:
        return (await stops_of(lab, symbol).describe()).status is WorkflowExecutionStatus.COMPLETED

    await eventually(over)


async def others_stop(lab: Lab, level: str, quantity: str | None = None, symbol: str = SOL) -> None:
    """Somebody else's stop for a long, of all there is without a quantity."""
    assert lab.exchange is not None
    size = {"closePosition": "true"} if quantity is None else {"quantity": quantity, "reduceOnly": "true"}
    form = {"symbol": symbol, "side": "SELL", "type": "STOP_MARKET", "triggerPrice": level, "workingType": "MARK_PRICE"}
    await lab.exchange._client.futures_create_algo_order(**form, **size, clientAlgoId=f"web-{level}")
