"""Which orders rest that can only make a position smaller. Read after a close, never before: it must not wait."""

import asyncio
from typing import Final

import structlog

from contracts.close import ConcludeRequest
from contracts.errors import ExchangeError
from contracts.resting import CancelRequest, RestingQuery
from contracts.result import LEFT_FLAT, CloseResult
from exchange.port import ExchangePort

_PATIENCE_SECONDS: Final = 2.0
"""The result is published by then; whoever waits for the close's end does not wait longer than this."""

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(__name__)


async def found(exchange: ExchangePort, query: RestingQuery) -> CancelRequest:
    """Read both kinds. Raises :class:`contracts.errors.ExchangeError`."""
    orders, conditional = await asyncio.gather(
        exchange.open_orders(query.symbol), exchange.open_algo_orders(query.symbol)
    )
    return CancelRequest(
        symbol=query.symbol,
        order_ids=tuple(order.order_id for order in orders if query.means(order)),
        algo_ids=tuple(order.algo_id for order in conditional if query.means(order)),
    )


async def left_behind(exchange: ExchangePort, request: ConcludeRequest, result: CloseResult) -> CancelRequest | None:
    """What rests of a position that is gone. If it cannot be read now: to be found when it is cancelled."""
    query = request.resting
    if query is None or result.outcome not in LEFT_FLAT:
        return None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await found(exchange, query)
    except (ExchangeError, TimeoutError) as failed:
        why = str(failed)[:200] or f"no answer within {_PATIENCE_SECONDS} s"
        _log.warning("what rests cannot be read yet; it is cancelled later", symbol=query.symbol, error=why)
        return CancelRequest(symbol=query.symbol, find=query)
