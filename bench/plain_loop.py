"""What a close costs without durability: a consumer group, the same calls to the same exchange, a result.

Run as a process of its own, in place of the worker. If it dies in between, nobody knows what happened: that is the
difference that is being priced.
"""

import argparse
import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

import uvloop
from pydantic import SecretStr
from redis.asyncio import Redis

from contracts.mode import Venue
from contracts.names import STREAM_INTENT, STREAM_RESULT
from contracts.order import OrderSide, PositionSide, Ticket
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from harvest.stack import API_KEY, API_SECRET

GROUP = "plain_loop"
_RECV_WINDOW_MS = 5000


class PlainLoop:
    """One consumer, one close at a time."""

    def __init__(self, redis: Redis, exchange: BinanceExchange) -> None:
        self._redis = redis
        self._exchange = exchange
        self._closes = 0

    async def run(self) -> None:
        """For ever: read, close, answer, acknowledge."""
        await self._redis.xgroup_create(STREAM_INTENT, GROUP, id="$")
        print("plain loop ready", flush=True)
        while True:
            answer = await self._redis.xreadgroup(GROUP, "one", {STREAM_INTENT: ">"}, count=1, block=1000)
            for entry_id, fields in _entries(answer):
                await self._redis.xadd(STREAM_RESULT, await self._close(entry_id, fields["symbol"]))
                await self._redis.xack(STREAM_INTENT, GROUP, entry_id)

    async def _close(self, entry_id: str, symbol: str) -> dict[Any, Any]:
        """The calls of a close: four reads, the look for an earlier order, the order, two reads."""
        exchange = self._exchange
        positions, _, _, _ = await asyncio.gather(
            exchange.positions(symbol),
            exchange.recent_trades(symbol),
            exchange.open_orders(symbol),
            exchange.open_algo_orders(symbol),
        )
        self._closes += 1
        ticket = self._ticket(symbol, positions[0].amount)
        await exchange.order_by_client_id(symbol, ticket.client_order_id)
        report = await exchange.place(ticket)
        order_ids = [report.order.order_id] if report.order else []
        _, left = await asyncio.gather(exchange.trades_of_orders(symbol, order_ids), exchange.positions(symbol))
        return {"entry_id": entry_id, "symbol": symbol, "outcome": "OPEN" if left else "CLOSED_FLAT"}

    def _ticket(self, symbol: str, amount: Decimal) -> Ticket:
        return Ticket(
            symbol=symbol,
            client_order_id=f"hv-plain-full-{self._closes}",
            side=OrderSide.SELL if amount > 0 else OrderSide.BUY,
            position_side=PositionSide.BOTH,
            quantity=abs(amount),
            reduce_only=True,
            timestamp_ms=self._exchange.now_ms(),
            recv_window_ms=_RECV_WINDOW_MS,
        )


def _entries(answer: object) -> Iterable[tuple[str, dict[str, str]]]:
    """The entries of one stream, in RESP2 (pairs) and RESP3 (a mapping of batches)."""
    if isinstance(answer, dict):
        return [entry for batches in answer.values() for batch in batches for entry in batch]
    pairs = cast("list[tuple[str, list[tuple[str, dict[str, str]]]]]", answer or [])
    return [entry for _, entries in pairs for entry in entries]


async def _serve(redis_url: str, exchange_url: str) -> None:
    endpoint = ExchangeEndpoint(
        venue=Venue.SIMULATOR, base_url=exchange_url, api_key=SecretStr(API_KEY), api_secret=SecretStr(API_SECRET)
    )
    exchange = await BinanceExchange.connect(endpoint)
    await exchange.symbol_rules("BTCUSDT")  # with it come the exchange's limits
    redis: Redis = Redis.from_url(redis_url, decode_responses=True)
    try:
        await PlainLoop(redis, exchange).run()
    finally:
        await exchange.close()
        await redis.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redis-url", required=True)
    parser.add_argument("--exchange-url", required=True)
    arguments = parser.parse_args()
    uvloop.run(_serve(arguments.redis_url, arguments.exchange_url))
