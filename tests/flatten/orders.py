"""Accounts full of positions, and the order to flatten them."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle

from contracts.flatten import FlattenRequest, FlattenStatus
from contracts.names import FLATTEN_WORKFLOW, flatten_workflow_id
from simulator.symbols import rules
from tests.bridge.servers import eventually
from tests.lab import Lab

NAMES = [f"FLAT{number}USDT" for number in range(20)]
COARSE = "COARSEUSDT"
"""Market orders only in whole units."""
Flatten = WorkflowHandle[Any, FlattenStatus]


async def flatten(lab: Lab, event_id: str = "", account: str = "") -> Flatten:
    """Order it, as `harvest panic` does."""
    account = account or lab.account
    return await lab.client.start_workflow(
        FLATTEN_WORKFLOW,
        FlattenRequest(account=account, reason="drill", issued_by="ops", event_id=event_id or uuid4().hex),
        id=flatten_workflow_id(account, event_id),
        task_queue=lab.account,
        result_type=FlattenStatus,
    )


def list_symbols(lab: Lab) -> Lab:
    """List them before anybody reads the exchange's catalogue."""
    for name in NAMES:
        lab.simulator.gateway.exchange.list_symbol(rules(name, "100", "0.01", "0.1", "100000", "100000"))
    coarse = rules(COARSE, "100", "0.01", "0.1", "100000", "100000", market_step="1")
    lab.simulator.gateway.exchange.list_symbol(coarse)
    return lab


async def open_many(lab: Lab, count: int, sides: tuple[str, ...]) -> list[str]:
    """One position for each symbol, of 1, 2, 3 ... base units, the sides in turn; returns the symbols."""
    names = NAMES[:count]
    await asyncio.gather(
        *(lab.open(name, sides[number % len(sides)], str(1 + number)) for number, name in enumerate(names))
    )
    return names


async def positions(lab: Lab) -> list[dict[str, Any]]:
    """Everything that is open, by the exchange itself."""
    rows: list[dict[str, Any]] = await lab.call("GET", "/sim/positions")
    return rows


async def reached(handle: Flatten, wanted: Callable[[FlattenStatus], bool]) -> FlattenStatus:
    """The first status that is as wanted."""
    seen: list[FlattenStatus] = []

    async def there() -> bool:
        seen.append(await handle.query("status", result_type=FlattenStatus))
        return wanted(seen[-1])

    await eventually(there)
    return seen[-1]
