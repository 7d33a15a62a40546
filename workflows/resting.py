"""Orders that rest at the exchange: in the way of a close, or left behind by one."""

from collections.abc import Callable

from temporalio import workflow

from contracts.order import OrderSide
from contracts.resting import CancelRequest, RestingQuery
from contracts.snapshot import Position, Snapshot
from kernel.side import Side
from workflows import policies, steps
from workflows.journal import Journal
from workflows.steps import OnWait


class _LeftBehind(Exception):
    """What rests could not be read, and there is more important work."""


def reducing(position: Position, created_until_ms: int | None = None) -> RestingQuery:
    """Orders that can only make this position smaller."""
    return RestingQuery(
        symbol=position.symbol,
        exit_side=OrderSide(Side(position.side.value).exit_order_side),
        position_side=position.position_side,
        created_until_ms=created_until_ms,
    )


def seen_in(snapshot: Snapshot, position: Position) -> CancelRequest:
    """Those that the snapshot showed. Snapshots of today show none: they are read when they are needed."""
    query = reducing(position)
    return CancelRequest(
        symbol=position.symbol,
        order_ids=tuple(order.order_id for order in snapshot.open_orders if query.means(order)),
        algo_ids=tuple(order.algo_id for order in snapshot.algo_orders if query.means(order)),
    )


async def clear_the_way(snapshot: Snapshot, position: Position, on_wait: OnWait) -> int:
    """Cancel what can only make the position smaller; without that the next attempt is refused again (-4118)."""
    request = seen_in(snapshot, position)
    if request.empty and workflow.patched("find-resting"):
        request = CancelRequest(symbol=position.symbol, find=reducing(position))
    return 0 if request.empty else await steps.cancel_resting(request, on_wait)


async def sweep(request: CancelRequest, journal: Journal, on_wait: OnWait, more_important: Callable[[], bool]) -> None:
    """Cancel what a closed position has left behind (R56).

    What cannot be read for some seconds is left to a human and to reconciling, which looks for such orders every
    minute: the close is done, and what waits for its end is more important.
    """

    def wait(what: str, times: int) -> None:
        on_wait(what, times)
        if request.find and (times >= policies.SWEEP_WAITS or more_important()):
            raise _LeftBehind(what)

    if request.empty:
        return
    try:
        journal.cancelled(await steps.cancel_resting(request, wait))
    except _LeftBehind as unread:
        journal.call_human(f"stops may be left of the position: {unread}")
